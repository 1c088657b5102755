// The tables that the core's benches run over: many hosts, many paths, many header or query matches.
// Routes as they are in clusters: one rule, one match, one Service each, a filter here and there.

import type { HttpRoute, Listener, Service, Snapshot } from "../../src/ir/snapshot.ts";

export type Shape = "hosts" | "paths" | "headers" | "queries";
export const SHAPES: readonly Shape[] = ["hosts", "paths", "headers", "queries"];

const SERVICES = 200;

export interface BenchRequest {
  readonly authority: string;
  readonly path: string;
  readonly query: string;
  readonly fields: readonly [string, string][];
}

/**
 * Of one width, so that names are as long in a small table as in a large one. With names that grow with
 * the number, the ratio over hosts measures their lengths too and came out 0.1 to 0.2 higher.
 */
function number(i: number, width: number): string {
  return String(i).padStart(width, "0");
}

function hostOf(i: number): string {
  return `app-${number(i, 4)}.team-${number(i % 97, 2)}.example.com`;
}

function pathOf(i: number): string {
  return `/api/v${i % 3}/team-${number(i % 97, 2)}/service-${number(i, 4)}`;
}

function tenantOf(i: number): string {
  return `tenant-${number(i, 4)}`;
}

/** Route number `i` of a shape; `version` changes its content. */
export function routeOf(shape: Shape, i: number, version = 0): HttpRoute {
  const path = shape === "paths" ? pathOf(i) : "";
  const value = { kind: "exact", name: "x-tenant", value: tenantOf(i) } as const;
  return {
    id: `team-${i % 97}/route-${i}`,
    createdAtMs: 1_700_000_000_000 + (i * 7919) % 100_000,
    rules: [{
      name: "",
      matches: [{
        path: { kind: "prefix", value: path, pattern: path || "/" },
        headers: shape === "headers" ? [value] : [],
        queries: shape === "queries" ? [{ ...value, name: "tenant" }] : [],
      }],
      filters: {},
      backends: [{
        weight: 1 + version,
        target: { kind: "service", service: `team/service-${i % SERVICES}:8080` },
        filters: {},
      }],
      timeouts: {},
    }],
  };
}

export function hostnamesOf(shape: Shape, i: number): string[] {
  return shape === "hosts" ? [hostOf(i)] : ["shop.example.com"];
}

const services: Service[] = Array.from({ length: SERVICES }, (_, i) => ({
  key: `team/service-${i}:8080`,
  id: `team/service-${i}`,
  port: 8080,
  protocol: "http1",
  endpoints: [{ address: `10.1.${i}.1`, port: 8080, ready: true, terminating: false }],
}));

export function snapshotOf(listener: Listener): Snapshot {
  return { listeners: [listener], services };
}

export function listenerOf(shape: Shape, count: number): Listener {
  return {
    id: "infra/gateway/http",
    port: 80,
    addresses: [],
    protocol: "HTTP",
    hostname: "",
    routes: Array.from({ length: count }, (_, i) => ({
      hostnames: hostnamesOf(shape, i),
      route: routeOf(shape, i),
    })),
  };
}

/** A request that hits route `i`, with the fields a browser sends. */
export function requestOf(shape: Shape, i: number): BenchRequest {
  const fields: [string, string][] = [
    ["Host", shape === "hosts" ? hostOf(i) : "shop.example.com"],
    ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"],
    ["Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
    ["Accept-Language", "en-US,en;q=0.5"],
    ["Accept-Encoding", "gzip, deflate, br"],
    ["Cookie", "session=0123456789abcdef0123456789abcdef"],
    ["X-Tenant", tenantOf(i)],
    ["Connection", "keep-alive"],
  ];
  return {
    authority: shape === "hosts" ? hostOf(i) : "shop.example.com",
    path: shape === "paths" ? `${pathOf(i)}/items/42` : "/items/42",
    query: shape === "queries" ? `page=2&tenant=${tenantOf(i)}&sort=asc` : "page=2",
    fields,
  };
}
