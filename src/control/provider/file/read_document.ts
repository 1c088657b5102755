// One document: parsed, its lists taken apart, every object validated. Takes text; gives objects and
// problems with lines counted from the document's first. Keeps nothing of the YAML tree: positions are
// found by parsing again, and only where there is something to complain about.

import { type Document, LineCounter, parseDocument } from "yaml";
import { type Kind, kindInfo, servedKind, type ServedObject } from "../../../gatewayapi/kinds.ts";
import { DEFAULT_NAMESPACE, keyOf } from "../../../gatewayapi/references.ts";
import { locate } from "../../../gatewayapi/validation/locate.ts";
import type { Validator } from "../../../gatewayapi/validation/validator.ts";
import type { Problem } from "../../problem.ts";
import { readPlainYaml } from "./plain_yaml.ts";

export interface ReadObject {
  readonly kind: Kind;
  readonly key: string;
  readonly object: ServedObject;
}

/** Lines count from the document's first line, which is 1. */
export type DocumentProblem = Omit<Problem, "file">;

export interface ReadDocument {
  readonly objects: readonly ReadObject[];
  readonly problems: readonly DocumentProblem[];
}

type Path = readonly (string | number)[];
type Plain = Record<string, unknown>;

const MAX_LIST_ITEMS = 100_000;
const PARSE_OPTIONS = { merge: true, maxAliasCount: 100 } as const;

function isPlain(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** What an object calls itself, as far as it can be read. */
function nameInProblems(object: Plain): { kind: string; name: string } {
  const metadata = isPlain(object.metadata) ? object.metadata : {};
  const kind = text(object.kind);
  const cluster = kindInfo(kind)?.namespaced === false;
  const namespace = cluster ? "" : text(metadata.namespace) || DEFAULT_NAMESPACE;
  const name = text(metadata.name);
  return { kind, name: name === "" ? "" : keyOf(namespace, name) };
}

/**
 * A copy that shares no string with the text that it was read from: V8's slices of a string keep the
 * whole of it alive, and with every edited document another version of its file would stay in memory.
 */
function detach(object: Plain): Plain {
  return JSON.parse(JSON.stringify(object));
}

/** Positions in a document, found when the first is asked for. */
class Locator {
  #parsed: { document: Document; lines: LineCounter } | undefined;

  constructor(readonly source: string) {}

  find(path: Path): { line: number; column: number } {
    if (this.#parsed === undefined) {
      const lines = new LineCounter();
      const document = parseDocument(this.source, { ...PARSE_OPTIONS, lineCounter: lines });
      this.#parsed = { document: document as Document, lines };
    }
    return locate(this.#parsed.document, this.#parsed.lines, path);
  }
}

class DocumentReader {
  readonly objects: ReadObject[] = [];
  readonly problems: DocumentProblem[] = [];
  readonly #locator: Locator;

  constructor(source: string, readonly validator: Validator) {
    this.#locator = new Locator(source);
  }

  report(
    object: Plain,
    path: Path,
    problem: Omit<DocumentProblem, "line" | "column" | "kind" | "name">,
  ) {
    this.problems.push({
      ...nameInProblems(object),
      ...this.#locator.find(path),
      ...problem,
    });
  }

  read(value: unknown, path: Path): void {
    if (!isPlain(value)) {
      this.report({}, path, {
        severity: "error",
        field: "",
        message: "the document is not a Kubernetes object",
        fix: "write a mapping with apiVersion, kind, metadata and spec",
      });
      return;
    }
    const kind = text(value.kind);
    if (kind.endsWith("List") && Array.isArray(value.items)) this.#readList(value, path);
    else this.#readObject(value, path);
  }

  #readList(list: Plain, path: Path): void {
    const items = list.items as unknown[];
    if (items.length > MAX_LIST_ITEMS) {
      this.report(list, [...path, "items"], {
        severity: "error",
        field: "items",
        message: `the list has ${items.length} items, more than ${MAX_LIST_ITEMS}`,
        fix: "split it into several files",
      });
      return;
    }
    for (const [index, item] of items.entries()) this.read(item, [...path, "items", index]);
  }

  #readObject(object: Plain, path: Path): void {
    const apiVersion = text(object.apiVersion);
    const kind = text(object.kind);
    const info = servedKind(apiVersion, kind);
    const known = this.validator.find(apiVersion, kind) !== undefined;
    const meantForUs = kindInfo(kind) !== undefined || kind === "" || apiVersion === "";
    if (!known && !meantForUs) {
      this.report(object, [...path, "kind"], {
        severity: "warning",
        field: "kind",
        message: `${apiVersion} ${kind} is no kind that RAUTA knows: it is ignored`,
        fix: "",
      });
      return;
    }
    const validation = this.validator.validate(object);
    if (!validation.ok) {
      for (const error of validation.errors) {
        this.report(object, [...path, ...error.path], {
          severity: "error",
          field: error.field,
          message: error.message,
          fix: error.hint,
        });
      }
      return;
    }
    if (info === undefined) {
      this.report(object, [...path, "kind"], {
        severity: "warning",
        field: "kind",
        message: `${apiVersion} ${kind} is not served yet: it is ignored`,
        fix: "",
      });
      return;
    }
    const { status, ...rest } = validation.value;
    // Only of a Pod it is the status that says what it is: its addresses.
    if (info.kind === "Pod") rest.status = status;
    const metadata = isPlain(rest.metadata) ? rest.metadata : {};
    const namespace = info.namespaced ? text(metadata.namespace) || DEFAULT_NAMESPACE : "";
    const placed = info.namespaced ? { ...metadata, namespace } : metadata;
    this.objects.push({
      kind: info.kind,
      key: keyOf(namespace, text(metadata.name)),
      object: detach({ ...rest, metadata: placed }) as unknown as ServedObject,
    });
  }
}

function syntaxProblem(message: string, line: number, column: number): DocumentProblem {
  const [first] = message.split("\n");
  return {
    severity: "error",
    line,
    column,
    kind: "",
    name: "",
    field: "",
    message: `the YAML cannot be read: ${first.replace(/ at line \d+, column \d+:?$/, "")}`,
    fix: "correct the YAML at this place: look at its indentation, quotes and brackets",
  };
}

/** JSON is read by its own parser, which is faster and takes no more than JSON. */
function parseJson(source: string): { value: unknown } | undefined {
  if (!/^\s*[{[]/.test(source)) return undefined;
  try {
    return { value: JSON.parse(source) };
  } catch {
    return undefined;
  }
}

function parseYaml(source: string): { value: unknown } | { problem: DocumentProblem } {
  try {
    const lines = new LineCounter();
    const document = parseDocument(source, { ...PARSE_OPTIONS, lineCounter: lines });
    const error = document.errors[0];
    if (error !== undefined) {
      const { line, col } = lines.linePos(error.pos[0]);
      return { problem: syntaxProblem(error.message, Math.max(line, 1), Math.max(col, 1)) };
    }
    return { value: document.toJS(PARSE_OPTIONS) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { problem: syntaxProblem(message, 1, 1) };
  }
}

/** Reads one document. Never throws for what it holds. */
export function readDocument(source: string, validator: Validator): ReadDocument {
  const parsed = parseJson(source) ?? readPlainYaml(source) ?? parseYaml(source);
  if ("problem" in parsed) return { objects: [], problems: [parsed.problem] };
  const reader = new DocumentReader(source, validator);
  reader.read(parsed.value, []);
  return { objects: reader.objects, problems: reader.problems };
}
