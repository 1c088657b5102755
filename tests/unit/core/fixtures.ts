// Snapshots and cores for the tests of the core: short ways to say a route, a listener, a request.

import { TableCompiler } from "../../../src/core/compiler/table_compiler.ts";
import type { Decision, RequestInput } from "../../../src/core/decision.ts";
import { GatewayCore } from "../../../src/core/gateway_core.ts";
import { IdRegistry } from "../../../src/core/ids.ts";
import type {
  HttpMatch,
  HttpRoute,
  HttpRule,
  Listener,
  Service,
  Snapshot,
  ValueMatch,
} from "../../../src/ir/snapshot.ts";

let compiled: WebAssembly.Module | undefined;

export async function coreModule(): Promise<WebAssembly.Module> {
  compiled ??= await WebAssembly.compile(await Deno.readFile("build/core.wasm"));
  return compiled;
}

export async function newCore(maxMemoryBytes = 64 * 1024 * 1024): Promise<GatewayCore> {
  return GatewayCore.create(await coreModule(), { maxMemoryBytes });
}

export function exact(name: string, value: string): ValueMatch {
  return { kind: "exact", name, value };
}

/** `= /path` is an exact path, `/path` a prefix. */
export function match(path: string, more: Partial<Omit<HttpMatch, "path">> = {}): HttpMatch {
  const isExact = path.startsWith("= ");
  const pattern = isExact ? path.slice(2) : path;
  const value = isExact ? pattern : pattern.replace(/\/$/, "");
  return {
    path: { kind: isExact ? "exact" : "prefix", value, pattern },
    headers: [],
    queries: [],
    ...more,
  };
}

export function rule(
  matches: HttpMatch[],
  service: string,
  more: Partial<HttpRule> = {},
): HttpRule {
  return {
    name: "",
    matches,
    filters: {},
    backends: [{ weight: 1, target: { kind: "service", service }, filters: {} }],
    timeouts: {},
    ...more,
  };
}

export function route(id: string, rules: HttpRule[], createdAtMs = 0): HttpRoute {
  return { id, createdAtMs, rules };
}

export function listener(
  hostname: string,
  routes: { hostnames?: string[]; route: HttpRoute }[],
  more: Partial<Listener> = {},
): Listener {
  return {
    id: `ns/gw/${hostname || "any"}`,
    port: 80,
    addresses: [],
    protocol: "HTTP",
    hostname,
    routes: routes.map(({ hostnames, route }) => ({ hostnames: hostnames ?? [hostname], route })),
    ...more,
  };
}

export function service(key: string, addresses: string[]): Service {
  return {
    key,
    id: key.split(":")[0],
    port: 80,
    protocol: "http1",
    endpoints: addresses.map((text) => {
      const colon = text.lastIndexOf(":");
      const port = Number(text.slice(colon + 1));
      return { address: text.slice(0, colon), port, ready: true, terminating: false };
    }),
  };
}

/** Every service that the routes name, with one endpoint each, unless given. */
export function snapshot(listeners: Listener[], services: Service[] = []): Snapshot {
  const known = new Set(services.map(({ key }) => key));
  const all = [...services];
  for (const { routes } of listeners) {
    for (const { route } of routes) {
      for (const { target } of route.rules.flatMap((rule) => rule.backends)) {
        if (target.kind !== "service" || known.has(target.service)) continue;
        known.add(target.service);
        all.push(service(target.service, ["10.0.0.1:8080"]));
      }
    }
  }
  return { listeners, services: all };
}

export interface Bench {
  readonly core: GatewayCore;
  readonly ids: IdRegistry;
  readonly compiler: TableCompiler;
  load(snapshot: Snapshot): void;
  decide(input: Partial<RequestInput>): Decision;
  /** The service key a request goes to, or the reason of the answer. */
  goesTo(input: Partial<RequestInput>): string;
}

/** A core with a compiler; requests come in on port group 0 unless they say otherwise. */
export async function bench(first?: Snapshot): Promise<Bench> {
  const core = await newCore();
  const ids = new IdRegistry();
  const compiler = new TableCompiler(ids);
  const self: Bench = {
    core,
    ids,
    compiler,
    load(snapshot) {
      const tables = compiler.compile(snapshot);
      for (
        const result of [
          tables.routes && core.loadRoutes(tables.routes),
          tables.endpoints && core.loadEndpoints(tables.endpoints),
        ]
      ) if (result && !result.ok) throw new Error(result.reason);
    },
    decide(input) {
      return core.decideRequest({
        portGroup: 0,
        method: "GET",
        scheme: "http",
        authority: "shop.example.com",
        target: "/",
        fields: [],
        keyLo: 0,
        keyHi: 0,
        rand32: 0,
        ...input,
      });
    },
    goesTo(input) {
      const decision = self.decide(input);
      if (decision.kind === "respond") return decision.reason;
      core.releasePlan(decision.plan);
      return ids.services.nameOf(decision.serviceId)!;
    },
  };
  if (first) self.load(first);
  return self;
}
