import { assertEquals } from "../assert.ts";

const ROOMS = ["bench", "bpf", "core.as", "deploy", "docs", "loader", "src", "tests"];

Deno.test("the tracked folders at the top are the rooms of the design and no others", async () => {
  const git = new Deno.Command("git", { args: ["ls-files"] });
  const output = new TextDecoder().decode((await git.output()).stdout);
  const tops = new Set(
    output.split("\n").filter((path) => path.includes("/") && !path.startsWith("."))
      .map((path) => path.split("/")[0]),
  );
  assertEquals([...tops].sort().filter((top) => !ROOMS.includes(top)), []);
});
