// The translator: all objects in, {snapshot, statuses} out. Pure over plain data: no Deno API, no
// clock, inputs untouched, the same output for the same objects whatever the order of their arrival
// and whatever was translated before. Between calls it only remembers, to keep what did not change.

import type { EndpointSlice, Gateway, GatewayClass, HTTPRoute } from "../../gatewayapi/kinds.ts";
import type { ListenerSet, Namespace, ReferenceGrant, Secret } from "../../gatewayapi/kinds.ts";
import type { Service as ServiceObject } from "../../gatewayapi/kinds.ts";
import { generationOf, namespaceOf } from "../../gatewayapi/references.ts";
import { GATEWAY_API_VERSION } from "../../gatewayapi/supported_features.ts";
import type { Certificate, Listener, Service, Snapshot } from "../../ir/snapshot.ts";
import type { InspectPair } from "./certificates.ts";
import { serviceOfSlice } from "./endpoint_slice.ts";
import { type GatewayView, servedListeners, statedAtMs, viewGateway } from "./gateway.ts";
import { gatewayStatus, type Moment } from "./gateway_status.ts";
import { gatewayClassStatus, isClassAccepted, isOurClass } from "./gateway_class.ts";
import { type RouteResult, translateHttpRoute } from "./http_route.ts";
import { findTaken, type PortClaim } from "./listener_conflicts.ts";
import { gatewayOfSet } from "./listener_set.ts";
import { isAttached, listenerSetStatus } from "./listener_set_status.ts";
import { Grouping, Memo, type Read, sortedKeys, Source } from "./memo.ts";
import type { Objects } from "./objects.ts";
import { RouteTable } from "./route_table.ts";
import { translateService } from "./service.ts";
import { freezeDeep, NONE, Pool, share, shareList } from "./share.ts";
import { SortedTable } from "./sorted_table.ts";
import type { ObjectStatus, ProgrammedState, RouteStatus, Statuses } from "./statuses.ts";

/** A Gateway that addresses are assigned to, and those that it states. */
export interface AddressClaim {
  readonly key: string;
  readonly createdAtMs: number;
  readonly stated: readonly string[];
}

export interface Assignment {
  /** Empty: there are none left, or none of those stated can be had. */
  readonly addresses: readonly string[];
  /** Why stated addresses can't be had, naming them. */
  readonly unusable?: string;
}

/** By Gateway key. */
export type Assignments = ReadonlyMap<string, Assignment>;

export interface TranslatorOptions {
  /** Serve this class alone; undefined: every class whose controllerName is ours. */
  readonly gatewayClass?: string;
  /** Shown in the status of Gateways that ask for no address of their own. */
  readonly hostAddresses?: () => readonly string[];
  /** What the CRDs state, `` for none; undefined: not read yet. Absent: files, which need no CRDs. */
  readonly crdVersions?: () => readonly string[] | undefined;
  /** Gives every Gateway addresses of its own; absent: those that state none share the host's. */
  readonly assignAddresses?: (claims: readonly AddressClaim[]) => Assignments;
  /** Why listeners of a protocol are not served by this process, or undefined. */
  refuseProtocol?(protocol: string): string | undefined;
  /** What a certificate and its key are worth. Pure; needs cryptography. */
  readonly inspectPair?: InspectPair;
  /** What is wrong with a regular expression, or undefined; absent: all are refused. Pure. */
  checkRegex?(pattern: string): string | undefined;
}

export interface Translation {
  readonly snapshot: Snapshot;
  /**
   * The statuses, given what the data plane says it serves. `nowMs`, milliseconds since the epoch:
   * certificates are held against it; absent: no certificate is out of date.
   */
  statuses(programmed: ProgrammedState, nowMs?: number): Statuses;
}

/** By Secret, `namespace/name`: pairs that were served, for Secrets whose content has gone bad. */
export type KeptCertificates = ReadonlyMap<string, Certificate>;

export interface Translator {
  /** `kept`: what `keptCertificates` made of the snapshot before. */
  translate(objects: Objects, kept?: KeptCertificates): Translation;
}

