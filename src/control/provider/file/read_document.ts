// One document: parsed, its lists taken apart, every object validated. Takes text; gives objects and
// problems with lines counted from the document's first. Keeps nothing of the YAML tree: positions are
// found by parsing again, and only where there is something to complain about.

import { type Document, LineCounter, parseDocument } from "yaml";
import {
  GATEWAY_GROUP,
  type Kind,
  type KindInfo,
  kindInfo,
  servedKind,
  type ServedObject,
} from "../../../gatewayapi/kinds.ts";
import { DEFAULT_NAMESPACE, keyOf } from "../../../gatewayapi/references.ts";
import { nearest } from "../../../gatewayapi/validation/hints.ts";
import { locate } from "../../../gatewayapi/validation/locate.ts";
import type { Validator } from "../../../gatewayapi/validation/validator.ts";
import type { Problem } from "../../problem.ts";
import { readQuickYaml } from "./quick_yaml.ts";
import { describeFault, describeThrown, type YamlFault } from "./yaml_faults.ts";

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
/** Warnings would go to the process, past whoever asked. */
const PARSE_OPTIONS = { merge: true, maxAliasCount: 100, logLevel: "error" } as const;
const RENDER_FIRST =
  "this is a template: read what it renders to, as in helm template or kustomize";

function isPlain(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function groupOf(apiVersion: string): string {
  return apiVersion.slice(0, Math.max(apiVersion.indexOf("/"), 0));
}

function apiVersionOf({ group, versions }: KindInfo): string {
  return `apiVersion: ${group === "" ? versions[0] : `${group}/${versions[0]}`}`;
}

/** Kinds that others have too, in groups of their own: Istio, Knative. */
const SHARED_NAMES: ReadonlySet<string> = new Set(["Gateway", "Service"]);

/** Where the Gateway API tries kinds out, and those of them that have left it. */
const EXPERIMENTAL_GROUP = "gateway.networking.x-k8s.io";
const MOVED: ReadonlyMap<string, string> = new Map([
  ["XListenerSet", "it has become gateway.networking.k8s.io/v1 ListenerSet"],
]);

/** What an object calls itself, as far as it can be read. */
function nameInProblems(object: Plain): { kind: string; name: string } {
  const metadata = isPlain(object.metadata) ? object.metadata : {};
  const kind = text(object.kind);
  const cluster = kindInfo(kind)?.namespaced === false;
  const namespace = cluster ? "" : text(metadata.namespace) || DEFAULT_NAMESPACE;
  const name = text(metadata.name);
  return { kind, name: name === "" ? "" : keyOf(namespace, name) };
}

/** Positions in a document, found when the first is asked for. */
class Locator {
  #parsed: { document: Document; lines: LineCounter } | undefined;

  constructor(readonly source: string) {}

  /** The text of a line, counted from 1. */
  lineAt(line: number): string {
    return this.source.split("\n", line)[line - 1] ?? "";
  }

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
    const place = this.#locator.find(path);
    const isTemplate = this.#locator.lineAt(place.line).includes("{{");
    const fix = isTemplate ? RENDER_FIRST : problem.fix;
    this.problems.push({ ...nameInProblems(object), ...place, ...problem, fix });
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
    // The items of a typed list (HTTPRouteList) are of its kind where they say none: so an API server
    // answers, and so apimachinery reads it.
    const { apiVersion } = list;
    const kind = text(list.kind).slice(0, -"List".length);
    const isTyped = kind !== "" && text(apiVersion) !== "";
    for (const [index, item] of items.entries()) {
      const isBare = isPlain(item) && item.apiVersion === undefined && item.kind === undefined;
      const whole = isTyped && isBare ? { apiVersion, kind, ...item } : item;
      this.read(whole, [...path, "items", index]);
    }
  }

  /** Whether an object that is not known was meant to be one that is: then it is an error. */
  #isSlip(apiVersion: string, kind: string): boolean {
    const group = groupOf(apiVersion);
    if (kind === "" || apiVersion === "" || group === GATEWAY_GROUP) return true;
    if (group === EXPERIMENTAL_GROUP && !MOVED.has(kind)) return true;
    const isKnownName = this.validator.kinds.some((one) =>
      one.kind.toLowerCase() === kind.toLowerCase()
    );
    if (!isKnownName || !SHARED_NAMES.has(kind)) return isKnownName;
    const groups = [...new Set(this.validator.kinds.map((one) => groupOf(one.apiVersion)))];
    return nearest(group, groups) !== undefined;
  }

  #readObject(object: Plain, path: Path): void {
    const apiVersion = text(object.apiVersion);
    const kind = text(object.kind);
    const info = servedKind(apiVersion, kind);
    const known = this.validator.find(apiVersion, kind) !== undefined;
    if (!known && !this.#isSlip(apiVersion, kind)) {
      const served = kindInfo(kind);
      this.report(object, [...path, "kind"], {
        severity: "warning",
        field: "kind",
        message: `${apiVersion} ${kind} is no kind that RAUTA knows: it is ignored`,
        fix: MOVED.get(kind) ??
          (served === undefined ? "" : `where RAUTA's is meant, ${apiVersionOf(served)}`),
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
    if (text((validation.value.metadata as Plain).name) === "") {
      this.report(object, [...path, "metadata", "generateName"], {
        severity: "error",
        field: "metadata.generateName",
        message: "generateName leaves the name to an API server: in a file nothing makes one",
        fix: "write name: and a name of its own",
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
      object: { ...rest, metadata: placed } as unknown as ServedObject,
    });
  }
}

function syntaxProblem({ message, fix, at }: YamlFault, lines: LineCounter): DocumentProblem {
  const { line, col } = lines.linePos(at);
  return {
    severity: "error",
    line: Math.max(line, 1),
    column: Math.max(col, 1),
    kind: "",
    name: "",
    field: "",
    message,
    fix,
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
  const lines = new LineCounter();
  try {
    const document = parseDocument(source, { ...PARSE_OPTIONS, lineCounter: lines });
    const error = document.errors[0];
    if (error !== undefined) {
      const fault = describeFault(document as Document, error, source);
      return { problem: syntaxProblem(fault, lines) };
    }
    return { value: document.toJS(PARSE_OPTIONS) };
  } catch (error) {
    return { problem: syntaxProblem(describeThrown(error), lines) };
  }
}

/** Reads one document. Never throws for what it holds. */
export function readDocument(source: string, validator: Validator): ReadDocument {
  const parsed = parseJson(source) ?? readQuickYaml(source) ?? parseYaml(source);
  if ("problem" in parsed) return { objects: [], problems: [parsed.problem] };
  const reader = new DocumentReader(source, validator);
  reader.read(parsed.value, []);
  return { objects: reader.objects, problems: reader.problems };
}
