// What both clients of clients.ts do: the kinds they watch and the changes they make.

import { residentBytesOf } from "../../tests/cluster/lab/process_table.ts";

export interface Resource {
  /** `` is the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

const GATEWAY_API = "gateway.networking.k8s.io";

export const RESOURCES: readonly Resource[] = [
  { group: GATEWAY_API, version: "v1", plural: "gatewayclasses" },
  { group: GATEWAY_API, version: "v1", plural: "gateways" },
  { group: GATEWAY_API, version: "v1", plural: "httproutes" },
  { group: GATEWAY_API, version: "v1", plural: "referencegrants" },
  { group: "", version: "v1", plural: "services" },
  { group: "", version: "v1", plural: "namespaces" },
  { group: "discovery.k8s.io", version: "v1", plural: "endpointslices" },
];

export const CHANGES = 500;
const AT_ONCE = 8;

/** MiB, as the kernel says. */
export function residentMb(): number {
  return residentBytesOf(Deno.pid) / 2 ** 20;
}

export interface Patch {
  readonly method: "PATCH";
  readonly path: string;
  readonly contentType: "application/merge-patch+json";
  readonly body: unknown;
}

/** Writes an annotation to 500 routes, eight at a time, with the client's own requests. */
export async function touchRoutes(
  send: (patch: Patch) => Promise<unknown>,
  namespace: string,
): Promise<void> {
  const collection = `/apis/${GATEWAY_API}/v1/namespaces/${namespace}/httproutes`;
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < CHANGES) {
      const index = next++;
      const annotations = { touched: crypto.randomUUID() };
      await send({
        method: "PATCH",
        path: `${collection}/r${index}`,
        contentType: "application/merge-patch+json",
        body: { metadata: { annotations } },
      });
    }
  }));
}
