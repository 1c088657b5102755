// The completion scripts, run by the shells themselves where they are installed.

import { assertEquals } from "../assert.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { SHELLS } from "../../src/cli/completion.ts";

async function completeInBash(words: readonly string[]): Promise<string[]> {
  const list = words.map((word) => `'${word}'`).join(" ");
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: [
      "--norc",
      "-c",
      `${SHELLS.bash()}\nCOMP_WORDS=(${list}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _rauta; ` +
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

Deno.test("completion: bash completes commands, their options and the options' values", async () => {
  assertEquals(await completeInBash(["deno", "task", ""]), Object.keys(COMMANDS));
  assertEquals(await completeInBash(["deno", "task", "ex"]), ["explain"]);
  assertEquals(await completeInBash(["deno", "task", "check", "--o"]), ["--output"]);
  assertEquals(await completeInBash(["deno", "task", "routes", "--output", "j"]), ["json"]);
  assertEquals(await completeInBash(["deno", "task", "check", "deploy/exam"]), ["deploy/examples"]);
  assertEquals(await completeInBash(["deno", "run", "--o"]), []);
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
