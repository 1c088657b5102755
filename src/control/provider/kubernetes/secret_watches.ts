// Watches the Secrets that Gateways and ListenerSets name, each by itself, and no others: what is not
// referenced is never asked for. Takes their references as they change, gives changes of Secrets.

import type { Gateway, ListenerSet } from "../../../gatewayapi/kinds.ts";
import { keyOf, type ObjectKey, resolveSecretReference } from "../../../gatewayapi/references.ts";
import type { Change } from "../provider.ts";
import type { ApiClient, ApiError } from "./api_client.ts";
import { ListWatch, type ListWatchTiming } from "./list_watch.ts";
import { ObjectFeed } from "./object_feed.ts";

export interface SecretWatchesOptions {
  readonly client: ApiClient;
  readonly signal: AbortSignal;
  readonly timing?: Partial<ListWatchTiming>;
  change(changes: readonly Change[]): void;
  failed(name: string, error: ApiError): void;
  recovered(name: string): void;
  /** Every Secret that was referenced when this was last false has had its first answer. */
  settled(): void;
}

type Listener = Gateway["spec"]["listeners"][number];

interface Watched {
  readonly feed: ObjectFeed;
  readonly stop: AbortController;
  isSettled: boolean;
}

/** Keys of the Secrets that an object's listeners name, whether granted or not. */
export function referencedSecrets(object: Gateway | ListenerSet): ObjectKey[] {
  const namespace = object.metadata?.namespace ?? "default";
  const keys: ObjectKey[] = [];
  const listeners: readonly Listener[] = object.spec?.listeners ?? [];
  for (const listener of listeners) {
    for (const reference of listener.tls?.certificateRefs ?? []) {
      const resolved = resolveSecretReference(reference, namespace);
      if (resolved.kind === "Secret" && resolved.group === "") {
        keys.push(keyOf(resolved.namespace, resolved.name));
      }
    }
  }
  return keys;
}

export class SecretWatches {
  readonly #options: SecretWatchesOptions;
  /** By the kind and key of who names them. */
  readonly #byObject = new Map<string, readonly ObjectKey[]>();
  readonly #watched = new Map<ObjectKey, Watched>();
  #isListed = false;

  constructor(options: SecretWatchesOptions) {
    this.#options = options;
  }

  /** Takes changes of Gateways and ListenerSets; other kinds are passed over. */
  changed(changes: readonly Change[]): void {
    let isChanged = false;
    for (const change of changes) {
      if (change.kind !== "Gateway" && change.kind !== "ListenerSet") continue;
      isChanged = true;
      const id = `${change.kind} ${change.key}`;
      if (change.object === undefined) this.#byObject.delete(id);
      else this.#byObject.set(id, referencedSecrets(change.object));
    }
    if (isChanged) this.#reconcile();
  }

  /** All who may name one are known: once their Secrets have answered, `settled` is called. */
  listed(): void {
    this.#isListed = true;
    this.#settle();
  }

  #reconcile(): void {
    const wanted = new Set([...this.#byObject.values()].flat());
    for (const [key, watched] of this.#watched) {
      if (wanted.has(key)) continue;
      watched.stop.abort();
      this.#watched.delete(key);
      this.#options.recovered(`Secret ${key}`);
      this.#options.change([{ kind: "Secret", key, object: undefined }]);
    }
    for (const key of wanted) {
      if (!this.#watched.has(key)) this.#start(key);
    }
    this.#settle();
  }

  #start(key: ObjectKey): void {
    const [namespace, name] = key.split("/");
    const watched: Watched = {
      feed: new ObjectFeed("Secret", "v1"),
      stop: new AbortController(),
      isSettled: false,
    };
    this.#watched.set(key, watched);
    const settle = () => {
      watched.isSettled = true;
      this.#settle();
    };
    const { client, change, failed, recovered, signal, timing } = this.#options;
    const what = `Secret ${key}`;
    new ListWatch({
      client,
      ...(timing === undefined ? {} : { timing }),
      paths: [`/api/v1/namespaces/${namespace}/secrets`],
      query: { fieldSelector: `metadata.name=${name}` },
      signal: AbortSignal.any([signal, watched.stop.signal]),
      handler: {
        replace: (objects) => {
          change(watched.feed.replace(objects));
          settle();
        },
        changes: (events) => change(watched.feed.apply(events)),
        well: () => recovered(what),
        missing: settle,
        failed: (error) => {
          failed(what, error);
          // Forbidden is an answer: the listener says so in its status, the others are served.
          if (error.status === 403) settle();
        },
      },
    }).run();
  }

  #settle(): void {
    if (!this.#isListed) return;
    for (const { isSettled } of this.#watched.values()) if (!isSettled) return;
    this.#options.settled();
  }
}