const NONE_KEPT: KeptCertificates = new Map();

/** The pairs that a snapshot serves; `before` itself where they are the same. */
export function keptCertificates(snapshot: Snapshot, before: KeptCertificates): KeptCertificates {
  const next = new Map<string, Certificate>();
  for (const { tls } of snapshot.listeners) {
    for (const certificate of tls?.certificates ?? []) next.set(certificate.id, certificate);
  }
  const same = next.size === before.size &&
    [...next].every(([id, certificate]) => before.get(id) === certificate);
  return same ? before : next;
}

/** What one listener of the snapshot is made of, besides its routes. */
type ListenerBase = Omit<Listener, "routes">;

/** What the statuses are made of, besides the objects. */
interface StatusParts {
  /** Listener id -> routes attached. */
  readonly counts: ReadonlyMap<string, number>;
  readonly routeStatuses: SortedTable<ObjectStatus>;
  readonly moment: Moment;
}

interface StatusList {
  /** Those of classes and Gateways. */
  readonly others: readonly ObjectStatus[];
  readonly routes: SortedTable<ObjectStatus>;
  readonly all: Statuses;
}

class MemoizingTranslator implements Translator {
  readonly #options: TranslatorOptions;
  readonly #sources = {
    gateways: new Source<GatewayView>(),
    gatewayOfSet: new Source<GatewayView>(),
    sets: new Source<readonly ListenerSet[]>(),
    namespaces: new Source<Namespace>(),
    services: new Source<ServiceObject>(),
    grants: new Source<readonly ReferenceGrant[]>(),
    secrets: new Source<Secret>(),
    kept: new Source<Certificate>(),
    slices: new Source<readonly EndpointSlice[]>(),
  };
  readonly #grantsByNamespace = new Grouping<ReferenceGrant>();
  readonly #setsByGateway = new Grouping<ListenerSet>();
  readonly #slicesByService = new Grouping<EndpointSlice>();
  readonly #gatewayMemo = new Memo<Gateway, GatewayView>();
  readonly #assignedMemo = new Memo<GatewayView, GatewayView>();
  readonly #takenMemo = new Memo<GatewayView, GatewayView>();
  readonly #routeMemo = new Memo<HTTPRoute, RouteResult>();
  readonly #serviceMemo = new Memo<ServiceObject, Service>();
  readonly #listeners = new Map<string, Listener>();
  readonly #statuses = new Map<string, ObjectStatus>();
  #gateways: ReadonlyMap<string, GatewayView> = new Map();
  #gatewayOfSet: ReadonlyMap<string, GatewayView> = new Map();
  #snapshot: Snapshot | undefined;
  #statusList: StatusList = { others: [], routes: SortedTable.empty(), all: [] };
  readonly #pools = { statuses: new Pool<RouteStatus>(), services: new Pool<readonly string[]>() };
  readonly #routes = new RouteTable();
  #routeObjects = SortedTable.empty<HTTPRoute>();
  #routesCheckedAt = -1;
  #served: ReadonlySet<string> = new Set();
  #gatewayEpoch = 0;
  #routeEpoch = 0;
  /** Of the Services and their EndpointSlices. */
  #serviceEpoch = 0;
  #servicesListed: { readonly keys: readonly string[]; readonly epoch: number } = {
    keys: NONE,
    epoch: -1,
  };

  constructor(options: TranslatorOptions) {
    this.#options = options;
  }

  translate(objects: Objects, kept: KeptCertificates = NONE_KEPT): Translation {
    this.#updateSources(objects, kept);
    const gateways = this.#viewGateways(objects);
    this.#routes.update(this.#translateRoutes(objects.HTTPRoute), this.#servedIds(gateways));
    const listeners = this.#listListeners(gateways);
    const services = this.#listServices(objects);
    const before = this.#snapshot;
    this.#snapshot = before?.listeners === listeners && before.services === services
      ? before
      : Object.freeze({ listeners, services });
    const counts = new Map([...this.#routes.attached].map(([id, { size }]) => [id, size]));
    const routeStatuses = this.#routes.statuses;
    return {
      snapshot: this.#snapshot,
      statuses: (programmed, nowMs) =>
        this.#listStatuses(objects, gateways, {
          counts,
          routeStatuses,
          moment: { programmed, nowMs },
        }),
    };
  }

  #updateSources(objects: Objects, kept: KeptCertificates): void {
    const sources = this.#sources;
    const grants = this.#grantsByNamespace.update(objects.ReferenceGrant, namespaceOf);
    const slices = this.#slicesByService.update(objects.EndpointSlice, serviceOfSlice);
    const grantsChanged = sources.grants.replace(grants);
    const keptChanged = sources.kept.replace(kept);
    const namespacesChanged = sources.namespaces.replace(objects.Namespace);
    const sets = this.#setsByGateway.update(objects.ListenerSet, gatewayOfSet);
    const setsChanged = sources.sets.replace(sets);
    const secretsChanged = sources.secrets.replace(objects.Secret);
    if (secretsChanged || grantsChanged || keptChanged || setsChanged || namespacesChanged) {
      this.#gatewayEpoch++;
    }
    const servicesChanged = sources.services.replace(objects.Service);
    if (sources.slices.replace(slices) || servicesChanged) this.#serviceEpoch++;
    if (grantsChanged || namespacesChanged || servicesChanged) this.#routeEpoch++;
  }

  #ourClasses(classes: ReadonlyMap<string, GatewayClass>): GatewayClass[] {
    return sortedKeys(classes).map((key) => classes.get(key)!).filter((gatewayClass) =>
      isOurClass(gatewayClass, this.#options.gatewayClass)
    );
  }

  /** The Gateways of accepted classes of ours, by key, what older ones hold taken into account. */
  #viewGateways(objects: Objects): ReadonlyMap<string, GatewayView> {
    const served = new Set(
      this.#ourClasses(objects.GatewayClass).filter(isClassAccepted).map((one) =>
        one.metadata?.name ?? ""
      ),
    );
    const views: GatewayView[] = [];
    for (const key of sortedKeys(objects.Gateway)) {
      const gateway = objects.Gateway.get(key)!;
      if (!served.has(gateway.spec.gatewayClassName)) continue;
      views.push(this.#gatewayMemo.get(key, gateway, this.#gatewayEpoch, (read) => {
        const sets = read(this.#sources.sets, key) ?? [];
        const namespace = (name: string) => read(this.#sources.namespaces, name);
        return viewGateway(gateway, key, { ...this.#certificateLookups(read), sets, namespace });
      }));
    }
    const next = this.#settlePorts(this.#assignAddresses(views));
    const before = this.#gateways;
    const same = before.size === next.size &&
      [...next].every(([key, view]) => before.get(key) === view);
    if (!same) {
      this.#gateways = next;
      this.#gatewayOfSet = new Map(
        [...next.values()].flatMap((view) => view.sets.map(({ key }) => [key, view] as const)),
      );
    }
    this.#sources.gatewayOfSet.replace(this.#gatewayOfSet);
    if (this.#sources.gateways.replace(this.#gateways)) this.#routeEpoch++;
    this.#gatewayMemo.retain(objects.Gateway);
    this.#assignedMemo.retain(this.#gateways);
    this.#takenMemo.retain(this.#gateways);
    return this.#gateways;
  }

  #certificateLookups(read: Read) {
    return {
      secret: (key: string) => read(this.#sources.secrets, key),
      grants: (namespace: string) => read(this.#sources.grants, namespace) ?? [],
      kept: (key: string) => read(this.#sources.kept, key),
      inspectPair: this.#options.inspectPair,
      refuseProtocol: this.#options.refuseProtocol,
    };
  }

  /** A Gateway that isn't accepted needs no address. */
  #assignAddresses(views: readonly GatewayView[]): readonly GatewayView[] {
    const claims = views.filter((view) => view.fault === undefined)
      .map(({ key, createdAtMs, addresses }) => ({ key, createdAtMs, stated: addresses }));
    const assigned = this.#options.assignAddresses?.(claims);
    if (assigned === undefined) return views;
    return views.map((view) => {
      const assignment = assigned.get(view.key);
      if (assignment === undefined) return view;
      const { addresses, unusable } = assignment;
      if (view.addresses.length > 0 && unusable === undefined) return view;
      const variant = JSON.stringify(assignment);
      return this.#assignedMemo.get(view.key, view, 0, () => ({
        ...view,
        addresses,
        ...(unusable === undefined ? { hasNoAddress: addresses.length === 0 } : { unusable }),
      }), variant);
    });
  }

  /**
   * Ports go to Gateways and ListenerSets by age, then by the Gateway's name; who comes later is refused
   * what is held. A new set of an old Gateway so takes nothing from another Gateway.
   */
  #settlePorts(views: readonly GatewayView[]): Map<string, GatewayView> {
    const wanted = views.flatMap((view) =>
      servedListeners(view).map((listener) => ({
        createdAtMs: statedAtMs(view, listener),
        claim: { gateway: view.key, addresses: view.addresses, listener },
      }))
    ).sort((a, b) => a.createdAtMs - b.createdAtMs);
    const claims: PortClaim[] = [];
    const taken = new Map<string, Map<string, ReturnType<typeof findTaken>>>();
    for (const { claim } of wanted) {
      const fault = findTaken(claim, claims);
      if (fault === undefined) claims.push(claim);
      else {
        const { gateway, listener } = claim;
        taken.set(gateway, (taken.get(gateway) ?? new Map()).set(listener.id, fault));
      }
    }
    return new Map(views.map((view) => {
      const faults = taken.get(view.key);
      return [view.key, faults === undefined ? view : this.#refuse(view, faults)];
    }));
  }

  #refuse(view: GatewayView, taken: ReadonlyMap<string, ReturnType<typeof findTaken>>) {
    const variant = JSON.stringify([...taken]);
    return this.#takenMemo.get(view.key, view, 0, () => ({
      ...view,
      listeners: view.listeners.map((listener) => {
        const notAccepted = taken.get(listener.id);
        return notAccepted === undefined ? listener : { ...listener, notAccepted };
      }),
    }), variant);
  }

  #servedIds(gateways: ReadonlyMap<string, GatewayView>): ReadonlySet<string> {
    const served = new Set([...gateways.values()].flatMap(servedListeners).map(({ id }) => id));
    const before = this.#served;
    const same = served.size === before.size && [...served].every((id) => before.has(id));
    if (!same) this.#served = served;
    return this.#served;
  }

  /** Looks at every route only where something that routes look up has changed. */
  #translateRoutes(objects: ReadonlyMap<string, HTTPRoute>): SortedTable<RouteResult> {
    const table = SortedTable.of(objects);
    const isFresh = this.#routesCheckedAt !== this.#routeEpoch;
    const changed = table.since(this.#routeObjects);
    const results = new Map<string, RouteResult | undefined>();
    for (const [key, route] of changed) {
      results.set(key, route && this.#translateRoute(key, route));
    }
    if (isFresh) {
      for (const [key, route] of table) results.set(key, this.#translateRoute(key, route));
    }
    this.#routeObjects = table;
    this.#routesCheckedAt = this.#routeEpoch;
    this.#routeMemo.retain(table);
    return this.#routes.results.with(results);
  }

  #translateRoute(key: string, route: HTTPRoute): RouteResult {
    return this.#routeMemo.get(key, route, this.#routeEpoch, (read) => {
      const { checkRegex } = this.#options;
      const context = { sources: this.#sources, pools: this.#pools, read, checkRegex };
      return translateHttpRoute(route, key, context);
    });
  }

  #listListeners(gateways: ReadonlyMap<string, GatewayView>): readonly Listener[] {
    const next: Listener[] = [];
    for (const gateway of gateways.values()) {
      for (const listener of servedListeners(gateway)) {
        const base: ListenerBase = {
          id: listener.id,
          port: listener.port,
          addresses: gateway.addresses,
          protocol: listener.protocol as Listener["protocol"],
          hostname: listener.hostname,
          ...(listener.tls === undefined ? {} : { tls: listener.tls }),
        };
        next.push(this.#keepListener(base));
      }
    }
    next.sort((a, b) => a.id < b.id ? -1 : 1);
    const live = new Set(next.map((listener) => listener.id));
    for (const id of this.#listeners.keys()) if (!live.has(id)) this.#listeners.delete(id);
    return shareList(this.#snapshot?.listeners, next);
  }

  #keepListener(base: ListenerBase): Listener {
    const before = this.#listeners.get(base.id);
    const routes = this.#routes.attached.get(base.id)?.list() ?? NONE;
    if (before !== undefined && before.routes === routes) {
      const { routes: _, ...baseBefore } = before;
      if (share(baseBefore, base) === baseBefore) return before;
    }
    const listener = Object.freeze({ ...freezeDeep(base), routes });
    this.#listeners.set(base.id, listener);
    return listener;
  }

  #listServices(objects: Objects): readonly Service[] {
    const keys = this.#routes.services;
    if (keys === this.#servicesListed.keys && this.#servicesListed.epoch === this.#serviceEpoch) {
      return this.#snapshot?.services ?? NONE;
    }
    this.#servicesListed = { keys, epoch: this.#serviceEpoch };
    const next = keys.map((key) => {
      const colon = key.lastIndexOf(":");
      const id = key.slice(0, colon);
      const port = Number(key.slice(colon + 1));
      const object = objects.Service.get(id)!;
      return this.#serviceMemo.get(key, object, this.#serviceEpoch, (read) => {
        return translateService(id, port, object, read(this.#sources.slices, id) ?? []);
      });
    });
    this.#serviceMemo.retain(new Set(keys));
    return shareList(this.#snapshot?.services, next);
  }

  #listStatuses(
    objects: Objects,
    gateways: ReadonlyMap<string, GatewayView>,
    { counts, routeStatuses, moment }: StatusParts,
  ): Statuses {
    const next: ObjectStatus[] = [];
    const { crdVersions } = this.#options;
    const versions = crdVersions === undefined ? [GATEWAY_API_VERSION] : crdVersions();
    for (const gatewayClass of this.#ourClasses(objects.GatewayClass)) {
      next.push(this.#keepStatus({
        kind: "GatewayClass",
        key: gatewayClass.metadata?.name ?? "",
        generation: generationOf(gatewayClass),
        status: gatewayClassStatus(gatewayClass, versions),
      }));
    }
    const hostAddresses = this.#options.hostAddresses?.() ?? [];
    for (const view of gateways.values()) {
      const attachedSets = view.sets.filter((set) => isAttached(view, set, moment)).length;
      next.push(this.#keepStatus({
        kind: "Gateway",
        key: view.key,
        generation: view.generation,
        status: gatewayStatus(view, counts, moment, { hostAddresses, attachedSets }),
      }));
    }
    for (const key of sortedKeys(this.#gatewayOfSet)) {
      const view = this.#gatewayOfSet.get(key)!;
      const set = view.sets.find((one) => one.key === key)!;
      next.push(this.#keepStatus({
        kind: "ListenerSet",
        key,
        generation: set.generation,
        status: listenerSetStatus(view, set, counts, moment),
      }));
    }
    const live = new Set(next.map((status) => `${status.kind} ${status.key}`));
    for (const id of this.#statuses.keys()) if (!live.has(id)) this.#statuses.delete(id);
    const kept = this.#statusList;
    const isSame = kept.routes === routeStatuses && kept.others.length === next.length &&
      next.every((status, index) => status === kept.others[index]);
    if (!isSame) {
      const all = Object.freeze(next.concat(routeStatuses.list()));
      this.#statusList = { others: next, routes: routeStatuses, all };
    }
    return this.#statusList.all;
  }

  #keepStatus(status: ObjectStatus): ObjectStatus {
    const id = `${status.kind} ${status.key}`;
    const kept = share(this.#statuses.get(id), status);
    this.#statuses.set(id, kept);
    return kept;
  }
}

/** A translator that remembers; the first call is a translation from scratch. */
export function createTranslator(options: TranslatorOptions = {}): Translator {
  return new MemoizingTranslator(options);
}
