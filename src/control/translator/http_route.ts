// HTTPRoute: its rules, the listeners that it attaches to by each parentRef, and its status.
// Takes one route and look-ups that are written down; gives all that the snapshot and the status need.

import {
  type Condition,
  ConditionType,
  joinMessages,
  RouteReason as Reason,
  type RouteReasonName,
} from "../../gatewayapi/conditions.ts";
import { intersectAll } from "../../gatewayapi/hostname.ts";
import { GATEWAY_GROUP, type HTTPRoute, type Namespace } from "../../gatewayapi/kinds.ts";
import {
  createdAtMsOf,
  generationOf,
  keyOf,
  namespaceOf,
  resolveParentReference,
} from "../../gatewayapi/references.ts";
import { CONTROLLER_NAME } from "../../gatewayapi/supported_features.ts";
import type { AttachedRoute, HttpRoute } from "../../ir/snapshot.ts";
import { type GatewayView, listenersOfSet, ownListeners } from "./gateway.ts";
import type { BackendSources, RefFault } from "./http_backend.ts";
import type { CheckRegex } from "./http_match.ts";
import { canonicalAddress } from "./ip_address.ts";
import { readRule, type RuleFault, type RuleOutcome } from "./http_rule.ts";
import type { ListenerView } from "./listener.ts";
import type { Read, Source } from "./memo.ts";
import { withinBudget } from "./regex_budget.ts";
import { admitsNamespace } from "./namespace.ts";
import { NONE, type Pool } from "./share.ts";
import type { ObjectStatus, ParentRef, RouteParentStatus, RouteStatus } from "./statuses.ts";

export interface RouteSources extends BackendSources {
  readonly gateways: Source<GatewayView>;
  /** By the key of a ListenerSet: the Gateway that it names, where that is ours. */
  readonly gatewayOfSet: Source<GatewayView>;
  readonly namespaces: Source<Namespace>;
}

/** Routes by the thousand say the same of their parents and name the same Services. */
export interface RoutePools {
  readonly statuses: Pool<RouteStatus>;
  readonly services: Pool<readonly string[]>;
}

export interface Attachment {
  /** Id of the listener. */
  readonly listener: string;
  readonly attached: AttachedRoute;
}

export interface RouteResult {
  readonly attachments: readonly Attachment[];
  /** Keys of the Service ports that its rules name. */
  readonly services: readonly string[];
  readonly status: ObjectStatus;
}

interface RuleSummary {
  readonly route: HttpRoute;
  readonly services: readonly string[];
  readonly invalid: readonly RuleFault[];
  /** What PartiallyInvalid says of each invalid rule, counted from 0. */
  readonly dropped: readonly string[];
  readonly unresolved: readonly RefFault[];
  /** Every rule is invalid, or the route as a whole. */
  readonly hopeless: boolean;
}

function summarize(id: string, route: HTTPRoute, outcomes: readonly RuleOutcome[]): RuleSummary {
  // A list that grew holds room for 17 and more; one that is kept is copied once it is whole.
  const rules = outcomes.map((outcome) => outcome.rule).filter((rule) => rule !== undefined)
    .slice();
  const services = new Set<string>();
  for (const rule of rules) {
    for (const { target } of rule.backends) {
      if (target.kind === "service") services.add(target.service);
    }
  }
  const dropped = outcomes.flatMap(({ invalid, rule }, index) =>
    invalid === undefined ? [] : [
      `Dropped Rule ${index}: ${invalid.message}` +
      (rule === undefined ? "" : " (what it matches is answered 500)"),
    ]
  );
  return {
    route: { id, createdAtMs: createdAtMsOf(route), rules },
    services: [...services].sort(),
    invalid: outcomes.map((outcome) => outcome.invalid).filter((fault) => fault !== undefined),
    dropped,
    unresolved: outcomes.flatMap((outcome) => outcome.unresolved),
    hopeless: outcomes.length > 0 && dropped.length === outcomes.length,
  };
}

