// Every object of files or folders, read once: the provider's own reading without its watching.
// Takes paths; gives the objects with their places and everything that is wrong. Serves nothing.

import type { Validator } from "../../../gatewayapi/validation/validator.ts";
import type { Problem } from "../../problem.ts";
import { ObjectStore } from "../../store/object_store.ts";
import type { Objects } from "../../translator/objects.ts";
import { splitDocuments } from "./documents.ts";
import { decodeFile } from "./file_text.ts";
import { type FoundFile, listFiles } from "./file_set.ts";
import { diffObjects, joinObjects, type ObjectSet, type PlacedObject } from "./object_set.ts";
import { readDocument } from "./read_document.ts";

const MAX_FILE_BYTES = 64 * 1024 * 1024;

export interface Reading {
  /** Keyed by `Kind namespace/name`. */
  readonly placed: ObjectSet;
  readonly problems: readonly Problem[];
}

/** The objects of one file's text. */
export function readText(
  file: string,
  text: string,
  validator: Validator,
): { objects: PlacedObject[]; problems: Problem[] } {
  const objects: PlacedObject[] = [];
  const problems: Problem[] = [];
  for (const document of splitDocuments(text)) {
    const result = readDocument(document.text, validator);
    for (const one of result.objects) objects.push({ ...one, file, line: document.line });
    for (const problem of result.problems) {
      problems.push({ file, ...problem, line: problem.line + document.line - 1 });
    }
  }
  return { objects, problems };
}

async function readOne(
  file: { readonly path: string; readonly sizeBytes: number },
  validator: Validator,
): Promise<{ objects: PlacedObject[]; problems: Problem[] }> {
  const refuse = (message: string, fix: string, line = 0) => {
    const place = { file: file.path, line, column: 0, kind: "", name: "", field: "" };
    const problem: Problem = { severity: "error", ...place, message, fix };
    return { objects: [], problems: [problem] };
  };
  if (file.sizeBytes > MAX_FILE_BYTES) {
    return refuse("the file is larger than 64 MiB", "split it into several files");
  }
  try {
    const decoded = decodeFile(await Deno.readFile(file.path));
    if ("fault" in decoded) {
      return refuse(decoded.fault.message, decoded.fault.fix, decoded.fault.line);
    }
    return readText(file.path, decoded.text, validator);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refuse(`the file cannot be read: ${reason}`, "let this process read it");
  }
}

/** A file that several paths lead to is read once. Rejects where a path itself can't be read. */
export async function readAll(paths: readonly string[], validator: Validator): Promise<Reading> {
  const files: FoundFile[] = [];
  for (const path of paths) {
    const seen = new Set(files.map((file) => file.realPath));
    const found = (await listFiles(path)).files;
    files.push(...found.filter(({ realPath }) => !seen.has(realPath)));
  }
  const objects: PlacedObject[][] = [];
  const problems: Problem[] = [];
  for (const file of files) {
    const read = await readOne(file, validator);
    objects.push(read.objects);
    problems.push(...read.problems);
  }
  const joined = joinObjects(objects);
  return { placed: joined.objects, problems: [...problems, ...joined.problems] };
}

/** The translator's input. */
export function objectsOf(placed: ObjectSet): Objects {
  const store = new ObjectStore();
  store.change(diffObjects(new Map(), placed));
  return store.objects();
}
