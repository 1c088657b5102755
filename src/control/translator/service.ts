// Service ports: their key, the protocol spoken to them, and their endpoints from EndpointSlices.

import type { EndpointSlice, Service as ServiceObject } from "../../gatewayapi/kinds.ts";
import { supportsFeature } from "../../gatewayapi/supported_features.ts";
import type { Service } from "../../ir/snapshot.ts";
import { collectEndpoints } from "./endpoint_slice.ts";

/** `namespace/name:port`, as the IR names a Service port. */
export function serviceKey(objectKey: string, port: number): string {
  return `${objectKey}:${port}`;
}

/**
 * appProtocol to what is spoken: the standard names of KEP-3726 as far as they are supported, plain
 * HTTP by its IANA name or by none. Undefined: not supported, never sent in the clear by mistake.
 */
export function upstreamProtocol(appProtocol: string | undefined): Service["protocol"] | undefined {
  switch (appProtocol?.toLowerCase()) {
    case undefined:
    case "":
    case "http":
      return "http1";
    case "kubernetes.io/h2c":
      return supportsFeature("HTTPRouteBackendProtocolH2C") ? "h2c" : undefined;
    case "kubernetes.io/ws":
      return supportsFeature("HTTPRouteBackendProtocolWebSocket") ? "websocket" : undefined;
    default:
      return undefined;
  }
}

/** One port of a Service with its endpoints. The port exists and its protocol is supported. */
export function translateService(
  id: string,
  port: number,
  service: ServiceObject,
  slices: readonly EndpointSlice[],
): Service {
  const servicePort = service.spec!.ports!.find((entry) =>
    entry.port === port && (entry.protocol ?? "TCP") === "TCP"
  )!;
  return {
    key: serviceKey(id, port),
    id,
    port,
    protocol: upstreamProtocol(servicePort.appProtocol) ?? "http1",
    endpoints: collectEndpoints(slices, servicePort.name ?? ""),
  };
}
