// The judgement behind `deno task check`: the statuses that every object would get, and every problem
// with its place. Takes objects that were read, gives plain data; reads files only to name a line.
// The translator and the table compiler are those that serve; nothing is bound or written.

import { LineCounter, parseDocument } from "yaml";
import { splitDocuments } from "../../control/provider/file/documents.ts";
import type { ObjectSet, PlacedObject } from "../../control/provider/file/object_set.ts";
import { objectsOf, type Reading } from "../../control/provider/file/read_all.ts";
import type { Problem } from "../../control/problem.ts";
import type { ObjectStatus, Statuses } from "../../control/translator/statuses.ts";
import { createTranslator } from "../../control/translator/translator.ts";
import { CompileError } from "../../core/compiler/errors.ts";
import { TableCompiler } from "../../core/compiler/table_compiler.ts";
import { IdRegistry } from "../../core/ids.ts";
import { inspectPair } from "../../data/tls/inspect_pair.ts";
import { regexFault } from "../../core/regex/compile.ts";
import type { Condition } from "../../gatewayapi/conditions.ts";
import type { Gateway, HTTPRoute, ListenerSet } from "../../gatewayapi/kinds.ts";
import { locate } from "../../gatewayapi/validation/locate.ts";
import type { Snapshot } from "../../ir/snapshot.ts";
import {
  isGood,
  type Place,
  placeInListener,
  placeInSpec,
  placesInRoute,
  showField,
} from "./advice.ts";
import { fixFor } from "./fixes.ts";
import { silenceOf } from "./silence.ts";

export interface CheckOptions {
  readonly gatewayClass?: string;
  /** Shown as the address of Gateways that ask for none. */
  readonly hostAddresses: readonly string[];
  /** Milliseconds since the epoch, which certificates are held against; absent: all are in date. */
  readonly nowMs?: number;
  /** The text of a file, to find the line of a field; undefined where it can't be had. */
  readonly textOf: (file: string) => string | undefined;
}

export interface CheckResult {
  readonly placed: ObjectSet;
  readonly snapshot: Snapshot;
  /** As they would be once every listener is served. */
  readonly statuses: Statuses;
  /** By file, line and column. */
  readonly problems: readonly Problem[];
}

/** The document in which an object lies, parsed; objects of one document share the last parse. */
class Places {
  #last: { id: string; find: (placed: PlacedObject, place: Place) => [number, number] } | undefined;

  /** Of the last file: the text of each document by its first line. */
  #documents: { file: string; byLine: ReadonlyMap<number, string> } | undefined;

  constructor(readonly textOf: CheckOptions["textOf"]) {}

  find(placed: PlacedObject, place: Place): [line: number, column: number] {
    const id = `${placed.line} ${placed.file}`;
    if (this.#last?.id !== id) this.#last = { id, find: this.#parse(placed) };
    return this.#last.find(placed, place);
  }

  #documentsOf(file: string): ReadonlyMap<number, string> {
    if (this.#documents?.file !== file) {
      const documents = splitDocuments(this.textOf(file) ?? "");
      const byLine = new Map(documents.map(({ line, text }) => [line, text]));
      this.#documents = { file, byLine };
    }
    return this.#documents.byLine;
  }

  #parse({ file, line }: PlacedObject): (placed: PlacedObject, place: Place) => [number, number] {
    const source = this.#documentsOf(file).get(line);
    if (source === undefined) return () => [line, 1];
    const lines = new LineCounter();
    const document = parseDocument(source, { merge: true, lineCounter: lines });
    const content = document.toJS() as { items?: unknown[] } | null;
    return (placed, place) => {
      const prefix = itemPath(content?.items, placed);
      const found = locate(document, lines, [...prefix, ...place.path]);
      return [found.line + line - 1, found.column];
    };
  }
}

