// The kinds that RAUTA serves, typed, and the table of their groups and versions.
// Types only from the Gateway API's type package; the few core kinds are written down here with no
// more fields than are read. Nothing here looks at an object's content beyond its own identity.

import type { IGateway } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/Gateway";
import type { IGatewayClass } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/GatewayClass";
import type { IHTTPRoute } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute";
import type { IListenerSet } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/ListenerSet";
import type { IReferenceGrant } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/ReferenceGrant";

export const GATEWAY_GROUP = "gateway.networking.k8s.io";
export const CORE_GROUP = "";

/** The part of metadata that is read. */
export interface ObjectMeta {
  readonly name?: string;
  readonly namespace?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface CoreObject<K extends string> {
  readonly apiVersion: string;
  readonly kind: K;
  readonly metadata?: ObjectMeta;
}

export type GatewayClass = IGatewayClass;
export type Gateway = IGateway;
export type ListenerSet = IListenerSet;
export type HTTPRoute = IHTTPRoute;
export type ReferenceGrant = IReferenceGrant;
export type Namespace = CoreObject<"Namespace">;

export interface ServicePort {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
  readonly appProtocol?: string;
}

export interface Service extends CoreObject<"Service"> {
  readonly spec?: {
    readonly type?: string;
    readonly ports?: readonly ServicePort[];
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
  };
}

export interface EndpointConditions {
  readonly ready?: boolean | null;
  readonly serving?: boolean | null;
  readonly terminating?: boolean | null;
}

export interface SliceEndpoint {
  readonly addresses?: readonly string[];
  readonly conditions?: EndpointConditions;
  readonly nodeName?: string;
  readonly zone?: string;
  readonly targetRef?: { readonly kind?: string; readonly name?: string };
}

export interface SlicePort {
  readonly name?: string | null;
  readonly port?: number | null;
  readonly protocol?: string | null;
}

export interface EndpointSlice extends CoreObject<"EndpointSlice"> {
  readonly addressType?: string;
  readonly endpoints?: readonly SliceEndpoint[] | null;
  readonly ports?: readonly SlicePort[] | null;
}

/** `data` is base64, `stringData` plain (files only: an API server folds it into data). */
export interface Secret extends CoreObject<"Secret"> {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

/** What the observer reads of a Pod; the gateway reads none. */
export interface Pod extends CoreObject<"Pod"> {
  readonly spec?: { readonly nodeName?: string; readonly hostNetwork?: boolean };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip?: string }[];
  };
}

/** Every kind that is read, with the type of its objects. */
export interface ObjectOfKind {
  GatewayClass: GatewayClass;
  Gateway: Gateway;
  ListenerSet: ListenerSet;
  HTTPRoute: HTTPRoute;
  ReferenceGrant: ReferenceGrant;
  Service: Service;
  EndpointSlice: EndpointSlice;
  Namespace: Namespace;
  Secret: Secret;
  Pod: Pod;
}

export type Kind = keyof ObjectOfKind;
/** What the gateway is made of. */
export type GatewayKind = Exclude<Kind, "Pod">;
export type ServedObject = ObjectOfKind[Kind];

export interface KindInfo<K extends Kind = Kind> {
  readonly kind: K;
  readonly group: string;
  /** Accepted versions, the preferred one first; all of them have the fields that are read. */
  readonly versions: readonly string[];
  readonly plural: string;
  readonly namespaced: boolean;
}

/** The kinds that the gateway needs: nothing is served before each has been listed. */
export const KINDS: readonly KindInfo<GatewayKind>[] = [
  {
    kind: "GatewayClass",
    group: GATEWAY_GROUP,
    versions: ["v1", "v1beta1"],
    plural: "gatewayclasses",
    namespaced: false,
  },
  {
    kind: "Gateway",
    group: GATEWAY_GROUP,
    versions: ["v1", "v1beta1"],
    plural: "gateways",
    namespaced: true,
  },
  {
    kind: "ListenerSet",
    group: GATEWAY_GROUP,
    versions: ["v1"],
    plural: "listenersets",
    namespaced: true,
  },
  {
    kind: "HTTPRoute",
    group: GATEWAY_GROUP,
    versions: ["v1", "v1beta1"],
    plural: "httproutes",
    namespaced: true,
  },
  {
    kind: "ReferenceGrant",
    group: GATEWAY_GROUP,
    versions: ["v1", "v1beta1"],
    plural: "referencegrants",
    namespaced: true,
  },
  {
    kind: "Service",
    group: CORE_GROUP,
    versions: ["v1"],
    plural: "services",
    namespaced: true,
  },
  {
    kind: "EndpointSlice",
    group: "discovery.k8s.io",
    versions: ["v1"],
    plural: "endpointslices",
    namespaced: true,
  },
  {
    kind: "Namespace",
    group: CORE_GROUP,
    versions: ["v1"],
    plural: "namespaces",
    namespaced: false,
  },
  { kind: "Secret", group: CORE_GROUP, versions: ["v1"], plural: "secrets", namespaced: true },
];

const POD: KindInfo<"Pod"> = {
  kind: "Pod",
  group: CORE_GROUP,
  versions: ["v1"],
  plural: "pods",
  namespaced: true,
};

const KIND_BY_NAME: ReadonlyMap<string, KindInfo> = new Map(
  [...KINDS, POD].map((info) => [info.kind, info]),
);

/** The kinds that say to an observer whose an address is. */
export const OBSERVED_KINDS: readonly KindInfo[] = [
  ...KINDS.filter(({ kind }) => kind === "Service" || kind === "EndpointSlice"),
  POD,
];

/** What is known of a kind by its name alone. */
export function kindInfo(kind: Kind): KindInfo;
export function kindInfo(kind: string): KindInfo | undefined;
export function kindInfo(kind: string): KindInfo | undefined {
  return KIND_BY_NAME.get(kind);
}

/** The served kind that an object's `apiVersion` and `kind` name; undefined where none is. */
export function servedKind(apiVersion: string, kind: string): KindInfo | undefined {
  const info = KIND_BY_NAME.get(kind);
  if (info === undefined) return undefined;
  const versions = info.versions;
  const known = info.group === CORE_GROUP
    ? versions.includes(apiVersion)
    : versions.some((version) => apiVersion === `${info.group}/${version}`);
  return known ? info : undefined;
}
