// js-yaml's quick reading of ordinary YAML against the `yaml` package: what it reads it reads the same,
// over every YAML file of the project and over those files broken at random places.

import { parseDocument } from "yaml";
import { splitDocuments } from "../../../src/control/provider/file/documents.ts";
import { readQuickYaml } from "../../../src/control/provider/file/quick_yaml.ts";
import { assertEquals } from "../../assert.ts";
import fc from "../../property.ts";

const FOLDERS = ["deploy", "tests/golden", "tests/testdata/gatewayapi"];

async function yamlBelow(folder: string): Promise<string[]> {
  const texts: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) texts.push(...await yamlBelow(path));
    else if (/\.ya?ml$/.test(name)) texts.push(await Deno.readTextFile(path));
  }
  return texts;
}

/** By the package; undefined where it finds anything wrong. */
function readWhole(source: string): { value: unknown } | undefined {
  try {
    const document = parseDocument(source, { merge: true });
    return document.errors.length > 0 ? undefined : { value: document.toJS() };
  } catch {
    return undefined;
  }
}

const texts = (await Promise.all(FOLDERS.map(yamlBelow))).flat();
const documents = texts.flatMap((text) => splitDocuments(text).map((document) => document.text));

Deno.test("quick YAML: the project's documents read the same, nearly all of them fast", () => {
  let taken = 0;
  for (const source of documents) {
    const plain = readQuickYaml(source);
    if (plain === undefined) continue;
    taken++;
    assertEquals<unknown>(plain, readWhole(source), source);
  }
  assertEquals(documents.length > 300 && taken > documents.length * 0.8, true, String(taken));
});

const PIECES = [
  ..."'\"#{}[],~-?:%@`|>\\\t\r",
  ": ",
  "- ",
  " #",
  "\n",
  "\n  ",
  "  ",
  "&a ",
  "*a",
  "!x ",
  "1",
  "0x1",
  "0o7",
  "1e3",
  ".5",
  "+1",
  ".inf",
  "null",
  "True",
  "''",
  "---",
  "...",
  "\n---\n",
  "<<: ",
  "__proto__: ",
  "key: v\n",
  "\u00e9",
  "\u{1f600}",
  "\ud800",
];

/** Where to change (of 1), what to put there, and how many characters to take out. */
const edit = fc.record({
  place: fc.double({ min: 0, max: 1, noNaN: true }),
  piece: fc.oneof(fc.constantFrom(...PIECES), fc.constant("")),
  removed: fc.nat({ max: 4 }),
});

const short = documents.filter((source) => source.length < 700);

Deno.test("quick YAML: documents that are broken at random read the same or not at all", () => {
  let taken = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...short),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      (source, edits) => {
        let text = source;
        for (const { place, piece, removed } of edits) {
          const at = Math.floor(place * text.length);
          text = text.slice(0, at) + piece + text.slice(at + removed);
        }
        const plain = readQuickYaml(text);
        if (plain === undefined) return;
        taken++;
        assertEquals<unknown>(plain, readWhole(text), text);
      },
    ),
    { numRuns: 4000, seed: 116 },
  );
  assertEquals(taken > 500, true, String(taken));
});

const RIGHT: readonly (readonly [source: string, value: unknown])[] = [
  ["a: 1", { a: 1 }],
  ["---\na: # why\n  - b\n  -\n    c: d # e\n", { a: ["b", { c: "d" }] }],
  ["a:\n- b: 1\n  c: 2\n- - x\n  - y\nd:", { a: [{ b: 1, c: 2 }, ["x", "y"]], d: null }],
  ["a: { b: [c, 'it''s', \"d\", -1], e: {} }\n", { a: { b: ["c", "it's", "d", -1], e: {} } }],
  ["a: [\n  b,\n  c,\n ]\n", { a: ["b", "c"] }],
  ["a: http://b:80/c#d", { a: "http://b:80/c#d" }],
  ["a: 192.0.2.1\nb: 10s\nc: 2026-01-01T00:00:00Z", {
    a: "192.0.2.1",
    b: "10s",
    c: "2026-01-01T00:00:00Z",
  }],
  ["a: |\n  text\nb: >-\n  one\n  two\nc: one\n  two", { a: "text\n", b: "one two", c: "one two" }],
  ["a: 1.5\nb: 0x10\nc: 0777\n1: a\nd: { e }", { 1: "a", a: 1.5, b: 16, c: 777, d: { e: null } }],
  ["'a b': yes\n\"c\": ~\nd: False", { "a b": "yes", c: null, d: false }],
];

Deno.test("quick YAML: what is read, word for word", () => {
  for (const [source, value] of RIGHT) {
    assertEquals(readQuickYaml(source), { value }, source);
    assertEquals(readWhole(source), { value }, source);
  }
});

Deno.test("quick YAML: what belongs to the whole language is left to it", () => {
  for (
    const source of [
      "a: &b 1\nc: *b",
      "a: !!str 1",
      "? a\n: b",
      "a: 1\na: 2",
      "a:\tb",
      "a: b\r\n",
      "<<: { a: 1 }",
      "a: b: c",
      "a: {b: c",
      "a: {\nb: c }",
      "a: b\n---\nc: d",
      "- a\nb: c",
    ]
  ) {
    assertEquals(readQuickYaml(source), undefined, source);
  }
});
