// A small client of the cluster's API server for the cluster's own use: waiting, and asking.
// It goes through the gate as the administrator; what needs kubectl's logic calls kubectl.

import { KUBE } from "./artifacts.ts";
import { insideNetwork, run, type RunOptions, until } from "./command.ts";
import { build } from "./go_build.ts";
import { CONTROL_PLANE_NETWORK, networkPath, type Places } from "./settings.ts";

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface ApiClient extends Disposable {
  /** Sends one request and decodes the JSON of the answer, whatever its status. */
  request(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
}

export interface Credentials {
  readonly server: string;
  readonly authority: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly token?: string;
}

interface KubeconfigText {
  clusters: { cluster: { server: string; "certificate-authority-data": string } }[];
  users: { user: { "client-certificate-data": string; "client-key-data": string } }[];
}

/** The credentials in one of the cluster's own kubeconfigs. */
export async function credentialsOf(kubeconfigPath: string): Promise<Credentials> {
  const config = JSON.parse(await Deno.readTextFile(kubeconfigPath)) as KubeconfigText;
  const { server, "certificate-authority-data": authority } = config.clusters[0].cluster;
  const user = config.users[0].user;
  return {
    server,
    authority: atob(authority),
    certificate: atob(user["client-certificate-data"]),
    key: atob(user["client-key-data"]),
  };
}

/** The administrator's credentials, for programs of the host. */
export async function administrator(places: Places): Promise<Credentials> {
  return await credentialsOf(places.hostKubeconfig);
}

const REQUEST_TIMEOUT_MS = 30_000;

export function apiClient(credentials: Credentials): ApiClient {
  const { server, authority, certificate, key, token } = credentials;
  const identity = certificate !== undefined && key !== undefined ? { cert: certificate, key } : {};
  const client = Deno.createHttpClient({ caCerts: [authority], ...identity });
  return {
    async request(method, path, body, headers = {}) {
      const response = await fetch(`${server}${path}`, {
        method,
        client,
        body: body === undefined ? undefined : JSON.stringify(body),
        headers: {
          ...body === undefined ? {} : { "content-type": "application/json" },
          ...token === undefined ? {} : { authorization: `Bearer ${token}` },
          ...headers,
        },
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") ?? false;
      return { status: response.status, body: isJson ? JSON.parse(text) : text };
    },
    [Symbol.dispose]: () => client.close(),
  };
}

/** A client with the administrator's rights. */
export async function adminClient(places: Places): Promise<ApiClient> {
  return apiClient(await administrator(places));
}

/** Waits until the API server is ready and has made what pods need in the default namespace. */
export async function waitForApi(client: ApiClient, timeoutMs: number): Promise<void> {
  for (const path of ["/readyz", "/api/v1/namespaces/default/serviceaccounts/default"]) {
    await until(`${path} of the API server`, async () => {
      return (await client.request("GET", path)).status === 200 ? true : null;
    }, { timeoutMs });
  }
}

/** Runs kubectl inside the cluster's network as the administrator. */
export async function kubectl(
  places: Places,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return await run(await kubectlCommand(places, args), options);
}

export async function kubectlCommand(
  places: Places,
  args: readonly string[],
): Promise<string[]> {
  const flags = [`--kubeconfig=${places.kubeconfig}`, `--cache-dir=${places.root}/kubectl-cache`];
  return insideNetwork(networkPath(places, CONTROL_PLANE_NETWORK), [
    ...[`${await build(KUBE)}/kube`, "kubectl", ...flags],
    ...args,
  ]);
}
