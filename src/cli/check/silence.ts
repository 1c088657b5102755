// Objects that get no status, or none of RAUTA's, and what is to be said of them: a Gateway of nobody's,
// a route without a parent, endpoints that serve no one. Takes what was read; judges nothing else.

import type { PlacedObject } from "../../control/provider/file/object_set.ts";
import type { Reading } from "../../control/provider/file/read_all.ts";
import { serviceOfSlice } from "../../control/translator/endpoint_slice.ts";
import type { EndpointSlice, Gateway, HTTPRoute, ListenerSet } from "../../gatewayapi/kinds.ts";
import { keyOf, namespaceOf, resolveParentReference } from "../../gatewayapi/references.ts";
import { CONTROLLER_NAME } from "../../gatewayapi/supported_features.ts";
import type { Place } from "./advice.ts";

export interface Silence extends Place {
  readonly fix: string;
}

function ofGateway({ spec }: Gateway, { placed }: Reading): Silence {
  const name = spec.gatewayClassName;
  const message = placed.has(`GatewayClass ${name}`)
    ? `GatewayClass ${name} is not one that RAUTA serves (${CONTROLLER_NAME})`
    : `GatewayClass ${name} is not there: nobody serves this Gateway`;
  return { path: ["spec", "gatewayClassName"], message, fix: "" };
}

type ParentRef = Parameters<typeof resolveParentReference>[0];

/** Why a parent takes nothing. */
function ofParent(ref: ParentRef, namespace: string, { placed, problems }: Reading): string {
  const target = resolveParentReference(ref, namespace);
  const key = keyOf(target.namespace, target.name);
  const isRefused = problems.some(({ kind, name }) => kind === target.kind && name === key);
  const why = placed.has(`${target.kind} ${key}`)
    ? "is not served by RAUTA"
    : isRefused
    ? "has errors of its own"
    : "is not there";
  return `${target.kind} ${key} ${why}`;
}

function ofSet(set: ListenerSet, reading: Reading): Silence {
  const why = ofParent(set.spec.parentRef, namespaceOf(set), reading);
  return {
    path: ["spec", "parentRef"],
    message: `the set is attached to nothing: ${why}`,
    fix: "",
  };
}

function ofRoute(route: HTTPRoute, reading: Reading): Silence {
  const parents = (route.spec.parentRefs ?? []).map((ref) =>
    ofParent(ref, namespaceOf(route), reading)
  );
  const none = route.spec.useDefaultGateways === "All"
    ? "it asks for default Gateways, and no Gateway is one here"
    : "it names no parent";
  const why = parents.length === 0 ? none : parents.join(", ");
  const message = `the route is attached to nothing: ${why}`;
  return { path: ["spec", "parentRefs"], message, fix: "" };
}

function ofSlice(slice: EndpointSlice): Silence | undefined {
  if (serviceOfSlice(slice) === undefined) {
    const message = "the slice belongs to no Service";
    const fix = "add the label kubernetes.io/service-name: the Service's name";
    return { path: ["metadata", "labels"], message, fix };
  }
  if (slice.addressType !== "FQDN") return undefined;
  const message = "addresses of type FQDN are not served: these endpoints are left out";
  return { path: ["addressType"], message, fix: "write addresses of type IPv4 or IPv6" };
}

/** Why an object that was given no status has none; undefined where nothing is missing. */
export function silenceOf({ kind, object }: PlacedObject, reading: Reading): Silence | undefined {
  switch (kind) {
    case "Gateway":
      return ofGateway(object as Gateway, reading);
    case "ListenerSet":
      return ofSet(object as ListenerSet, reading);
    case "HTTPRoute":
      return ofRoute(object as HTTPRoute, reading);
    case "EndpointSlice":
      return ofSlice(object as EndpointSlice);
    default:
      return undefined;
  }
}
