// `deno task hook` in a repository of its own.

import { assertEquals } from "../assert.ts";

const SCRIPT = new URL("../../src/cli/install_hook.ts", import.meta.url).pathname;

async function run(folder: string, program: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: folder,
    // A commit that runs these tests names its own repository to all programs.
    env: { PATH: `${folder}/bin:${Deno.env.get("PATH")}`, HOME: folder },
    clearEnv: true,
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), error: text.decode(stderr) };
}

const install = (folder: string) =>
  run(
    folder,
    Deno.execPath(),
    ...[
      "run",
      "--quiet",
      "--no-config",
      "--allow-read",
      "--allow-write",
      "--allow-run=git",
      SCRIPT,
    ],
  );

/** Stands for deno or npx: says a version, and writes down what else it is told. */
async function stand(folder: string, name: string, version: string): Promise<void> {
  const script = `#!/bin/sh
if [ "$1" = --version ]; then echo "${version}"; else echo "${name} $*"; fi
`;
  await Deno.writeTextFile(`${folder}/bin/${name}`, script, { mode: 0o755 });
}

async function withRepository(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "rauta-test-" });
  try {
    await Deno.mkdir(`${folder}/bin`);
    assertEquals((await run(folder, "git", "init", "--quiet")).code, 0);
    await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the hook runs the quick checks by Deno 2.9.6, wherever that comes from", async () => {
  await withRepository(async (folder) => {
    for (let times = 0; times < 2; times++) assertEquals((await install(folder)).code, 0);
    const hook = `${folder}/.git/hooks/pre-commit`;
    await stand(folder, "npx", "");
    await stand(folder, "deno", "deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)");
    assertEquals((await run(folder, hook)).out, "deno task ok:quick\n");
    await stand(folder, "deno", "deno 2.9.60 (stable)");
    assertEquals((await run(folder, hook)).out, "npx -y deno@2.9.6 task ok:quick\n");
  });
});

Deno.test("a hook that somebody else wrote is left alone", async () => {
  await withRepository(async (folder) => {
    const path = `${folder}/.git/hooks/pre-commit`;
    await Deno.mkdir(`${folder}/.git/hooks`, { recursive: true });
    await Deno.writeTextFile(path, "#!/bin/sh\nexit 0\n");
    const { code, error } = await install(folder);
    assertEquals([code, error.includes("is another hook: move it away first")], [1, true]);
    assertEquals(await Deno.readTextFile(path), "#!/bin/sh\nexit 0\n");
  });
});

Deno.test("outside of a repository there is nowhere to install it, and it says so", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rauta-test-" });
  const { code, error } = await install(folder);
  await Deno.remove(folder, { recursive: true });
  assertEquals([code, error.includes("not a git repository")], [1, true]);
});