/** Where an object stands in a List; nothing for one that is a document of its own. */
function itemPath(items: unknown, { kind, object }: PlacedObject): (string | number)[] {
  if (!Array.isArray(items)) return [];
  const index = items.findIndex((item) =>
    item?.kind === kind && item?.metadata?.name === object.metadata?.name
  );
  return index < 0 ? [] : ["items", index];
}

type Report = (place: Place, severity: Problem["severity"], fix: string) => void;

function judgeStatus(status: ObjectStatus, placed: PlacedObject, report: Report): void {
  const tell = (place: Place, { reason }: Condition) =>
    report(place, "error", fixFor(reason, place.message));
  switch (status.kind) {
    case "HTTPRoute":
      for (const { parentRef, conditions } of status.status.parents) {
        for (const condition of conditions.filter((one) => !isGood(one))) {
          const route = placed.object as HTTPRoute;
          for (const place of placesInRoute(route, parentRef, condition)) tell(place, condition);
        }
      }
      return;
    case "Gateway":
    case "ListenerSet": {
      for (const condition of status.status.conditions.filter((one) => !isGood(one))) {
        // Programmed repeats what Accepted says, and ListenersNotValid what the listeners say.
        if (condition.type === "Programmed" || condition.reason === "ListenersNotValid") continue;
        tell(placeInSpec(condition), condition);
      }
      for (const { name, conditions } of status.status.listeners) {
        for (const condition of conditions.filter((one) => !isGood(one))) {
          // Accepted repeats Conflicted, Programmed repeats whatever is wrong.
          if (condition.type === "Programmed") continue;
          if (condition.type === "Accepted" && condition.reason.endsWith("Conflict")) continue;
          tell(placeInListener(placed.object as Gateway | ListenerSet, name, condition), condition);
        }
      }
      return;
    }
    case "GatewayClass":
      for (const condition of status.status.conditions.filter((one) => !isGood(one))) {
        tell(placeInSpec(condition), condition);
      }
  }
}

function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

export function check(reading: Reading, options: CheckOptions): CheckResult {
  const { placed } = reading;
  const problems: Problem[] = [...reading.problems];
  const places = new Places(options.textOf);
  const reporter = (one: PlacedObject): Report => (place, severity, fix) => {
    const [line, column] = places.find(one, place);
    const { file, kind, key: name } = one;
    const { message } = place;
    problems.push(
      { severity, file, line, column, kind, name, field: showField(place.path), message, fix },
    );
  };
  const { snapshot, statuses } = createTranslator({
    ...(options.gatewayClass === undefined ? {} : { gatewayClass: options.gatewayClass }),
    hostAddresses: () => options.hostAddresses,
    inspectPair,
    checkRegex: regexFault,
  }).translate(objectsOf(placed));
  const refused = compileFault(snapshot);
  const list = statuses({
    listeners: new Set(snapshot.listeners.map(({ id }) => id)),
    unbound: new Map(),
    ...(refused === undefined ? {} : { refused }),
  }, options.nowMs);
  if (refused !== undefined) problems.push(refusal(refused));
  const told = new Set<string>();
  for (const status of list) {
    const one = placed.get(`${status.kind} ${status.key}`)!;
    if (status.kind !== "HTTPRoute" || status.status.parents.length > 0) {
      told.add(one.key + one.kind);
    }
    judgeStatus(status, one, reporter(one));
  }
  for (const one of placed.values()) {
    const silence = told.has(one.key + one.kind) ? undefined : silenceOf(one, reading);
    if (silence) reporter(one)(silence, "warning", silence.fix);
  }
  return { placed, snapshot, statuses: list, problems: unique(problems).sort(byPlace) };
}

function compileFault(snapshot: Snapshot): string | undefined {
  try {
    new TableCompiler(new IdRegistry()).compile(snapshot);
    return undefined;
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
}

function refusal(message: string): Problem {
  const nowhere = { file: "", line: 0, column: 0, kind: "", name: "", field: "" };
  return { severity: "error", ...nowhere, message, fix: "change what the message names" };
}
