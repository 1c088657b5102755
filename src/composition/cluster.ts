// What makes RAUTA a controller in a cluster: objects from an API server, statuses back to it,
// addresses for Gateways. Takes the configuration, gives what startControl is wired with.

import type { Config } from "../config.ts";
import { AddressPool } from "../control/address/address_pool.ts";
import type { Provider } from "../control/provider/provider.ts";
import { ApiClient } from "../control/provider/kubernetes/api_client.ts";
import {
  type ApiServer,
  inClusterServer,
  kubeconfigServer,
} from "../control/provider/kubernetes/credentials.ts";
import { watchHostAddresses } from "../control/provider/kubernetes/host_addresses.ts";
import { createKubernetesProvider } from "../control/provider/kubernetes/kubernetes_provider.ts";
import { readCrdVersions, watchCrdVersions } from "../control/status/crd_versions.ts";
import { EventWriter } from "../control/status/events.ts";
import { Lease } from "../control/status/lease.ts";
import { ObservedStatuses } from "../control/status/observed_statuses.ts";
import { StatusWriter } from "../control/status/status_writer.ts";
import type { Statuses } from "../control/translator/statuses.ts";
import type { TranslatorOptions } from "../control/translator/translator.ts";
import { logger } from "../logging/logging.ts";

const LEASE_NAME = "rauta-status";

export type ClusterConfig = Pick<
  Config,
  "source" | "addressPool" | "bindAddress" | "pod"
>;

/** @throws {CredentialsError} where there is no way to the API server. */
export async function serverOf(source: Config["source"]): Promise<ApiServer> {
  if (source.kind === "in-cluster") return await inClusterServer();
  if (source.kind === "kubeconfig") return await kubeconfigServer(source.path);
  throw new Error("files have no API server");
}

export class Cluster {
  readonly provider: Provider;
  /** Every Gateway its own addresses, in pool mode. */
  readonly assignAddresses: TranslatorOptions["assignAddresses"];
  readonly #client: ApiClient;
  readonly #writer: StatusWriter;
  readonly #lease: Lease;
  readonly #stop = new AbortController();
  readonly #log = logger("cluster");
  #hostAddresses: readonly string[];
  #crdVersions: readonly string[] | undefined;
  #problem = "";

  private constructor(config: ClusterConfig, server: ApiServer) {
    const { addressPool, pod, bindAddress } = config;
    const client = this.#client = new ApiClient(server);
    const observed = new ObservedStatuses();
    this.provider = observed.tap(createKubernetesProvider({ client }));
    const identity = `${pod.name ?? "rauta"}_${crypto.randomUUID()}`;
    const events = new EventWriter(client, identity);
    this.#writer = new StatusWriter({
      client,
      observed,
      onWritten: (written) => void events.written(written),
      onProblem: (message) => this.#log.warn("{message}", { message }),
    });
    this.#hostAddresses = pod.labelSelector === undefined ? [bindAddress] : [];
    if (addressPool !== undefined) {
      const pool = new AddressPool(addressPool, (key) => observed.addressesOf(key));
      this.assignAddresses = (claims) => pool.assign(claims);
    }
    this.#lease = new Lease({
      client,
      namespace: pod.namespace ?? server.namespace,
      name: LEASE_NAME,
      identity,
      onChange: (isHolder) => {
        this.#log.info(
          isHolder ? "this process writes statuses" : "this process writes no statuses",
        );
        this.#writer.allow(isHolder);
      },
      onProblem: (message) => this.#leaseProblem(message),
    });
  }

  /** @throws {CredentialsError} where there is no way to the API server. */
  static async connect(config: ClusterConfig): Promise<Cluster> {
    const cluster = new Cluster(config, await serverOf(config.source));
    const source = { client: cluster.#client, signal: cluster.#stop.signal };
    // Before the first statuses, which would else say that nobody knows; an API server that is away is
    // asked again later.
    cluster.#crdVersions = await readCrdVersions(source).catch(() => undefined);
    return cluster;
  }

  /** Addresses that Gateways without any of their own are reached at. */
  get hostAddresses(): readonly string[] {
    return this.#hostAddresses;
  }

  /** The versions that the Gateway API's CRDs state; undefined: not read yet. */
  get crdVersions(): readonly string[] | undefined {
    return this.#crdVersions;
  }

  /** Statuses are written from now on. */
  want(statuses: Statuses): void {
    this.#writer.want(statuses);
  }

  /** Looks at the CRDs' versions; `changed` is called when they change. */
  watchVersions(changed: () => void): void {
    void watchCrdVersions({
      client: this.#client,
      signal: this.#stop.signal,
      onChange: (versions) => {
        this.#crdVersions = versions;
        changed();
      },
      onProblem: (message) => {
        if (message !== "") this.#log.warn("the CRDs can't be read: {message}", { message });
      },
    }, this.#crdVersions);
  }

  /** Watches RAUTA's own pods, in host mode; `changed` is called when their addresses change. */
  watchHosts({ pod, addressPool }: ClusterConfig, changed: () => void): void {
    if (addressPool !== undefined || pod.labelSelector === undefined) return;
    watchHostAddresses({
      client: this.#client,
      namespace: pod.namespace ?? "default",
      labelSelector: pod.labelSelector,
      signal: this.#stop.signal,
      onChange: (addresses) => {
        this.#hostAddresses = addresses;
        changed();
      },
      onFailure: ({ message }) =>
        this.#log.warn("own pods can't be watched: {message}", { message }),
    });
  }

  /** Gives up the Lease; the provider is ended by whoever started it. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#writer.stop();
    await this.#lease.stop();
    this.#client.close();
  }

  #leaseProblem(message: string): void {
    if (message === this.#problem) return;
    this.#problem = message;
    if (message !== "") this.#log.warn("the Lease can't be had: {message}", { message });
  }
}
