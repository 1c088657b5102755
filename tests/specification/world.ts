// What a set of objects comes to: judged as an API server would, translated, compiled, loaded into the
// core, and asked. Takes YAML; gives statuses and where requests go. The very parts that serve.

import { joinObjects, type PlacedObject } from "../../src/control/provider/file/object_set.ts";
import { objectsOf, readText } from "../../src/control/provider/file/read_all.ts";
import type { ParentRef, Statuses } from "../../src/control/translator/statuses.ts";
import { createTranslator } from "../../src/control/translator/translator.ts";
import type { PortBinding } from "../../src/core/compiler/bindings.ts";
import { TableCompiler } from "../../src/core/compiler/table_compiler.ts";
import type { FieldList } from "../../src/core/decision.ts";
import { GatewayCore } from "../../src/core/gateway_core.ts";
import { IdRegistry } from "../../src/core/ids.ts";
import { regexFault } from "../../src/core/regex/compile.ts";
import { inspectPair } from "../../src/data/tls/inspect_pair.ts";
import { type Condition, ConditionType } from "../../src/gatewayapi/conditions.ts";
import type { Validator } from "../../src/gatewayapi/validation/validator.ts";
import { loadValidator } from "../../src/gatewayapi/validation/bundled.ts";
import type { Snapshot } from "../../src/ir/snapshot.ts";

const CLASS = `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: rauta }
spec: { controllerName: rauta.io/gateway-controller }
`;

/** The only address of the host. */
export const HOST_ADDRESS = "192.0.2.1";

/** A listener, YAML in flow style, with what every one needs. */
export const HTTP_80 = "{ name: http, protocol: HTTP, port: 80 }";

export function gateway(listeners: string = HTTP_80, metadata = "name: gw"): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { ${metadata} }
spec: { gatewayClassName: rauta, listeners: [${listeners}] }
`;
}

/** `spec` without parentRefs, YAML in flow style; `metadata` names it and what else it needs. */
export function route(metadata: string, spec: string, parents = "{ name: gw }"): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { ${metadata} }
spec: { parentRefs: [${parents}], ${spec} }
`;
}

/** A rule to one Service; `match` and `more` in flow style. */
export function to(service: string, match = "", more = ""): string {
  const matches = match === "" ? "" : `matches: [{ ${match} }], `;
  return `{ ${matches}${more === "" ? "" : `${more}, `}` +
    `backendRefs: [{ name: ${service}, port: 80 }] }`;
}

/** A Service of port 80 with one endpoint. */
export function service(name: string, more = "", namespace = "default"): string {
  return `apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: ${namespace} }
spec: { ports: [{ port: 80${more === "" ? "" : `, ${more}`} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  { name: ${name}, namespace: ${namespace}, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [{ port: 8080 }]
endpoints: [{ addresses: [192.0.2.10] }]
`;
}

export interface Answer {
  /** The Service that takes it, without namespace where that is `default`; or the status. */
  readonly to: string;
  readonly authority: string;
  readonly target: string;
  readonly fields: FieldList;
  /** Of a redirect. */
  readonly location: string;
}

export interface Ask {
  readonly fields?: FieldList;
  readonly port?: number;
  readonly draw?: number;
}

export interface World {
  /** What the API server would say, and the file provider of doubles. */
  readonly problems: readonly string[];
  /** Entries of a route's status, in the order of its parentRefs. */
  parents(route: string): readonly { readonly parentRef: ParentRef }[];
  /** `True Accepted`, or undefined where there is none. */
  condition(route: string, type: string, parent?: number): string | undefined;
  message(route: string, type: string): string;
  /** Conditions of a Gateway's listener. */
  listener(gateway: string, name: string, type: string): string | undefined;
  attachedRoutes(gateway: string, name: string): number;
  /** A condition of a Gateway as a whole. */
  gateway(name: string, type: string): { readonly shown?: string; readonly message?: string };
  /** `GET host/path?query`, `http://` understood. */
  ask(line: string, options?: Ask): Answer;
  /** The response's fields after the edits of the rule that takes the request. */
  respond(line: string, fields: FieldList, requestFields?: FieldList): FieldList;
  readonly statuses: Statuses;
  readonly snapshot: Snapshot;
  /** As they would be where no listener could be bound, with why. */
  statusesWith(fault: { readonly unbound: string }): Statuses;
}

let module: Promise<WebAssembly.Module> | undefined;

async function coreModule(): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(await Deno.readFile("build/core.wasm"));
}

/** Services `a`, `b` and `c` in `default` are there unless the documents define them. */
async function readObjects(documents: readonly string[], isValidated: boolean) {
  const given = documents.join("---\n");
  const missing = ["a", "b", "c"].filter((name) => !given.includes(`metadata: { name: ${name},`));
  const text = [CLASS, given, ...missing.map((name) => service(name))].join("---\n");
  const strict = await loadValidator();
  const validator: Validator = isValidated
    ? strict
    : { ...strict, validate: (value) => ({ ok: true, value: value as Record<string, unknown> }) };
  const { objects, problems } = readText("spec.yaml", text, validator);
  const joined = joinObjects([objects as PlacedObject[]]);
  return {
    objects: objectsOf(joined.objects),
    problems: [...problems, ...joined.problems].map(({ message }) => message),
  };
}

