// Which versions of the Gateway API's CRDs a cluster has, by the annotation that each of them carries.
// Asks for the CRDs of the kinds that RAUTA serves, at the start and now and then; gives what it found.

import { GATEWAY_GROUP, KINDS } from "../../gatewayapi/kinds.ts";
import { type ApiClient, ApiError } from "../provider/kubernetes/api_client.ts";
import { delay } from "../provider/kubernetes/backoff.ts";

const ANNOTATION = "gateway.networking.k8s.io/bundle-version";
const INTERVAL_MS = 60_000;
const RETRY_MS = 5_000;

interface Source {
  readonly client: Pick<ApiClient, "json">;
  readonly signal: AbortSignal;
}

export interface CrdVersionsOptions extends Source {
  /** The versions, each once, in ascending order; `` for a CRD that states none. */
  readonly onChange: (versions: readonly string[]) => void;
  /** Called when the reason changes; `` when there is none any more. */
  readonly onProblem: (message: string) => void;
  readonly intervalMs?: number;
  readonly retryMs?: number;
}

interface Crd {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
}

const NAMES = KINDS.filter(({ group }) => group === GATEWAY_GROUP)
  .map(({ plural, group }) => `${plural}.${group}`);

/** Undefined: the CRD is not there, and has no version. */
async function versionOf(
  { client, signal }: Source,
  name: string,
): Promise<string | undefined> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
  try {
    const crd = await client.json<Crd>({ method: "GET", path, signal });
    return crd.metadata?.annotations?.[ANNOTATION] ?? "";
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** The versions that are there now. @throws {ApiError} */
export async function readCrdVersions(options: Source): Promise<readonly string[]> {
  const found = await Promise.all(NAMES.map((name) => versionOf(options, name)));
  return [...new Set(found.filter((one) => one !== undefined))].sort();
}

/** Tells what differs from `known`; runs until the signal. */
export async function watchCrdVersions(
  options: CrdVersionsOptions,
  known: readonly string[] | undefined,
): Promise<void> {
  const { signal, onChange, onProblem } = options;
  const { intervalMs = INTERVAL_MS, retryMs = RETRY_MS } = options;
  let told = known?.join() ?? "";
  let problem = "";
  const say = (message: string) => {
    if (message !== problem) onProblem(message);
    problem = message;
  };
  while (!signal.aborted) {
    let pauseMs = intervalMs;
    try {
      const versions = await readCrdVersions(options);
      say("");
      if (versions.length > 0 && versions.join() !== told) onChange(versions);
      if (versions.length > 0) told = versions.join();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!signal.aborted) say(error.message);
      pauseMs = retryMs;
    }
    await delay(pauseMs, signal);
  }
}