/** "IPs are not allowed", which no pattern of the CRD keeps out: the route as a whole is invalid. */
function withoutAddresses(route: HTTPRoute, summary: RuleSummary): RuleSummary {
  const hostnames = route.spec.hostnames ?? [];
  const index = hostnames.findIndex((hostname) => canonicalAddress(hostname) !== undefined);
  if (index < 0) return summary;
  const message = `spec.hostnames[${index}] ${hostnames[index]} is an IP address: use a name`;
  const fault = { reason: Reason.unsupportedValue, message };
  return { ...summary, invalid: [fault], hopeless: true };
}

type Attach =
  | { readonly kind: "attached"; readonly listeners: readonly [ListenerView, readonly string[]][] }
  | { readonly kind: "refused"; readonly reason: RouteReasonName; readonly message: string };

/** What a parentRef names: a Gateway with its own listeners, or a ListenerSet with its. */
interface Parent {
  /** `Gateway infra/web`. */
  readonly title: string;
  readonly listeners: readonly ListenerView[];
  /** Why it takes no route at all. */
  readonly refusal?: string;
}

/** Undefined: it is not there, or not ours. */
function findParent(
  ref: ParentRef,
  namespace: string,
  sources: RouteSources,
  read: Read,
): Parent | undefined {
  const target = resolveParentReference(ref, namespace);
  if (target.group !== GATEWAY_GROUP) return undefined;
  const key = keyOf(target.namespace, target.name);
  const title = `${target.kind} ${key}`;
  if (target.kind === "Gateway") {
    const gateway = read(sources.gateways, key);
    return gateway && { title, listeners: ownListeners(gateway) };
  }
  if (target.kind !== "ListenerSet") return undefined;
  const gateway = read(sources.gatewayOfSet, key);
  if (gateway === undefined) return undefined;
  const refusal = gateway.sets.find((set) => set.key === key)?.refusal?.message;
  return {
    title,
    listeners: listenersOfSet(gateway, key),
    ...(refusal === undefined ? {} : { refusal }),
  };
}

/**
 * The listeners of a parent that a parentRef selects, that admit the route, and with which it has a
 * hostname in common. "Listener or Route status does not impact successful attachment".
 */
function attach(
  route: HTTPRoute,
  parent: ParentRef,
  { title, listeners, refusal }: Parent,
  namespaceObject: () => Namespace | undefined,
): Attach {
  const refused = (reason: RouteReasonName, message: string): Attach => ({
    kind: "refused",
    reason,
    message,
  });
  if (refusal !== undefined) {
    return refused(Reason.noMatchingParent, `${title} is not attached: ${refusal}`);
  }
  const selected = listeners.filter((listener) =>
    (parent.sectionName === undefined || listener.name === parent.sectionName) &&
    (parent.port === undefined || listener.port === parent.port)
  );
  if (selected.length === 0) {
    const section = parent.sectionName === undefined ? "" : ` named ${parent.sectionName}`;
    const port = parent.port === undefined ? "" : ` on port ${parent.port}`;
    return refused(
      Reason.noMatchingParent,
      `${title} has no listener${section}${port}`,
    );
  }
  const namespace = namespaceOf(route);
  const allowed = selected.filter((listener) =>
    listener.supportedKinds.some((kind) => kind.kind === "HTTPRoute") &&
    admitsNamespace(listener.namespaces, listener.namespace, namespace, namespaceObject)
  );
  if (allowed.length === 0) {
    return refused(
      Reason.notAllowedByListeners,
      `allowedRoutes of ${title} (listeners ` +
        `${selected.map((listener) => listener.name).join(", ")}) does not admit HTTPRoutes of ` +
        `namespace ${namespace}`,
    );
  }
  const hostnames = route.spec.hostnames ?? [];
  const meeting = allowed.map((listener): [ListenerView, readonly string[]] => [
    listener,
    intersectAll(listener.hostname, hostnames),
  ]).filter(([, common]) => common.length > 0);
  if (meeting.length === 0) {
    return refused(
      Reason.noMatchingListenerHostname,
      `none of the hostnames ${hostnames.join(", ")} is served by a listener of ` +
        `${title} (${allowed.map((listener) => listener.hostname).join(", ")})`,
    );
  }
  return { kind: "attached", listeners: meeting };
}

type Verdict = Omit<Condition, "type" | "observedGeneration">;

