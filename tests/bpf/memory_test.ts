// The loader under AddressSanitizer, UndefinedBehaviorSanitizer and valgrind: through traffic,
// slow and stuck readers, interfaces that go and come, pins, refusals and strange arguments.

import { assertEquals } from "../assert.ts";
import { Lab } from "./lab.ts";
import { Loader, type LoaderOptions, until } from "./loader.ts";
import { bpfTest, DEBUG_LOADER, SANITIZED_LOADER } from "./prepare.ts";

const SANITIZED: LoaderOptions = { program: SANITIZED_LOADER };
const VALGRIND: LoaderOptions = {
  program: DEBUG_LOADER,
  wrapper: [
    "valgrind",
    "--quiet",
    "--error-exitcode=99",
    "--suppressions=tests/bpf/tools/valgrind.supp",
    "--leak-check=full",
    "--show-leak-kinds=definite,indirect,possible",
    "--errors-for-leak-kinds=definite,indirect,possible",
  ],
};
/** The loader's lines, and what valgrind says of commands of bpf() that are newer than itself. */
const EXPECTED_LINES = /^(rauta-loader: .*|.*WARNING: unhandled eBPF command \d+)\n/gm;

/**
 * Everything that a loader lives through in a life;
 * what it says beside the expected lines is an error.
 */
async function live(lab: Lab, base: LoaderOptions, args: readonly string[]): Promise<void> {
  const loader = new Loader(lab, { ...base, args });
  await until("it attaches", () => loader.words.includes("(index"));
  const stuck = await Deno.connect({ transport: "unix", path: loader.socketPath });
  const reader = await loader.connect();
  const leaver = await loader.connect();
  await reader.hello();
  await leaver.hello();
  const server = await lab.startServer();
  await lab.send({ requests: 4000, connections: 64, kinds: ["small", "post", "chunked"] });
  leaver.close();
  await lab.send({ requests: 500, closes: true });
  await server.seen();
  await reader.settledCounters();
  await lab.ip("server", "link", "delete", "eth0");
  await until("it is gone", () => reader.hellos.at(-1)?.interfaces[0].index === 0);
  await lab.connectEnds();
  await until("it is back", () => (reader.hellos.at(-1)?.interfaces[0].index ?? 0) > 0);
  const { code, words } = await loader.stop();
  stuck.close();
  assertEquals(words.replace(EXPECTED_LINES, ""), "");
  assertEquals(code, 0);
  assertEquals(reader.records.length > 8000, true);
}

for (const [name, base] of [["sanitizers", SANITIZED], ["valgrind", VALGRIND]] as const) {
  bpfTest(`${name}: a whole life with links, without complaint`, async () => {
    await using lab = await Lab.create();
    await live(lab, base, []);
  });

  bpfTest(`${name}: a whole life with clsact, its guard and pins, without complaint`, async () => {
    await using lab = await Lab.create();
    await live(lab, base, ["--tc", "clsact", "--mode", "generic", "--ports", "8080"]);
    const folder = `${await lab.mountBpffs()}/rauta`;
    for (let round = 0; round < 2; round++) {
      const loader = new Loader(lab, { ...base, args: ["--pin", folder] });
      await (await loader.connect()).hello();
      const { code, words } = await loader.stop();
      assertEquals([code, words.replace(EXPECTED_LINES, "")], [0, ""]);
    }
  });

  bpfTest(`${name}: refusals end without complaint`, async () => {
    await using lab = await Lab.create();
    const refusals: [string[], number][] = [
      [["--interface", "eth7"], 7],
      [["--pin", lab.folder], 12],
      [["--socket", `${lab.folder}/no/such`], 14],
      [["--ports", "1,2,3,x"], 2],
      [["--interface"], 2],
    ];
    for (const [args, expected] of refusals) {
      const { code, words } = await new Loader(lab, { ...base, args }).end();
      assertEquals([code, words.replace(EXPECTED_LINES, "")], [expected, ""]);
    }
  });
}
