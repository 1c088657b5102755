import { assertEquals } from "../assert.ts";

const ROOMS = ["bench", "bpf", "core.as", "deploy", "docs", "loader", "src", "tests"];
/** Beside its rooms src/ holds what is started, or imported by others, by its name. */
const ENTRIES = ["config.ts", "embed.ts", "install_profile.ts", "main.ts"];

async function trackedFiles(): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", { args: ["ls-files"] }).output();
  return new TextDecoder().decode(stdout).split("\n");
}

Deno.test("the tracked folders at the top are the rooms of the design and no others", async () => {
  const tops = new Set(
    (await trackedFiles()).filter((path) => path.includes("/") && !path.startsWith("."))
      .map((path) => path.split("/")[0]),
  );
  assertEquals([...tops].sort().filter((top) => !ROOMS.includes(top)), []);
});

Deno.test("src/ holds rooms, and no file beside them but what is named from outside", async () => {
  const files = (await trackedFiles()).flatMap((path) => /^src\/([^/]+)$/.exec(path)?.[1] ?? []);
  assertEquals(files.sort(), ENTRIES);
});
