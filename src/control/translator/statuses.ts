// The statuses that objects should have, as the translator words them: plain data, frozen, in
// canonical order. lastTransitionTime, other controllers' entries and writing are the writer's.

import type { Condition } from "../../gatewayapi/conditions.ts";

export interface GatewayClassStatus {
  readonly conditions: readonly Condition[];
  readonly supportedFeatures: readonly { readonly name: string }[];
}

export interface RouteGroupKind {
  readonly group: string;
  readonly kind: string;
}

export interface ListenerStatus {
  readonly name: string;
  readonly supportedKinds: readonly RouteGroupKind[];
  readonly attachedRoutes: number;
  readonly conditions: readonly Condition[];
}

export interface GatewayAddress {
  readonly type: "IPAddress";
  readonly value: string;
}

export interface GatewayStatus {
  readonly addresses: readonly GatewayAddress[];
  readonly conditions: readonly Condition[];
  readonly listeners: readonly ListenerStatus[];
  /** Accepted ListenerSets; absent where the Gateway allows none. */
  readonly attachedListenerSets?: number;
}

export interface ListenerSetStatus {
  readonly conditions: readonly Condition[];
  /** Empty where the set as a whole is not allowed. */
  readonly listeners: readonly ListenerStatus[];
}

/** A parentRef as the route states it. */
export interface ParentRef {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
  readonly sectionName?: string;
  readonly port?: number;
}

export interface RouteParentStatus {
  readonly parentRef: ParentRef;
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
}

/** Only the entries of our controllerName; empty where no parent is ours. */
export interface RouteStatus {
  readonly parents: readonly RouteParentStatus[];
}

interface StatusOf<K extends string, S> {
  readonly kind: K;
  /** `namespace/name`, or the bare name of a GatewayClass. */
  readonly key: string;
  /** metadata.generation of the object that this is about. */
  readonly generation: number;
  readonly status: S;
}

export type ObjectStatus =
  | StatusOf<"GatewayClass", GatewayClassStatus>
  | StatusOf<"Gateway", GatewayStatus>
  | StatusOf<"ListenerSet", ListenerSetStatus>
  | StatusOf<"HTTPRoute", RouteStatus>;

/** By kind (GatewayClass, Gateway, ListenerSet, HTTPRoute), then by key. An unchanged one keeps its identity. */
export type Statuses = readonly ObjectStatus[];

/** What the data plane says of the tables it was given: the translator's input for Programmed. */
export interface ProgrammedState {
  /** Ids of the listeners that every live worker serves. */
  readonly listeners: ReadonlySet<string>;
  /** Listener id -> why it cannot be bound, e.g. the port is in use. */
  readonly unbound: ReadonlyMap<string, string>;
  /** Why the latest snapshot as a whole was refused: nothing of it is programmed. */
  readonly refused?: string;
}
