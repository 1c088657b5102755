// A Pod without all that an observer does not read: a cluster has tens of thousands of them, and each
// comes with its volumes, environments and conditions.

import type { Pod } from "../../../gatewayapi/kinds.ts";
import type { ApiObject } from "./list_watch.ts";

/** Pods that have ended keep an address that may be another's by now: they are not asked for. */
export const LIVE_PODS = { fieldSelector: "status.phase!=Succeeded,status.phase!=Failed" } as const;

/** Shares nothing with the object that was parsed, so that all of it can be collected. */
export function reducePod(object: ApiObject): ApiObject {
  const { name, namespace, resourceVersion, labels } = object.metadata;
  const { spec, status } = object as ApiObject & Pick<Pod, "spec" | "status">;
  return {
    metadata: { name, namespace, resourceVersion, labels },
    spec: { nodeName: spec?.nodeName, hostNetwork: spec?.hostNetwork },
    status: { phase: status?.phase, podIP: status?.podIP, podIPs: status?.podIPs },
  } as ApiObject;
}
