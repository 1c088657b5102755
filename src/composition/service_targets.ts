// Services, EndpointSlices and Pods as what the observer's index knows: addresses and ports with the
// names that belong to them. Pure. Without Pods, one is known by its slice's targetRef.

import type { Change } from "../control/provider/provider.ts";
import type { EndpointSlice, Pod, Service } from "../gatewayapi/kinds.ts";
import type { Claim, ServiceIndex } from "../observe/services/service_index.ts";

const SERVICE_NAME_LABEL = "kubernetes.io/service-name";

/** IPv6 as RFC 5952 writes it, which is how addresses of packets are looked up. */
function canonical(address: string): string {
  const url = `http://[${address}]/`;
  return address.includes(":") && URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address;
}

function serviceTargets(namespace: string, name: string, service: Service): Claim[] {
  const { clusterIP, clusterIPs, ports } = service.spec ?? {};
  const addresses = clusterIPs ?? (clusterIP ? [clusterIP] : []);
  return addresses.filter((address) => address !== "None").flatMap((address) =>
    (ports ?? []).map(({ port }) => ({
      address: canonical(address),
      port,
      service: `${namespace}/${name}`,
      namespace,
      podName: null,
      nodeName: null,
      labels: service.metadata?.labels ?? {},
    }))
  );
}

function sliceTargets(namespace: string, slice: EndpointSlice): Claim[] {
  const { [SERVICE_NAME_LABEL]: name, ...labels } = slice.metadata?.labels ?? {};
  if (!name) return [];
  return (slice.endpoints ?? []).flatMap(({ addresses, nodeName, targetRef }) =>
    (addresses ?? []).flatMap((address) =>
      (slice.ports ?? []).map(({ port }) => ({
        address: canonical(address),
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

/** A Pod in its node's network has no address of its own, and one that has ended has none left. */
function podAddresses({ spec, status }: Pod): string[] {
  const hasEnded = status?.phase === "Succeeded" || status?.phase === "Failed";
  if (spec?.hostNetwork || hasEnded) return [];
  const addresses = status?.podIPs?.map(({ ip }) => ip) ?? [status?.podIP];
  return addresses.filter((address) => address !== undefined).map(canonical);
}

/** Brings changes of Services, EndpointSlices and Pods into the index; passes others over. */
export function indexChanges(index: ServiceIndex, changes: readonly Change[]): void {
  for (const { kind, key, object } of changes) {
    const owner = `${kind} ${key}`;
    const [namespace, name] = String(key).split("/");
    if (kind === "Service") {
      index.set(owner, object ? serviceTargets(namespace, name, object) : []);
    } else if (kind === "EndpointSlice") {
      index.set(owner, object ? sliceTargets(namespace, object) : []);
    } else if (kind === "Pod") {
      index.setPod(owner, object ? podAddresses(object) : [], {
        namespace,
        podName: name,
        nodeName: object?.spec?.nodeName ?? null,
        labels: object?.metadata?.labels ?? {},
      });
    }
  }
}
