// docs/failures.md against the rescue table: the same reasons in the same order, the same answers.

import { RESCUES } from "../../src/data/rescue.ts";
import { assertEquals } from "../assert.ts";

Deno.test("docs/failures.md lists every reason of the rescue table as it is, no other", async () => {
  const page = await Deno.readTextFile("docs/failures.md");
  const rows = page.split("\n").filter((line) => /^\| [a-z_]+ +\| (?!source )/.test(line))
    .map((line) => line.split("|").slice(1, 8).map((cell) => cell.trim()));
  const expected = Object.entries(RESCUES).map(([reason, rescue]) => [
    reason,
    rescue.source,
    String(rescue.status),
    rescue.mayRetry ? "once" : "no",
    rescue.message,
    `\`"reason":"${reason}"\``,
    `\`{source="${rescue.source}",reason="${reason}"}\``,
  ]);
  assertEquals(rows, expected);
});
