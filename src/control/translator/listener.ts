// One listener of a Gateway: what of it is supported, what it refers to, and what keeps it from
// being served. Conflicts between listeners are found elsewhere, since they take more than one.

import { ListenerReason as Reason } from "../../gatewayapi/conditions.ts";
import { normalizeHostname } from "../../gatewayapi/hostname.ts";
import { type Gateway, GATEWAY_GROUP } from "../../gatewayapi/kinds.ts";
import type { LabelSelector } from "../../gatewayapi/label_selector.ts";
import type { ListenerTls } from "../../ir/snapshot.ts";
import {
  type CertificateLookups,
  type CertificateOwner,
  type ListenerFault,
  resolveCertificates,
} from "./certificates.ts";
import { canonicalAddress } from "./ip_address.ts";
import type { AllowedNamespaces } from "./namespace.ts";
import type { RouteGroupKind } from "./statuses.ts";

export type GatewayListener = Gateway["spec"]["listeners"][number];

/** A Gateway, or a ListenerSet that is attached to one. */
export interface ListenerOwner extends CertificateOwner {
  readonly name: string;
}

export interface ListenerView {
  /** `namespace/gateway/listener`, or `namespace/ListenerSet/set/listener`. */
  readonly id: string;
  /** Where the object is that states it: what `Same` means in allowedRoutes. */
  readonly namespace: string;
  /** Key of the ListenerSet that states it; absent: the Gateway itself does. */
  readonly set?: string;
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly hostname: string;
  readonly namespaces: AllowedNamespaces;
  readonly supportedKinds: readonly RouteGroupKind[];
  readonly tls?: ListenerTls;
  /** Accepted=False. */
  readonly notAccepted?: ListenerFault;
  /** Conflicted=True, and so not accepted either. */
  readonly conflict?: ListenerFault;
  /** ResolvedRefs=False. */
  readonly unresolved?: ListenerFault;
  /** OverlappingTLSConfig=True: names of the listeners whose hostnames overlap with this one's. */
  readonly overlaps?: readonly string[];
}

const HTTP_ROUTE: RouteGroupKind = { group: GATEWAY_GROUP, kind: "HTTPRoute" };

/** The protocols that are served, with the kinds of routes that fit them. */
const ROUTE_KINDS: Readonly<Record<string, readonly RouteGroupKind[]>> = {
  HTTP: [HTTP_ROUTE],
  HTTPS: [HTTP_ROUTE],
};

export function isSupportedProtocol(protocol: string): boolean {
  return Object.hasOwn(ROUTE_KINDS, protocol);
}

/** True where the listener goes into the snapshot. */
export function isServed(listener: ListenerView): boolean {
  return listener.notAccepted === undefined && listener.conflict === undefined &&
    listener.supportedKinds.length > 0 &&
    (listener.tls === undefined || listener.tls.certificates.length > 0);
}

/** "If kinds are specified in Spec that are not supported, they MUST NOT appear in this list". */
function supportedKinds(
  listener: GatewayListener,
): { kinds: RouteGroupKind[]; fault?: ListenerFault } {
  const fitting = ROUTE_KINDS[listener.protocol] ?? [];
  const asked = listener.allowedRoutes?.kinds ?? [];
  if (asked.length === 0) return { kinds: [...fitting] };
  const kinds = fitting.filter((known) =>
    asked.some((kind) => kind.kind === known.kind && (kind.group ?? GATEWAY_GROUP) === known.group)
  );
  const strange = asked.filter((kind) =>
    !fitting.some((known) =>
      known.kind === kind.kind && (kind.group ?? GATEWAY_GROUP) === known.group
    )
  );
  if (strange.length === 0) return { kinds };
  const names = strange.map((kind) => `${kind.group ?? GATEWAY_GROUP}/${kind.kind}`).join(", ");
  return {
    kinds,
    fault: {
      reason: Reason.invalidRouteKinds,
      message: `allowedRoutes.kinds names ${names}, which a listener of protocol ` +
        `${listener.protocol} does not support`,
    },
  };
}

