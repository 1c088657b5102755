// Where RAUTA accepts in host mode: the host addresses of its own Ready pods, by watching them.
// Takes the pods' namespace and label selector, gives sorted addresses whenever they change.

import type { ApiClient, ApiError } from "./api_client.ts";
import { type ApiObject, ListWatch, type ListWatchTiming } from "./list_watch.ts";

export interface HostAddressesOptions {
  readonly client: ApiClient;
  readonly namespace: string;
  readonly labelSelector: string;
  readonly signal: AbortSignal;
  readonly timing?: Partial<ListWatchTiming>;
  readonly onChange: (addresses: readonly string[]) => void;
  readonly onFailure: (error: ApiError) => void;
}

interface Pod extends ApiObject {
  readonly status?: {
    readonly hostIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

function readyAddress(pod: Pod): string | undefined {
  const isReady = pod.metadata.deletionTimestamp === undefined &&
    pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
  return isReady ? pod.status?.hostIP : undefined;
}

/** Runs until the signal. */
export function watchHostAddresses(options: HostAddressesOptions): void {
  const { client, namespace, labelSelector, signal, timing } = options;
  const byPod = new Map<string, string>();
  let told = "";

  function take(pod: ApiObject, isGone: boolean): void {
    const address = isGone ? undefined : readyAddress(pod);
    if (address === undefined) byPod.delete(pod.metadata.name);
    else byPod.set(pod.metadata.name, address);
  }

  function tell(): void {
    const addresses = [...new Set(byPod.values())].sort();
    if (addresses.join() === told) return;
    told = addresses.join();
    options.onChange(addresses);
  }

  void new ListWatch({
    client,
    paths: [`/api/v1/namespaces/${namespace}/pods`],
    query: { labelSelector },
    signal,
    ...(timing === undefined ? {} : { timing }),
    handler: {
      replace(pods) {
        byPod.clear();
        for (const pod of pods) take(pod, false);
        tell();
      },
      changes(changes) {
        for (const { type, object } of changes) take(object, type === "DELETED");
        tell();
      },
      missing() {},
      well() {},
      failed: options.onFailure,
    },
  }).run();
}
