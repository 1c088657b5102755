import { LineCounter, parseAllDocuments } from "yaml";
import { assertEquals } from "../../assert.ts";
import { locate } from "../../../src/gatewayapi/validation/locate.ts";

const SOURCE = `# two documents
kind: A
spec:
  list:
  - name: one
    port: 80
  -   name: two
  nested: { flow: [1, 2], "quoted key": x }
  base: &base
    inner: 1
  alias: *base
---
kind: B
spec: null
`;

const lines = new LineCounter();
const documents = parseAllDocuments(SOURCE, { lineCounter: lines });

function place(index: number, ...path: (string | number)[]): string {
  const { line, column } = locate(documents[index] as never, lines, path);
  return `${line}:${column}`;
}

Deno.test("an error's path leads to the key that is meant", () => {
  assertEquals(place(0, "spec"), "3:1");
  assertEquals(place(0, "spec", "list"), "4:3");
  assertEquals(place(0, "spec", "list", 0, "port"), "6:5");
  assertEquals(place(0, "spec", "nested", "quoted key"), "8:27");
});

Deno.test("an error's path leads to the list item that is meant", () => {
  assertEquals(place(0, "spec", "list", 0), "5:5");
  assertEquals(place(0, "spec", "list", 1), "7:7");
  assertEquals(place(0, "spec", "nested", "flow", 1), "8:23");
});

Deno.test("where the path's end isn't written, the nearest that is counts", () => {
  assertEquals(place(0, "spec", "list", 1, "port"), "7:7");
  assertEquals(place(0, "spec", "list", 5), "4:3");
  assertEquals(place(0, "metadata", "name"), "2:1");
  assertEquals(place(1, "spec", "x"), "14:1");
});

Deno.test("positions count from the file's start, whichever the document", () => {
  assertEquals(place(1, "kind"), "13:1");
});

Deno.test("a path through an alias leads into what it stands for", () => {
  assertEquals(place(0, "spec", "alias", "inner"), "10:5");
});