/** A Gateway's mTLS settings apply to its HTTPS listeners: leaving them out would let anyone in. */
function asksForClientCertificates(gateway: Gateway, port: number): boolean {
  const frontend = gateway.spec.tls?.frontend;
  if (frontend === undefined) return false;
  const forPort = frontend.perPort?.find((entry) => entry.port === port);
  const settings = forPort === undefined ? frontend.default : forPort.tls;
  return settings?.validation !== undefined;
}

function findUnsupported(
  gateway: Gateway,
  listener: GatewayListener,
  lookups: CertificateLookups,
): ListenerFault | undefined {
  if (!isSupportedProtocol(listener.protocol)) {
    return {
      reason: Reason.unsupportedProtocol,
      message: `protocol ${listener.protocol} is not supported: use HTTP or HTTPS`,
    };
  }
  const refusal = lookups.refuseProtocol?.(listener.protocol);
  if (refusal !== undefined) return { reason: Reason.unsupportedProtocol, message: refusal };
  const unsupported = (message: string) => ({ reason: Reason.unsupportedValue, message });
  if (canonicalAddress(listener.hostname ?? "") !== undefined) {
    return unsupported(`hostname ${listener.hostname} is an IP address: use a name`);
  }
  const from = listener.allowedRoutes?.namespaces?.from ?? "Same";
  if (!["All", "Same", "Selector"].includes(from)) {
    return unsupported(
      `allowedRoutes.namespaces.from is ${from}: it must be All, Same or Selector`,
    );
  }
  if (listener.protocol !== "HTTPS") return undefined;
  if ((listener.tls?.mode ?? "Terminate") !== "Terminate") {
    return unsupported(`tls.mode ${listener.tls?.mode} does not go with HTTPS: use Terminate`);
  }
  const options = Object.keys(listener.tls?.options ?? {});
  if (options.length > 0) {
    return unsupported(`tls.options ${options.join(", ")} are not supported: remove them`);
  }
  if (asksForClientCertificates(gateway, listener.port)) {
    return unsupported("spec.tls.frontend validation of client certificates is not supported");
  }
  return undefined;
}

function copySelector(selector: LabelSelector | undefined): LabelSelector | undefined {
  return selector === undefined ? undefined : structuredClone(selector);
}

function idOf({ kind, namespace, name }: ListenerOwner, listener: string): string {
  return `${namespace}/${kind === "Gateway" ? "" : `${kind}/`}${name}/${listener}`;
}

/** What one listener comes to on its own. */
export function viewListener(
  gateway: Gateway,
  owner: ListenerOwner,
  listener: GatewayListener,
  lookups: CertificateLookups,
): ListenerView {
  const { kinds, fault: kindsFault } = supportedKinds(listener);
  const notAccepted = findUnsupported(gateway, listener, lookups);
  const { kind, namespace, name } = owner;
  const tls = listener.protocol === "HTTPS" && notAccepted === undefined
    ? resolveCertificates(listener.tls?.certificateRefs ?? [], { kind, namespace }, lookups)
    : undefined;
  const unresolved = tls?.fault ?? kindsFault;
  const selector = copySelector(listener.allowedRoutes?.namespaces?.selector);
  return {
    id: idOf(owner, listener.name),
    namespace,
    ...(kind === "ListenerSet" ? { set: `${namespace}/${name}` } : {}),
    name: listener.name,
    port: listener.port,
    protocol: listener.protocol,
    hostname: normalizeHostname(listener.hostname),
    namespaces: {
      from: listener.allowedRoutes?.namespaces?.from ?? "Same",
      ...(selector === undefined ? {} : { selector }),
    },
    supportedKinds: kinds,
    ...(tls === undefined ? {} : {
      tls: { mode: "Terminate" as const, certificates: tls.certificates },
    }),
    ...(notAccepted === undefined ? {} : { notAccepted }),
    ...(unresolved === undefined ? {} : { unresolved }),
  };
}
