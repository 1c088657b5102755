// How to reach the API server: from the pod's own files, or from a kubeconfig.
// Takes paths and readers, gives an ApiServer; a refusal says which file, entry and field is wrong.
// Tokens and keys go into requests and nowhere else. Programs are never run for credentials.

import { parse } from "yaml";

const IN_CLUSTER_FOLDER = "/var/run/secrets/kubernetes.io/serviceaccount";
/** kubelet rotates projected tokens well before they expire; client-go reads them each minute. */
const TOKEN_LIFE_MS = 60_000;

/** An API server, and what a request to it needs. */
export interface ApiServer {
  /** `https://host:port`, with a path where the server has one; no slash at its end. */
  readonly url: string;
  /** Makes a client that trusts the server and, where a certificate speaks, identifies itself. */
  open(): Deno.HttpClient;
  /** The namespace that the credentials belong to. */
  readonly namespace: string;
  /** The value of the Authorization field; undefined where a certificate speaks. */
  authorization(): Promise<string | undefined>;
}

export class CredentialsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CredentialsError";
  }
}

export interface CredentialsSource {
  env(name: string): string | undefined;
  readTextFile(path: string): Promise<string>;
  nowMs(): number;
}

const DENO_SOURCE: CredentialsSource = {
  env: (name) => Deno.env.get(name),
  readTextFile: (path) => Deno.readTextFile(path),
  nowMs: () => Date.now(),
};

/** Whether this process runs in a pod with a service account. */
export function isInCluster(source: CredentialsSource = DENO_SOURCE): boolean {
  return source.env("KUBERNETES_SERVICE_HOST") !== undefined;
}

function tokenReader(path: string, source: CredentialsSource): () => Promise<string> {
  let token = "";
  let readAtMs = -Infinity;
  return async () => {
    if (source.nowMs() - readAtMs >= TOKEN_LIFE_MS) {
      token = (await source.readTextFile(path)).trim();
      readAtMs = source.nowMs();
    }
    return `Bearer ${token}`;
  };
}

/** The API server of the cluster that this pod runs in. */
export async function inClusterServer(
  source: CredentialsSource = DENO_SOURCE,
): Promise<ApiServer> {
  const host = source.env("KUBERNETES_SERVICE_HOST") ?? "";
  const port = source.env("KUBERNETES_SERVICE_PORT") ?? "443";
  const authority = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  const read = (name: string) =>
    source.readTextFile(`${IN_CLUSTER_FOLDER}/${name}`).catch((error: unknown) => {
      throw new CredentialsError(
        `${IN_CLUSTER_FOLDER}/${name} can't be read (${String(error)}): the pod needs a service ` +
          "account with automountServiceAccountToken",
      );
    });
  const [ca, namespace] = [await read("ca.crt"), (await read("namespace")).trim()];
  await read("token");
  return {
    url: `https://${authority}`,
    open: () => Deno.createHttpClient({ caCerts: [ca] }),
    namespace,
    authorization: tokenReader(`${IN_CLUSTER_FOLDER}/token`, source),
  };
}

type Entry = Readonly<Record<string, unknown>>;

