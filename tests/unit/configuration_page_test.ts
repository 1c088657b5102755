import { VARIABLES } from "../../src/config/variables.ts";
import { assertEquals } from "../assert.ts";

Deno.test("docs/configuration.md lists every variable with its default and meaning, no other", async () => {
  const page = await Deno.readTextFile("docs/configuration.md");
  const rows = [...page.matchAll(/^\| ((?:RAUTA|OTEL)_\w+) +\| (.+?) +\| .+? +\| (.+?) +\|$/gm)]
    .map(([, name, fallback, meaning]) => [name, fallback, meaning]);
  const expected = VARIABLES.map(({ name, fallback, meaning }) => [
    name,
    fallback ?? "unset",
    meaning,
  ]);
  assertEquals(rows, expected);
});
