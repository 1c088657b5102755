// Small objects for the control plane's tests: the fields that matter, the rest as usual.

import type { Kind, ServedObject } from "../../../src/gatewayapi/kinds.ts";
import { KINDS } from "../../../src/gatewayapi/kinds.ts";
import type { Change } from "../../../src/control/provider/provider.ts";
import { ObjectStore } from "../../../src/control/store/object_store.ts";
import type { Objects } from "../../../src/control/translator/objects.ts";

const GROUP = "gateway.networking.k8s.io/v1";

export function put(object: ServedObject): Change {
  const { name, namespace } = object.metadata as { name: string; namespace?: string };
  const key = namespace === undefined ? name : `${namespace}/${name}`;
  return { kind: object.kind, key, object } as Change;
}

export function gone(kind: Kind, key: string): Change {
  return { kind, key, object: undefined } as Change;
}

export function gatewayClass(name: string, parameters = false): ServedObject {
  return {
    apiVersion: GROUP,
    kind: "GatewayClass",
    metadata: { name },
    spec: {
      controllerName: "rauta.io/gateway-controller",
      ...(parameters ? { parametersRef: { group: "", kind: "ConfigMap", name: "p" } } : {}),
    },
  };
}

export interface ListenerShape {
  readonly name: string;
  readonly port: number;
  readonly protocol?: string;
  readonly hostname?: string;
  readonly from?: "All" | "Same" | "Selector";
  readonly certificate?: string;
}

export function gateway(
  name: string,
  listeners: readonly ListenerShape[],
  createdAt?: string,
): ServedObject {
  return {
    apiVersion: GROUP,
    kind: "Gateway",
    metadata: { name, namespace: "infra", ...(createdAt ? { creationTimestamp: createdAt } : {}) },
    spec: {
      gatewayClassName: "rauta",
      allowedListeners: {
        namespaces: { from: "Selector", selector: { matchLabels: { team: "a" } } },
      },
      listeners: listeners.map(({ name, port, protocol, hostname, from, certificate }) => ({
        name,
        port,
        protocol: protocol ?? "HTTP",
        ...(hostname === undefined ? {} : { hostname }),
        allowedRoutes: {
          namespaces: {
            from: from ?? "All",
            ...(from === "Selector" ? { selector: { matchLabels: { team: "a" } } } : {}),
          },
        },
        ...(certificate === undefined ? {} : { tls: { certificateRefs: [{ name: certificate }] } }),
      })),
    },
  } as ServedObject;
}

/** A set of a Gateway in `infra`. */
export function listenerSet(
  name: string,
  namespace: string,
  gatewayName: string,
  listeners: readonly ListenerShape[],
  createdAt?: string,
): ServedObject {
  const { spec } = gateway("any", listeners) as unknown as { spec: { listeners: object[] } };
  return {
    apiVersion: GROUP,
    kind: "ListenerSet",
    metadata: { name, namespace, ...(createdAt ? { creationTimestamp: createdAt } : {}) },
    spec: { parentRef: { name: gatewayName, namespace: "infra" }, listeners: spec.listeners },
  } as unknown as ServedObject;
}

export interface RouteShape {
  readonly namespace?: string;
  readonly gateways?: readonly string[];
  readonly sectionName?: string;
  readonly hostnames?: readonly string[];
  readonly path?: string;
  readonly pathType?: "Exact" | "PathPrefix" | "RegularExpression";
  readonly backends?: readonly { name: string; namespace?: string; port?: number }[];
  readonly filters?: readonly unknown[];
  readonly createdAt?: string;
}

export function route(name: string, shape: RouteShape = {}): ServedObject {
  return {
    apiVersion: GROUP,
    kind: "HTTPRoute",
    metadata: {
      name,
      namespace: shape.namespace ?? "apps",
      ...(shape.createdAt ? { creationTimestamp: shape.createdAt } : {}),
    },
    spec: {
      parentRefs: (shape.gateways ?? ["gw"]).map((name) => ({
        name,
        // A ListenerSet by its name, which begins so.
        ...(name.startsWith("set")
          ? { kind: "ListenerSet", namespace: "apps" }
          : { namespace: "infra" }),
        ...(shape.sectionName === undefined ? {} : { sectionName: shape.sectionName }),
      })),
      ...(shape.hostnames === undefined ? {} : { hostnames: [...shape.hostnames] }),
      rules: [{
        matches: [{ path: { type: shape.pathType ?? "PathPrefix", value: shape.path ?? "/" } }],
        ...(shape.filters === undefined ? {} : { filters: shape.filters }),
        backendRefs: (shape.backends ?? [{ name: "web", port: 80 }]).map((one) => ({ ...one })),
      }],
    },
  } as ServedObject;
}

export function service(name: string, namespace = "apps", appProtocol?: string): ServedObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { ports: [{ name: "http", port: 80, ...(appProtocol ? { appProtocol } : {}) }] },
  };
}

export function slice(
  name: string,
  service: string,
  addresses: readonly string[],
  namespace = "apps",
): ServedObject {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace, labels: { "kubernetes.io/service-name": service } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080 }],
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  };
}

export function namespace(name: string, labels: Record<string, string>): ServedObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
}

export function grant(
  name: string,
  namespace: string,
  from: { kind: string; namespace: string },
  to: { kind: string; name?: string },
): ServedObject {
  return {
    apiVersion: GROUP,
    kind: "ReferenceGrant",
    metadata: { name, namespace },
    spec: {
      from: [{ group: "gateway.networking.k8s.io", ...from }],
      to: [{ group: "", ...to }],
    },
  };
}

export function secret(name: string, namespace: string, text: string): ServedObject {
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace },
    stringData: {
      "tls.crt": `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
      "tls.key": "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n",
    },
  };
}

/** The tables that a store makes of these objects. */
export function tables(objects: readonly ServedObject[]): Objects {
  const store = new ObjectStore();
  store.change(objects.map(put));
  for (const { kind } of KINDS) store.listed(kind);
  return store.objects();
}
