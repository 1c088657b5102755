// EndpointSlices of one Service port: several slices, both address families, doubles, conditions.
// Takes slices in any order; gives endpoints in canonical order (address, then port), each once.

import type { EndpointSlice, SliceEndpoint } from "../../gatewayapi/kinds.ts";
import { namespaceOf } from "../../gatewayapi/references.ts";
import type { Endpoint } from "../../ir/snapshot.ts";
import { canonicalAddress } from "./ip_address.ts";

const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

/** `namespace/name` of the Service that a slice belongs to, or undefined. */
export function serviceOfSlice(slice: EndpointSlice): string | undefined {
  const name = slice.metadata?.labels?.[SERVICE_NAME_LABEL];
  return name === undefined || name === "" ? undefined : `${namespaceOf(slice)}/${name}`;
}

interface Found extends Endpoint {
  readonly serving: boolean;
}

/** discovery.k8s.io/v1: unknown `ready` means ready, unknown `serving` means as `ready` says. */
function readConditions(endpoint: SliceEndpoint) {
  const ready = endpoint.conditions?.ready ?? true;
  return {
    ready,
    serving: endpoint.conditions?.serving ?? ready,
    terminating: endpoint.conditions?.terminating ?? false,
  };
}

/** The same address in two slices (while an endpoint moves between them): the better word counts. */
function merge(a: Found | undefined, b: Found): Found {
  if (a === undefined) return b;
  return {
    ...b,
    ...a,
    ready: a.ready || b.ready,
    serving: a.serving || b.serving,
    terminating: a.terminating && b.terminating,
  };
}

function* endpointsOf(slice: EndpointSlice, portName: string): Generator<Found> {
  const family = slice.addressType ?? "IPv4";
  if (family !== "IPv4" && family !== "IPv6") return;
  const ports = (slice.ports ?? []).filter((port) =>
    (port.name ?? "") === portName && (port.protocol ?? "TCP") === "TCP"
  ).map((port) => port.port).filter((port) => typeof port === "number");
  for (const endpoint of slice.endpoints ?? []) {
    const { nodeName, zone } = endpoint;
    for (const text of endpoint.addresses ?? []) {
      const address = canonicalAddress(text);
      if (address === undefined || address.includes(":") !== (family === "IPv6")) continue;
      for (const port of ports) {
        yield {
          address,
          port,
          ...readConditions(endpoint),
          ...(nodeName === undefined ? {} : { nodeName }),
          ...(zone === undefined ? {} : { zone }),
        };
      }
    }
  }
}

function compareEndpoints(a: Endpoint, b: Endpoint): number {
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  return a.port - b.port;
}

/** `ready` is: ready, or, where no endpoint is, serving (as kube-proxy falls back). */
export function collectEndpoints(slices: readonly EndpointSlice[], portName: string): Endpoint[] {
  const found = new Map<string, Found>();
  for (const slice of slices) {
    for (const endpoint of endpointsOf(slice, portName)) {
      const key = `${endpoint.address} ${endpoint.port}`;
      found.set(key, merge(found.get(key), endpoint));
    }
  }
  const all = [...found.values()].sort(compareEndpoints);
  const anyReady = all.some((endpoint) => endpoint.ready);
  return all.map(({ serving, ...endpoint }) => ({
    ...endpoint,
    ready: anyReady ? endpoint.ready : serving,
  }));
}