function shown(condition: Condition | undefined): string | undefined {
  return condition && `${condition.status} ${condition.reason}`;
}

function shortName(key: string): string {
  return key.replace(/^default\//, "").replace(/:80$/, "");
}

function isOn({ port, protocol }: PortBinding, wanted: number): boolean {
  return port === wanted && (protocol === "HTTP" || protocol === "HTTPS");
}

/** `default/` is understood in names. */
const keyOf = (name: string) => name.includes("/") ? name : `default/${name}`;

/** What objects come to that an API server would take. */
export function world(...documents: readonly string[]): Promise<World> {
  return makeWorld(documents, true);
}

/** What objects come to that no validation looked at: an older CRD may have let them in. */
export function unvalidated(...documents: readonly string[]): Promise<World> {
  return makeWorld(documents, false);
}

async function makeWorld(documents: readonly string[], isValidated: boolean): Promise<World> {
  const { objects, problems } = await readObjects(documents, isValidated);
  const { snapshot, statuses } = createTranslator({
    hostAddresses: () => [HOST_ADDRESS],
    checkRegex: regexFault,
    inspectPair,
  }).translate(objects);
  const ids = new IdRegistry();
  const core = GatewayCore.create(await (module ??= coreModule()));
  const tables = new TableCompiler(ids).compile(snapshot);
  for (const loaded of [core.loadRoutes(tables.routes!), core.loadEndpoints(tables.endpoints!)]) {
    if (!loaded.ok) throw new Error(loaded.reason);
  }
  const list = statuses({
    listeners: new Set(snapshot.listeners.map(({ id }) => id)),
    unbound: new Map(),
  });
  const parentsOf = (name: string) => {
    const found = list.find((one) => one.kind === "HTTPRoute" && one.key === keyOf(name));
    return found?.kind === "HTTPRoute" ? found.status.parents : [];
  };
  const listenerOf = (gatewayName: string, name: string) => {
    const found = list.find((one) => one.kind === "Gateway" && one.key === keyOf(gatewayName));
    return found?.kind === "Gateway"
      ? found.status.listeners.find((one) => one.name === name)
      : undefined;
  };
  const decide = (line: string, { fields = [], port = 80, draw = 0 }: Ask) => {
    const [method, url] = line.split(" ");
    const slash = url.indexOf("/");
    const binding = tables.listeners.find((one) => isOn(one, port));
    if (!binding) throw new Error(`nobody listens on port ${port}`);
    return core.decideRequest({
      portGroup: binding.portGroup,
      method,
      scheme: binding.protocol === "HTTPS" ? "https" : "http",
      authority: url.slice(0, slash),
      target: url.slice(slash),
      fields,
      keyLo: 0,
      keyHi: 0,
      rand32: Math.floor(draw * 2 ** 32),
    });
  };
  return {
    problems,
    snapshot,
    statuses: list,
    statusesWith: ({ unbound }) =>
      statuses({
        listeners: new Set(),
        unbound: new Map(snapshot.listeners.map(({ id }) => [id, unbound])),
      }),
    parents: parentsOf,
    condition: (name, type, parent = 0) =>
      shown(parentsOf(name)[parent]?.conditions.find((one) => one.type === type)),
    message: (name, type) =>
      parentsOf(name)[0]?.conditions.find((one) => one.type === type)?.message ?? "",
    listener: (gatewayName, name, type) =>
      shown(listenerOf(gatewayName, name)?.conditions.find((one) => one.type === type)),
    attachedRoutes: (gatewayName, name) => listenerOf(gatewayName, name)?.attachedRoutes ?? -1,
    gateway(name, type) {
      const found = list.find((one) => one.kind === "Gateway" && one.key === keyOf(name));
      const conditions = found?.kind === "Gateway" ? found.status.conditions : [];
      const condition = conditions.find((one) => one.type === type);
      return { shown: shown(condition), message: condition?.message };
    },
    ask(line, options = {}) {
      const decision = decide(line, options);
      if (decision.kind === "respond") {
        const location = decision.fields.find(([name]) => name === "location")?.[1] ?? "";
        const { status, fields } = decision;
        return { to: String(status), authority: "", target: "", fields, location };
      }
      core.releasePlan(decision.plan);
      const { authority, target, fields, serviceId } = decision;
      const name = shortName(ids.services.nameOf(serviceId) ?? "");
      return { to: name, authority, target, fields, location: "" };
    },
    respond(line, fields, requestFields = []) {
      const decision = decide(line, { fields: requestFields });
      if (decision.kind === "respond") throw new Error(`answered ${decision.status}`);
      const edited = core.decideResponse(decision.plan, 200, fields);
      core.releasePlan(decision.plan);
      return edited;
    },
  };
}

/** Where the requests go, in order. */
export function goesTo(made: World, ...lines: readonly string[]): string[] {
  return lines.map((line) => made.ask(line).to);
}

export const ACCEPTED = ConditionType.accepted;
export const RESOLVED = ConditionType.resolvedRefs;
export const PARTIAL = ConditionType.partiallyInvalid;
