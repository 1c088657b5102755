// backendRefs of an HTTPRoute: to a Service port that may be reached, or to an invalid target that
// takes its share of requests and answers 500, with the reason that the status shows.

import { RouteReason as Reason, type RouteReasonName } from "../../gatewayapi/conditions.ts";
import {
  CORE_GROUP,
  GATEWAY_GROUP,
  type ReferenceGrant,
  type Service,
} from "../../gatewayapi/kinds.ts";
import { isReferenceGranted } from "../../gatewayapi/reference_grant.ts";
import { keyOf, resolveBackendReference } from "../../gatewayapi/references.ts";
import type { BackendTarget } from "../../ir/snapshot.ts";
import type { Read, Source } from "./memo.ts";
import { serviceKey, upstreamProtocol } from "./service.ts";
import { freezeDeep } from "./share.ts";

export interface RefFault {
  readonly reason: RouteReasonName;
  readonly message: string;
}

export interface BackendSources {
  readonly services: Source<Service>;
  readonly grants: Source<readonly ReferenceGrant[]>;
}

export interface BackendRef {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly port?: number;
}

/** A target with the fault that made it invalid, if any. */
export interface ResolvedBackend {
  readonly target: BackendTarget;
  readonly fault?: RefFault;
}

function invalid(reason: RouteReasonName, message: string): ResolvedBackend {
  return { target: { kind: "invalid", reason }, fault: { reason, message } };
}

/** What a Service says of its ports, the same for all who refer to them. */
const RESOLVED = new WeakMap<Service, Map<number, ResolvedBackend>>();

function resolveService(key: string, service: Service, port: number): ResolvedBackend {
  const known = RESOLVED.get(service) ?? new Map<number, ResolvedBackend>();
  RESOLVED.set(service, known);
  let resolved = known.get(port);
  if (!resolved) known.set(port, resolved = freezeDeep(resolvePort(key, service, port)));
  return resolved;
}

function resolvePort(key: string, service: Service, port: number): ResolvedBackend {
  if (service.spec?.type === "ExternalName") {
    return invalid(
      Reason.invalidKind,
      `Service ${key} is of type ExternalName, which is not supported`,
    );
  }
  const servicePort = (service.spec?.ports ?? []).find((entry) =>
    entry.port === port && (entry.protocol ?? "TCP") === "TCP"
  );
  if (servicePort === undefined) {
    return invalid(Reason.backendNotFound, `Service ${key} has no TCP port ${port}`);
  }
  if (upstreamProtocol(servicePort.appProtocol) === undefined) {
    return invalid(
      Reason.unsupportedProtocol,
      `Service ${key} port ${port}: appProtocol ${servicePort.appProtocol} is not supported`,
    );
  }
  return { target: { kind: "service", service: serviceKey(key, port) } };
}

/** HTTPBackendRef: "A BackendRef is invalid if ..." case by case, in the order of the reasons. */
export function resolveBackend(
  ref: BackendRef,
  routeNamespace: string,
  sources: BackendSources,
  read: Read,
): ResolvedBackend {
  const target = resolveBackendReference(ref, routeNamespace);
  const key = keyOf(target.namespace, target.name);
  if (target.group !== CORE_GROUP || target.kind !== "Service") {
    const kind = target.group === "" ? target.kind : `${target.group}/${target.kind}`;
    return invalid(
      Reason.invalidKind,
      `backendRef ${key}: kind ${kind} is not supported, use a Service`,
    );
  }
  if (target.namespace !== routeNamespace) {
    const from = { group: GATEWAY_GROUP, kind: "HTTPRoute", namespace: routeNamespace };
    const grants = read(sources.grants, target.namespace) ?? [];
    if (!isReferenceGranted(from, target, grants)) {
      return invalid(
        Reason.refNotPermitted,
        `backendRef to Service ${key} is not permitted: no ReferenceGrant in namespace ` +
          `${target.namespace} allows HTTPRoutes of ${routeNamespace}`,
      );
    }
  }
  if (ref.port === undefined) {
    return invalid(Reason.backendNotFound, `backendRef to Service ${key} names no port`);
  }
  const service = read(sources.services, key);
  if (service === undefined) {
    return invalid(Reason.backendNotFound, `Service ${key} does not exist`);
  }
  return resolveService(key, service, ref.port);
}
