// How the launcher and its proxy end when it is not told to by a signal of its own: a key typed in a
// terminal, and a launcher that dies.

import { assertEquals } from "../assert.ts";
import { freePort, gatewayYaml, routeYaml, until } from "./gateway_harness.ts";

const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
/** The launcher as its task starts it, without `deno task` in between. */
const LAUNCHER: readonly string[] = tasks.run.command.split(" ").slice(1);

interface Stage extends AsyncDisposable {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly statusUrl: string;
}

async function stage(): Promise<Stage> {
  const folder = await Deno.makeTempDir({ prefix: "rauta-test-" });
  const yaml = gatewayYaml(freePort()) + routeYaml({ name: "r", rules: "[{}]" });
  await Deno.writeTextFile(`${folder}/all.yaml`, yaml);
  const admin = `127.0.0.1:${freePort()}`;
  return {
    args: [...LAUNCHER, "--config", folder],
    env: { RAUTA_ADMIN_ADDRESS: admin, RAUTA_WORKERS: "1" },
    statusUrl: `http://${admin}/status`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** util-linux's: other systems' takes other arguments. */
const hasScript = Deno.build.os === "linux" &&
  (await new Deno.Command("sh", { args: ["-c", "command -v script"] }).output()).success;
const why = hasScript ? "" : " (skipped: needs script(1) of util-linux, for a terminal)";

Deno.test({
  name: `Ctrl-C in a terminal drains, and whoever started it ends with 0${why}`,
  ignore: !hasScript,
  fn: async () => {
    await using made = await stage();
    // As npx does it: a program in the same foreground that a signal of the terminal would end.
    const line = [Deno.execPath(), ...made.args].map((word) => `'${word}'`).join(" ");
    const child = new Deno.Command("script", {
      args: ["--quiet", "--return", "--command", `sh -c "${line}; exit \\$?"`, "/dev/null"],
      env: { ...made.env },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let printed = "";
    const reading = (async () => {
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) printed += text;
    })();
    await until("the summary", () => printed, (text) => text.includes("Ctrl-C drains"));
    const keyboard = child.stdin.getWriter();
    await keyboard.write(new Uint8Array([0x03]));
    const { code } = await child.status;
    await reading;
    await keyboard.close().catch(() => {});
    assertEquals([code, printed.includes("drained")], [0, true]);
  },
});

Deno.test("the proxy does not outlive a launcher that is killed", async () => {
  await using made = await stage();
  const child = new Deno.Command(Deno.execPath(), {
    args: [...made.args],
    env: { ...made.env },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const answers = async () => {
    try {
      await (await fetch(made.statusUrl)).body?.cancel();
      return true;
    } catch {
      return false;
    }
  };
  await until("the proxy to answer", answers, (is) => is);
  child.kill("SIGKILL");
  await child.status;
  await until("the proxy to have ended", answers, (is) => !is);
});
