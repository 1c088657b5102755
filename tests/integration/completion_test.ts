// The completion scripts, run by the shells themselves where they are installed.

import { assertEquals } from "../assert.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { SHELLS } from "../../src/cli/completion.ts";

async function run(shell: string, args: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command(shell, { args: [...args] }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

async function isInstalled(shell: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", { args: ["-c", `command -v ${shell}`] })
    .output();
  return success;
}

/** `before` runs before the script is sourced. */
function completeInBash(words: readonly string[], before = ""): Promise<string[]> {
  const list = words.map((word) => `'${word}'`).join(" ");
  return run("bash", [
    "--norc",
    "-c",
    `${before}\n${SHELLS.bash()}\n` +
    `COMP_WORDS=(${list}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _rauta; ` +
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ]);
}

Deno.test("completion: bash completes commands, their options and the options' values", async () => {
  assertEquals(await completeInBash(["deno", "task", ""]), Object.keys(COMMANDS));
  assertEquals(await completeInBash(["deno", "task", "ex"]), ["explain"]);
  assertEquals(await completeInBash(["deno", "task", "check", "--o"]), ["--output"]);
  assertEquals(await completeInBash(["deno", "task", "routes", "--output", "j"]), ["json"]);
  assertEquals(await completeInBash(["deno", "task", "routes", "--output", "="]), ["json", "text"]);
  assertEquals(await completeInBash(["deno", "task", "routes", "--output", "=", "j"]), ["json"]);
  assertEquals(await completeInBash(["deno", "task", "explain", "DEL"]), ["DELETE"]);
  assertEquals(await completeInBash(["deno", "task", "explain", "GET", "-H"]), ["-H"]);
  assertEquals(await completeInBash(["deno", "task", "completion", ""]), ["bash", "zsh", "fish"]);
});

Deno.test("completion: bash completes paths, those with spaces too, where a path is wanted", async () => {
  assertEquals(await completeInBash(["deno", "task", "check", "deploy/exam"]), ["deploy/examples"]);
  assertEquals(await completeInBash(["deno", "task", "routes", "deploy/exam"]), []);
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/my shop.yaml`, "");
    const typed = ["deno", "task", "run", "--config", `${folder}/my`];
    assertEquals(await completeInBash(typed), [`${folder}/my shop.yaml`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("completion: what completed deno before still does, for all that isn't ours", async () => {
  const before = "_old() { COMPREPLY=(old); }; complete -F _old deno";
  for (const words of [["deno", "run", "--o"], ["deno", "task", "build", ""]]) {
    assertEquals(await completeInBash(words, before), ["old"], words.join(" "));
    assertEquals(await completeInBash(words), []);
  }
  assertEquals(await completeInBash(["deno", "task", "ex"], before), ["explain"]);
});

Deno.test({
  name: "completion: zsh reads its script (where zsh is installed)",
  ignore: !await isInstalled("zsh"),
  fn: async () => assertEquals(await run("zsh", ["-f", "-n", "-c", SHELLS.zsh()]), []),
});

Deno.test({
  name: "completion: fish completes commands and values (where fish is installed)",
  ignore: !await isInstalled("fish"),
  async fn() {
    const complete = (line: string) =>
      run("fish", ["-c", `${SHELLS.fish()}\ncomplete -C '${line}'`]);
    const names = (lines: readonly string[]) => lines.map((line) => line.split("\t")[0]);
    assertEquals(names(await complete("deno task ")), Object.keys(COMMANDS).sort());
    assertEquals(names(await complete("deno task routes --output ")), ["json", "text"]);
    assertEquals(names(await complete("deno task completion ")), ["bash", "fish", "zsh"]);
  },
});

Deno.test("completion: every command and option is in every shell's script", () => {
  for (const [shell, script] of Object.entries(SHELLS)) {
    const text = script();
    for (const [name, { options }] of Object.entries(COMMANDS)) {
      assertEquals(text.includes(name), true, `${shell}: ${name}`);
      for (const option of options) {
        const written = shell === "fish" ? `-l ${option} ` : `--${option}`;
        assertEquals(text.includes(written), true, `${shell}: ${name} ${option}`);
      }
    }
  }
});
