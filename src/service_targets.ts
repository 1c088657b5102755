// Services and EndpointSlices as targets of the observer's index: addresses and ports with the names
// that belong to them. Pure; a Pod is known by the slice's targetRef.

import type { Change } from "./control/provider/provider.ts";
import type { EndpointSlice, Service } from "./gatewayapi/kinds.ts";
import type { ServiceIndex, Target } from "./observe/services/service_index.ts";

const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

function serviceTargets(namespace: string, name: string, service: Service): Target[] {
  const { clusterIP, clusterIPs, ports } = service.spec ?? {};
  const addresses = clusterIPs ?? (clusterIP ? [clusterIP] : []);
  return addresses.filter((address) => address !== "None").flatMap((address) =>
    (ports ?? []).map(({ port }) => ({
      address,
      port,
      service: `${namespace}/${name}`,
      namespace,
      podName: null,
      nodeName: null,
      labels: service.metadata?.labels ?? {},
    }))
  );
}

function sliceTargets(namespace: string, slice: EndpointSlice): Target[] {
  const { [SERVICE_NAME_LABEL]: name, ...labels } = slice.metadata?.labels ?? {};
  if (!name) return [];
  return (slice.endpoints ?? []).flatMap(({ addresses, nodeName, targetRef }) =>
    (addresses ?? []).flatMap((address) =>
      (slice.ports ?? []).map(({ port }) => ({
        address,
        port: port ?? 0,
        service: `${namespace}/${name}`,
        namespace,
        podName: targetRef?.kind === "Pod" ? targetRef.name ?? null : null,
        nodeName: nodeName ?? null,
        labels,
      }))
    )
  );
}

/** Brings changes of Services and EndpointSlices into the index; passes others over. */
export function indexChanges(index: ServiceIndex, changes: readonly Change[]): void {
  for (const { kind, key, object } of changes) {
    const owner = `${kind} ${key}`;
    const [namespace, name] = String(key).split("/");
    if (kind === "Service") {
      index.set(owner, object ? serviceTargets(namespace, name, object) : []);
    } else if (kind === "EndpointSlice") {
      index.set(owner, object ? sliceTargets(namespace, object) : []);
    }
  }
}
