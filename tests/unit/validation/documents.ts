// The YAML documents of a folder of test data, for the validation suites.

import { type Document, LineCounter, parseAllDocuments } from "yaml";

export const EXAMPLES = "tests/testdata/gatewayapi";

export interface SourceDocument {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly object: Record<string, unknown>;
}

export async function yamlFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) files.push(...await yamlFiles(path));
    else if (entry.name.endsWith(".yaml")) files.push(path);
  }
  return files.sort();
}

/** Every document that holds something. */
export async function readDocuments(file: string): Promise<SourceDocument[]> {
  const lines = new LineCounter();
  const documents = parseAllDocuments(await Deno.readTextFile(file), { lineCounter: lines });
  return (documents as Document[])
    .map((document) => ({ file, document, lines, object: document.toJS() }))
    .filter(({ object }) => object !== null);
}