function isEntry(value: unknown): value is Entry {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One kubeconfig, with the words to name a place in it. */
class Kubeconfig {
  readonly #root: Entry;

  constructor(
    text: string,
    readonly path: string,
    readonly source: CredentialsSource,
  ) {
    let root: unknown;
    try {
      root = parse(text);
    } catch (error) {
      throw new CredentialsError(`kubeconfig ${path}: ${(error as Error).message}`);
    }
    if (!isEntry(root)) throw new CredentialsError(`kubeconfig ${path}: not a mapping`);
    this.#root = root;
  }

  fail(what: string): CredentialsError {
    return new CredentialsError(`kubeconfig ${this.path}: ${what}`);
  }

  get currentContext(): string {
    const name = this.#root["current-context"];
    if (typeof name === "string" && name !== "") return name;
    throw this.fail("current-context is not set: kubectl config use-context NAME");
  }

  /** The body of the entry of this name in `contexts`, `clusters` or `users`. */
  named(list: string, key: string, name: string): Entry {
    const entries = this.#root[list];
    const entry = Array.isArray(entries)
      ? entries.find((each) => isEntry(each) && each.name === name)
      : undefined;
    const body = isEntry(entry) ? entry[key] : undefined;
    if (isEntry(body)) return body;
    throw this.fail(`${list} has no entry named ${JSON.stringify(name)}`);
  }

  /** The text of `KEY-data` (base64) or of the file that `KEY` names; undefined: neither is set. */
  async pem(entry: Entry, key: string): Promise<string | undefined> {
    const data = entry[`${key}-data`];
    if (typeof data === "string") {
      try {
        return atob(data);
      } catch {
        throw this.fail(`${key}-data is not base64`);
      }
    }
    const file = entry[key];
    return typeof file === "string" ? await this.#beside(file, key) : undefined;
  }

  async #beside(file: string, key: string): Promise<string> {
    const path = this.resolve(file);
    try {
      return await this.source.readTextFile(path);
    } catch (error) {
      throw this.fail(`${key} ${path} can't be read: ${String(error)}`);
    }
  }

  /** Relative paths are relative to the kubeconfig, as kubectl takes them. */
  resolve(file: string): string {
    if (file.startsWith("/")) return file;
    const slash = this.path.lastIndexOf("/");
    return slash < 0 ? file : `${this.path.slice(0, slash)}/${file}`;
  }
}

function authorizationOf(config: Kubeconfig, user: Entry): ApiServer["authorization"] {
  if (user.exec !== undefined || user["auth-provider"] !== undefined) {
    throw config.fail(
      "the user's exec or auth-provider plugin would have to run a program, which RAUTA never " +
        "does: give it a token, a tokenFile or a client certificate",
    );
  }
  if (typeof user.token === "string") {
    const token = user.token;
    return () => Promise.resolve(`Bearer ${token}`);
  }
  if (typeof user.tokenFile === "string") {
    return tokenReader(config.resolve(user.tokenFile), config.source);
  }
  return () => Promise.resolve(undefined);
}

/** The API server of the current context of the kubeconfig at `path`. */
export async function kubeconfigServer(
  path: string,
  source: CredentialsSource = DENO_SOURCE,
): Promise<ApiServer> {
  let text: string;
  try {
    text = await source.readTextFile(path);
  } catch (error) {
    throw new CredentialsError(`kubeconfig ${path} can't be read: ${String(error)}`);
  }
  const config = new Kubeconfig(text, path, source);
  const context = config.named("contexts", "context", config.currentContext);
  const cluster = config.named("clusters", "cluster", String(context.cluster));
  const user = config.named("users", "user", String(context.user));
  if (typeof cluster.server !== "string" || !/^https?:\/\//.test(cluster.server)) {
    throw config.fail(`cluster ${String(context.cluster)}: server is not an https:// address`);
  }
  if (cluster["insecure-skip-tls-verify"] === true) {
    throw config.fail("insecure-skip-tls-verify is not honoured: name certificate-authority");
  }
  const ca = await config.pem(cluster, "certificate-authority");
  const cert = await config.pem(user, "client-certificate");
  const key = await config.pem(user, "client-key");
  if ((cert === undefined) !== (key === undefined)) {
    throw config.fail("client-certificate and client-key belong together, one is missing");
  }
  return {
    url: cluster.server.replace(/\/+$/, ""),
    open: () =>
      Deno.createHttpClient({
        ...(ca === undefined ? {} : { caCerts: [ca] }),
        ...(cert === undefined || key === undefined ? {} : { cert, key }),
      }),
    namespace: typeof context.namespace === "string" ? context.namespace : "default",
    authorization: authorizationOf(config, user),
  };
}
