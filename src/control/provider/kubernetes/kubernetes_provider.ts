// Objects from a Kubernetes API server: one list-and-watch a kind, Secrets one by one.
// Serving never depends on it: while the server is away, what was last known stays, and afterwards
// each kind resumes from the version that it had seen.

import { CORE_GROUP, type Kind, type KindInfo, KINDS } from "../../../gatewayapi/kinds.ts";
import type { Problem } from "../../problem.ts";
import type { Change, Provider, ProviderSink } from "../provider.ts";
import type { ApiClient, ApiError } from "./api_client.ts";
import { ListWatch, type ListWatchTiming } from "./list_watch.ts";
import { ObjectFeed } from "./object_feed.ts";
import { LIVE_PODS, reducePod } from "./reduce_pod.ts";
import { SecretWatches } from "./secret_watches.ts";

export interface KubernetesProviderOptions {
  /** Stays open: it belongs to whoever made it. */
  readonly client: ApiClient;
  /** Default: those that the gateway needs. */
  readonly kinds?: readonly KindInfo[];
  readonly timing?: Partial<ListWatchTiming>;
}

/** Whose listeners have certificates. */
const NAMES_SECRETS: readonly Kind[] = ["Gateway", "ListenerSet"];

/** Collection paths of a kind, the preferred version first. */
export function collectionPaths({ group, versions, plural }: KindInfo): string[] {
  return versions.map((version) =>
    group === CORE_GROUP ? `/api/${version}/${plural}` : `/apis/${group}/${version}/${plural}`
  );
}

function apiVersionOf({ group, versions }: KindInfo): string {
  return group === CORE_GROUP ? versions[0] : `${group}/${versions[0]}`;
}

/** What a failure of the API server is in words, and what to do about it. */
function problemOf(url: string, what: string, error: ApiError): Problem {
  const fix = error.status === 403
    ? "grant get, list and watch on it to RAUTA's service account (deploy/daemonset/rbac.yaml)"
    : error.status === 401
    ? "the credentials are refused: check the service account's token or the kubeconfig"
    : "";
  return {
    severity: "error",
    file: url,
    line: 0,
    column: 0,
    kind: what,
    name: "",
    field: "",
    message: error.message,
    fix,
  };
}

export function createKubernetesProvider(options: KubernetesProviderOptions): Provider {
  return new KubernetesProvider(options);
}

class KubernetesProvider implements Provider {
  readonly description: string;
  readonly #client: ApiClient;
  readonly #options: KubernetesProviderOptions;
  readonly #kinds: readonly KindInfo[];
  readonly #stop = new AbortController();
  readonly #problems = new Map<string, Problem>();
  readonly #listed = new Set<Kind>();
  readonly #started = Promise.withResolvers<void>();
  readonly #runs: Promise<void>[] = [];

  constructor(options: KubernetesProviderOptions) {
    this.#options = options;
    this.#client = options.client;
    this.#kinds = options.kinds ?? KINDS;
    this.description = `kubernetes at ${options.client.url}`;
  }

  start(sink: ProviderSink): Promise<void> {
    const secrets = new SecretWatches({
      client: this.#client,
      signal: this.#stop.signal,
      change: (changes) => this.#deliver(sink, changes),
      ...(this.#options.timing === undefined ? {} : { timing: this.#options.timing }),
      failed: (name, error) => this.#failed(sink, name, error),
      recovered: (name) => this.#recovered(sink, name),
      settled: () => this.#markListed(sink, "Secret"),
    });
    for (const info of this.#kinds) {
      if (info.kind !== "Secret") this.#runs.push(this.#watchKind(info, sink, secrets));
    }
    return this.#started.promise;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#runs);
  }

  #watchKind(info: KindInfo, sink: ProviderSink, secrets: SecretWatches): Promise<void> {
    const feed = new ObjectFeed(info.kind, apiVersionOf(info));
    const namesSecrets = NAMES_SECRETS.includes(info.kind);
    const deliver = (changes: readonly Change[]) => {
      if (namesSecrets) secrets.changed(changes);
      this.#deliver(sink, changes);
    };
    const replace = (changes: readonly Change[]) => {
      deliver(changes);
      this.#markListed(sink, info.kind);
      if (NAMES_SECRETS.every((kind) => this.#listed.has(kind))) secrets.listed();
    };
    return new ListWatch({
      client: this.#client,
      paths: collectionPaths(info),
      signal: this.#stop.signal,
      ...(info.kind === "Pod" ? { query: LIVE_PODS, reduce: reducePod } : {}),
      ...(this.#options.timing === undefined ? {} : { timing: this.#options.timing }),
      handler: {
        replace: (objects) => replace(feed.replace(objects)),
        changes: (events) => deliver(feed.apply(events)),
        well: () => this.#recovered(sink, info.kind),
        missing: () => {
          this.#recovered(sink, info.kind);
          replace(feed.replace([]));
        },
        failed: (error) => this.#failed(sink, info.kind, error),
      },
    }).run();
  }

  #deliver(sink: ProviderSink, changes: readonly Change[]): void {
    if (!this.#stop.signal.aborted && changes.length > 0) sink.change(changes);
  }

  #markListed(sink: ProviderSink, kind: Kind): void {
    if (this.#listed.has(kind) || this.#stop.signal.aborted) return;
    this.#listed.add(kind);
    sink.listed(kind);
    if (this.#listed.size === this.#kinds.length) this.#started.resolve();
  }

  #failed(sink: ProviderSink, what: string, error: ApiError): void {
    if (this.#stop.signal.aborted) return;
    this.#problems.set(what, problemOf(this.#client.url, what, error));
    sink.problems([...this.#problems.values()]);
  }

  #recovered(sink: ProviderSink, what: string): void {
    if (this.#problems.delete(what)) sink.problems([...this.#problems.values()]);
  }
}
