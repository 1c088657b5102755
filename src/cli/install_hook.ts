// Installs the pre-commit hook of this repository. Writes one file into the folder that git names
// and refuses to replace a hook that it did not write.

const MARK = "# installed by `deno task hook`";
/** A Deno of another version may format and check otherwise. */
const HOOK = `#!/bin/sh
${MARK}
case "$(deno --version 2>/dev/null)" in
  "deno 2.9.6 "*) exec deno task ok:quick ;;
esac
exec npx -y deno@2.9.6 task ok:quick
`;

const { stdout, success } = await new Deno.Command("git", {
  args: ["rev-parse", "--git-path", "hooks"],
}).output();
if (!success) {
  console.error("this is not a git repository: there is nowhere to install a hook");
  Deno.exit(1);
}
const folder = new TextDecoder().decode(stdout).trim();
const path = `${folder}/pre-commit`;
const existing = await Deno.readTextFile(path).catch(() => "");
if (existing !== "" && !existing.includes(MARK)) {
  console.error(`${path} is another hook: move it away first`);
  Deno.exit(1);
}
await Deno.mkdir(folder, { recursive: true });
await Deno.writeTextFile(path, HOOK, { mode: 0o755 });
console.log(`installed ${path}`);
