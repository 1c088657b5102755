// What the API server says that objects' statuses are now: taken out of a provider's changes on
// their way to the store, which has no use for them. Keeps statuses and identities, nothing else.

import type { Condition } from "../../gatewayapi/conditions.ts";
import type { Change, Provider } from "../provider/provider.ts";
import { isEqual } from "../store/same_content.ts";
import type { ObjectStatus } from "../translator/statuses.ts";

export type StatusKind = ObjectStatus["kind"];

/** A condition as the API server keeps it. */
export type TimedCondition = Condition & { readonly lastTransitionTime: string };

export type PlainStatus = Readonly<Record<string, unknown>>;

export interface ObservedObject {
  readonly kind: StatusKind;
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly status: PlainStatus;
}

export function statusId(kind: string, key: string): string {
  return `${kind} ${key}`;
}

interface RawObject {
  readonly metadata?: { readonly uid?: string; readonly resourceVersion?: string };
  status?: PlainStatus;
}

export function observedOf(kind: StatusKind, key: string, object: unknown): ObservedObject {
  const { metadata, status } = object as RawObject;
  return {
    kind,
    key,
    uid: metadata?.uid ?? "",
    resourceVersion: metadata?.resourceVersion ?? "",
    status: status ?? {},
  };
}

const KINDS_WITH_STATUS: ReadonlySet<string> = new Set<StatusKind>([
  "GatewayClass",
  "Gateway",
  "ListenerSet",
  "HTTPRoute",
]);

function hasStatus(kind: string): kind is StatusKind {
  return KINDS_WITH_STATUS.has(kind);
}

export class ObservedStatuses {
  readonly #objects = new Map<string, ObservedObject>();
  /** Called with the id of each object that was seen anew or is gone. */
  onChange: (id: string) => void = () => {};

  get(id: string): ObservedObject | undefined {
    return this.#objects.get(id);
  }

  /** What a write answered, or a look at the object itself. */
  set(object: ObservedObject): void {
    this.#objects.set(statusId(object.kind, object.key), object);
  }

  delete(id: string): void {
    this.#objects.delete(id);
  }

  /** The addresses in a Gateway's status. */
  addressesOf(gateway: string): readonly string[] {
    const addresses = this.#objects.get(statusId("Gateway", gateway))?.status.addresses;
    if (!Array.isArray(addresses)) return [];
    return addresses.map(({ value }: { value?: unknown }) => String(value));
  }

  /** The provider, whose objects come without their status from now on. */
  tap(provider: Provider): Provider {
    return {
      description: provider.description,
      start: (sink) =>
        provider.start({
          ...sink,
          change: (changes) => {
            const ids = changes.flatMap((change) => this.#take(change));
            sink.change(changes);
            for (const id of ids) this.onChange(id);
          },
        }),
      stop: () => provider.stop(),
    };
  }

  #take({ kind, key, object }: Change): string[] {
    if (!hasStatus(kind)) return [];
    const id = statusId(kind, key);
    if (object === undefined) {
      this.#objects.delete(id);
      return [id];
    }
    const next = observedOf(kind, key, object);
    delete (object as RawObject).status;
    const before = this.#objects.get(id);
    this.#objects.set(id, next);
    return before?.uid === next.uid && isEqual(before.status, next.status) ? [] : [id];
  }
}
