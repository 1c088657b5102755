// Schemas of the built-in kinds that are read: Service, EndpointSlice, Namespace, Secret, ConfigMap
// and, for the observer, Pod (Kubernetes 1.36). Every field is named, so that a misspelt one is found; those that the
// gateway reads are typed and bounded, the others only by their type. Data only.

import { METADATA, type NameRule } from "./metadata.ts";
import { type KindSchema, node, type Schema } from "./schema.ts";

const text = node({ type: "string" });
const flag = node({ type: "boolean" });
const textMap = node({ type: "object", additionalProperties: text });
const byteMap = node({
  type: "object",
  additionalProperties: node({ type: "string", format: "byte" }),
});
const anything = node({ type: "object", preserveUnknownFields: true });
const port = node({ type: "integer", format: "int32", minimum: 1, maximum: 65535 });
const nodePort = node({ type: "integer", format: "int32", minimum: 0, maximum: 65535 });

function list(items: Schema, limits: { maxItems?: number; minItems?: number } = {}): Schema {
  return node({ type: "array", items, ...limits });
}

function choice(values: readonly string[], preset?: string): Schema {
  return node({ type: "string", enum: values, ...(preset && { default: preset }) });
}

function mapping(properties: Record<string, Schema>, required?: readonly string[]): Schema {
  return node({ type: "object", properties: new Map(Object.entries(properties)), required });
}

function root(properties: Record<string, Schema>, required?: readonly string[]): Schema {
  return mapping({ apiVersion: text, kind: text, metadata: METADATA, ...properties }, required);
}

const PROTOCOLS = ["TCP", "UDP", "SCTP"];
const ipFamily = choice(["IPv4", "IPv6"]);

const service = root({
  spec: mapping({
    ports: list(mapping({
      name: text,
      protocol: choice(PROTOCOLS, "TCP"),
      appProtocol: text,
      port,
      targetPort: node({ intOrString: true }),
      nodePort,
    }, ["port"])),
    selector: textMap,
    clusterIP: text,
    clusterIPs: list(text, { maxItems: 2 }),
    type: choice(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"], "ClusterIP"),
    externalIPs: list(text),
    sessionAffinity: choice(["ClientIP", "None"], "None"),
    sessionAffinityConfig: anything,
    loadBalancerIP: text,
    loadBalancerSourceRanges: list(text),
    loadBalancerClass: text,
    externalName: text,
    externalTrafficPolicy: choice(["Cluster", "Local"]),
    internalTrafficPolicy: choice(["Cluster", "Local"]),
    healthCheckNodePort: nodePort,
    publishNotReadyAddresses: flag,
    ipFamilies: list(ipFamily, { maxItems: 2 }),
    ipFamilyPolicy: choice(["SingleStack", "PreferDualStack", "RequireDualStack"]),
    allocateLoadBalancerNodePorts: flag,
    trafficDistribution: text,
  }),
  status: anything,
}, ["spec"]);

const endpointSlice = root({
  addressType: choice(["IPv4", "IPv6", "FQDN"]),
  endpoints: list(
    mapping({
      addresses: list(text, { minItems: 1, maxItems: 100 }),
      conditions: mapping({ ready: flag, serving: flag, terminating: flag }),
      hostname: text,
      nodeName: text,
      zone: text,
      targetRef: anything,
      hints: anything,
      deprecatedTopology: textMap,
    }, ["addresses"]),
    { maxItems: 1000 },
  ),
  ports: list(
    mapping({ name: text, protocol: choice(PROTOCOLS, "TCP"), port, appProtocol: text }),
    { maxItems: 20_000 },
  ),
}, ["addressType", "endpoints"]);

const namespace = root({ spec: mapping({ finalizers: list(text) }), status: anything });

const secret = root({ type: text, data: byteMap, stringData: textMap, immutable: flag });

const configMap = root({ data: textMap, binaryData: byteMap, immutable: flag });

/** Its spec is the kubelet's business: no more is looked at than whose an address is. */
const pod = root({ spec: anything, status: anything }, ["spec"]);

/** A built-in kind and what its names must look like. */
export interface CoreKind extends KindSchema {
  readonly nameRule: NameRule;
}

function namespaced(apiVersion: string, kind: string, plural: string, schema: Schema): CoreKind {
  const scope = "Namespaced";
  return { apiVersion, kind, plural, scope, deprecated: false, schema, nameRule: "subdomain" };
}

export const CORE_KINDS: readonly CoreKind[] = [
  { ...namespaced("v1", "Service", "services", service), nameRule: "label1035" },
  namespaced("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", endpointSlice),
  {
    ...namespaced("v1", "Namespace", "namespaces", namespace),
    scope: "Cluster",
    nameRule: "label",
  },
  namespaced("v1", "Secret", "secrets", secret),
  namespaced("v1", "ConfigMap", "configmaps", configMap),
  namespaced("v1", "Pod", "pods", pod),
];