function acceptedVerdict(attached: Attach, summary: RuleSummary): Verdict {
  if (attached.kind === "refused") {
    return { status: "False", reason: attached.reason, message: attached.message };
  }
  if (summary.hopeless) {
    return {
      status: "False",
      reason: summary.invalid[0].reason,
      message: joinMessages(summary.invalid.map((fault) => fault.message)),
    };
  }
  return { status: "True", reason: Reason.accepted, message: "the route is accepted" };
}

function parentConditions(
  attached: Attach,
  summary: RuleSummary,
  observedGeneration: number,
): Condition[] {
  const accepted = acceptedVerdict(attached, summary);
  const resolved: Verdict = summary.unresolved.length === 0
    ? { status: "True", reason: Reason.resolvedRefs, message: "all references are resolved" }
    : {
      status: "False",
      reason: summary.unresolved[0].reason,
      message: joinMessages(summary.unresolved.map((fault) => fault.message)),
    };
  const conditions: Condition[] = [
    { type: ConditionType.accepted, ...accepted, observedGeneration },
    { type: ConditionType.resolvedRefs, ...resolved, observedGeneration },
  ];
  // "This condition MUST NOT be set if a Route is fully valid, fully invalid, or not accepted."
  if (accepted.status === "True" && summary.invalid.length > 0) {
    conditions.push({
      type: ConditionType.partiallyInvalid,
      status: "True",
      reason: Reason.unsupportedValue,
      message: joinMessages(summary.dropped),
      observedGeneration,
    });
  }
  return conditions;
}

const REF_FIELDS = ["group", "kind", "namespace", "name", "sectionName", "port"] as const;

/** The fields of a parentRef as the route states them, and no others. */
function copyParentRef(ref: ParentRef): ParentRef {
  const given = REF_FIELDS.filter((field) => ref[field] !== undefined);
  return Object.fromEntries(given.map((field) => [field, ref[field]])) as unknown as ParentRef;
}

function distinctParents(route: HTTPRoute): ParentRef[] {
  const found = new Map<string, ParentRef>();
  for (const ref of route.spec.parentRefs ?? []) {
    const parent = copyParentRef(ref);
    const id = JSON.stringify(parent);
    if (!found.has(id)) found.set(id, parent);
  }
  return [...found.values()];
}

export interface RouteContext {
  readonly sources: RouteSources;
  readonly pools: RoutePools;
  readonly read: Read;
  readonly checkRegex: CheckRegex | undefined;
}

/** All that comes of one route. Parents that are not ours, or do not exist, get no entry. */
export function translateHttpRoute(
  route: HTTPRoute,
  id: string,
  { sources, pools, read, checkRegex }: RouteContext,
): RouteResult {
  const namespace = namespaceOf(route);
  const context = {
    routeNamespace: namespace,
    sources,
    read,
    checkRegex: withinBudget(checkRegex),
  };
  // The CRD's default: one rule that matches everything.
  const rules = route.spec.rules ?? [{}];
  const outcomes = rules.map((rule, index) => readRule(rule, index, context));
  const summary = withoutAddresses(route, summarize(id, route, outcomes));
  const hostnamesOf = new Map<string, Set<string>>();
  const parents: RouteParentStatus[] = [];
  for (const parent of distinctParents(route)) {
    const found = findParent(parent, namespace, sources, read);
    if (found === undefined) continue;
    const attached = attach(route, parent, found, () => read(sources.namespaces, namespace));
    parents.push({
      parentRef: parent,
      controllerName: CONTROLLER_NAME,
      conditions: parentConditions(attached, summary, generationOf(route)),
    });
    if (attached.kind === "refused" || summary.hopeless) continue;
    for (const [listener, hostnames] of attached.listeners) {
      const known = hostnamesOf.get(listener.id) ?? new Set<string>();
      for (const hostname of hostnames) known.add(hostname);
      hostnamesOf.set(listener.id, known);
    }
  }
  return {
    attachments: [...hostnamesOf].map(([listener, hostnames]) => ({
      listener,
      attached: { hostnames: [...hostnames].sort(), route: summary.route },
    })),
    services: hostnamesOf.size === 0 ? NONE : pools.services.get(summary.services),
    status: {
      kind: "HTTPRoute",
      key: id,
      generation: generationOf(route),
      status: pools.statuses.get({ parents }),
    },
  };
}
