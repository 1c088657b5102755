// A golden pair: NAME.in.yaml holds objects, NAME.out.yaml what the control plane makes of them.
// Reads and renders only; conditions are one line each, so that a person can read them.

import { parse, stringify } from "yaml";
import type { Condition } from "../../src/gatewayapi/conditions.ts";
import { KINDS } from "../../src/gatewayapi/kinds.ts";
import { loadValidator } from "../../src/gatewayapi/validation/bundled.ts";
import type { Validator } from "../../src/gatewayapi/validation/validator.ts";
import { splitDocuments } from "../../src/control/provider/file/documents.ts";
import { readDocument } from "../../src/control/provider/file/read_document.ts";
import { joinObjects, type PlacedObject } from "../../src/control/provider/file/object_set.ts";
import type { Objects } from "../../src/control/translator/objects.ts";
import type {
  ListenerStatus,
  ObjectStatus,
  ProgrammedState,
} from "../../src/control/translator/statuses.ts";
import { AddressPool } from "../../src/control/address/address_pool.ts";
import { parseAddressPool } from "../../src/control/address/ranges.ts";
import {
  createTranslator,
  type TranslatorOptions,
} from "../../src/control/translator/translator.ts";

export const FOLDER = new URL("./", import.meta.url).pathname;

/** What the data plane answers and how it is asked: the input's `# dataplane: {...}` comment. */
interface DataPlane {
  readonly unbound?: Readonly<Record<string, string>>;
  readonly silent?: boolean;
  readonly refused?: string;
  readonly gatewayClass?: string;
  /** The objects are taken as they are: for what validation would keep away from the translator. */
  readonly unvalidated?: boolean;
  /** Regular expressions are served, those that JavaScript reads; else all are refused. */
  readonly regularExpressions?: boolean;
  /** RAUTA_ADDRESS_POOL of pool mode; absent: host mode. */
  readonly pool?: string;
  /** Gateway -> the addresses that its status had when RAUTA started. */
  readonly recorded?: Readonly<Record<string, readonly string[]>>;
  /** Versions that a cluster's CRDs state; null: not read yet; absent: files. */
  readonly crdVersions?: readonly string[] | null;
}

/** Pool mode's addresses, as `src/composition/cluster.ts` wires it. */
function assignerOf({ pool, recorded }: DataPlane): TranslatorOptions["assignAddresses"] {
  if (pool === undefined) return undefined;
  const ranges = parseAddressPool(pool);
  if (ranges === undefined) throw new Error(`${pool} is no pool`);
  const addresses = new AddressPool(ranges, (key) => recorded?.[key] ?? []);
  return (claims) => addresses.assign(claims);
}

function checkRegex(pattern: string): string | undefined {
  try {
    new RegExp(pattern);
    return undefined;
  } catch {
    return `${pattern} is no regular expression`;
  }
}

export async function goldenNames(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(FOLDER)) {
    if (name.endsWith(".in.yaml")) names.push(name.slice(0, -".in.yaml".length));
  }
  return names.sort();
}

function showCondition(condition: Condition): string {
  const { type, status, reason, message, observedGeneration } = condition;
  return `${type}=${status} ${reason} @${observedGeneration}: ${message}`;
}

function showListeners(listeners: readonly ListenerStatus[]): unknown {
  return Object.fromEntries(listeners.map((listener) => [listener.name, {
    attachedRoutes: listener.attachedRoutes,
    supportedKinds: listener.supportedKinds.map((one) => one.kind),
    conditions: listener.conditions.map(showCondition),
  }]));
}

/** A status with its conditions as one line each. */
export function showStatus({ kind, key, status }: ObjectStatus): unknown {
  const name = `${kind} ${key}`;
  switch (kind) {
    case "GatewayClass":
      return {
        [name]: {
          conditions: status.conditions.map(showCondition),
          features: status.supportedFeatures.length,
        },
      };
    case "Gateway":
      return {
        [name]: {
          addresses: status.addresses.map(({ value }) => value),
          conditions: status.conditions.map(showCondition),
          ...("attachedListenerSets" in status
            ? { attachedListenerSets: status.attachedListenerSets }
            : {}),
          listeners: showListeners(status.listeners),
        },
      };
    case "ListenerSet":
      return {
        [name]: {
          conditions: status.conditions.map(showCondition),
          listeners: showListeners(status.listeners),
        },
      };
    case "HTTPRoute":
      return {
        [name]: status.parents.map((parent) => ({
          parent: JSON.stringify(parent.parentRef),
          conditions: parent.conditions.map(showCondition),
        })),
      };
  }
}

/** The objects of a stream, and what was wrong with it. */
export async function readObjects(stream: string, unvalidated = false) {
  const strict = await loadValidator();
  const validator: Validator = unvalidated
    ? { ...strict, validate: (value) => ({ ok: true, value: value as Record<string, unknown> }) }
    : strict;
  const placed: PlacedObject[] = [];
  const problems: string[] = [];
  const show = (line: number, problem: { kind: string; name: string; message: string }) =>
    problems.push(`${line} ${problem.kind} ${problem.name}: ${problem.message}`);
  for (const { text, line } of splitDocuments(stream)) {
    const result = readDocument(text, validator);
    for (const one of result.objects) placed.push({ ...one, file: "in.yaml", line });
    for (const problem of result.problems) show(problem.line + line - 1, problem);
  }
  const joined = joinObjects([placed]);
  for (const problem of joined.problems) show(problem.line, problem);
  const tables = KINDS.map(({ kind }) => [
    kind,
    new Map(
      [...joined.objects.values()].filter((one) => one.kind === kind)
        .map((one) => [one.key, one.object]),
    ),
  ]);
  return { objects: Object.fromEntries(tables) as unknown as Objects, problems };
}

/** The text of NAME.out.yaml as it should be. */
export async function renderGolden(name: string): Promise<string> {
  const stream = await Deno.readTextFile(`${FOLDER}${name}.in.yaml`);
  const comment = /^# dataplane: (.*)$/m.exec(stream);
  const dataPlane: DataPlane = comment ? parse(comment[1]) : {};
  const { objects, problems } = await readObjects(stream, dataPlane.unvalidated);
  const assignAddresses = assignerOf(dataPlane);
  const { crdVersions } = dataPlane;
  const translator = createTranslator({
    hostAddresses: () => ["192.0.2.1"],
    gatewayClass: dataPlane.gatewayClass,
    ...(dataPlane.regularExpressions ? { checkRegex } : {}),
    ...(assignAddresses === undefined ? {} : { assignAddresses }),
    ...(crdVersions === undefined ? {} : { crdVersions: () => crdVersions ?? undefined }),
  });
  const { snapshot, statuses } = translator.translate(objects);
  const unbound = new Map(Object.entries(dataPlane.unbound ?? {}));
  const ids = snapshot.listeners.map(({ id }) => id).filter((id) => !unbound.has(id));
  const programmed: ProgrammedState = {
    listeners: new Set(dataPlane.silent ? [] : ids),
    unbound,
    ...(dataPlane.refused === undefined ? {} : { refused: dataPlane.refused }),
  };
  const content = {
    ...(problems.length > 0 ? { problems } : {}),
    statuses: statuses(programmed).map(showStatus),
    snapshot,
  };
  return stringify(content, { aliasDuplicateObjects: false, lineWidth: 0 });
}
