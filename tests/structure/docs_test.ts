// What the pages name is there: files, pages, decisions and tasks. Moving one breaks this by name.

import { assertEquals } from "../assert.ts";

const PAGE =
  /^(?:README|CONTRIBUTING)\.md$|^(?:docs|src|core\.as|loader|bpf|bench|deploy)\/.*\.md$/;
const FOLDERS = "src|tests|bench|core\\.as|deploy|loader|bpf|docs";
const FILE = new RegExp(`\`((?:${FOLDERS})/[\\w./-]+\\.(?:ts|c|h|sh|md|json|yaml))\``, "g");
const LINK = /\]\(([^)#\s:]+)(?:#[^)]*)?\)/g;
const DECISION = /\bdocs\/decisions\/(\d{3})\b/g;
const TASK = /\bdeno task (?:--quiet )?([a-z][\w:-]*\w)/g;

async function trackedFiles(): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", { args: ["ls-files"] }).output();
  return new TextDecoder().decode(stdout).split("\n");
}

/** `a/b/../c` is `a/c`. */
function resolve(page: string, link: string): string {
  return new URL(link, `file:///${page}`).pathname.slice(1).replace(/\/$/, "");
}

const captures = (text: string, pattern: RegExp) =>
  Array.from(text.matchAll(pattern), ([, name]) => name!);

Deno.test("files, pages, decisions and tasks that the pages name are there", async () => {
  const files = await trackedFiles();
  const known = new Set(files);
  // A folder can be linked to, too.
  for (const file of files) {
    for (let end = file.lastIndexOf("/"); end > 0; end = file.lastIndexOf("/", end - 1)) {
      known.add(file.slice(0, end));
    }
  }
  const decisions = new Set(
    files.flatMap((file) => /^docs\/decisions\/(\d{3})-/.exec(file)?.[1] ?? []),
  );
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  const missing: string[] = [];
  for (const page of files.filter((file) => PAGE.test(file))) {
    const text = await Deno.readTextFile(page);
    const names = [
      ...captures(text, FILE).filter((name) => !known.has(name)),
      ...captures(text, LINK).filter((link) => !known.has(resolve(page, link))),
      ...captures(text, DECISION).filter((number) => !decisions.has(number)),
      ...captures(text, TASK).filter((name) => !(name in tasks)).map((name) => `task ${name}`),
    ];
    missing.push(...names.map((name) => `${page}: ${name}`));
  }
  assertEquals(missing, []);
});
