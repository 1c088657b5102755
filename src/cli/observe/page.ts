// The page /observer of an admin server on this machine: read, checked for who answers, and typed.
// Takes an authority, gives the page; every failure is an AdminError that says what to do.

import { AdminError } from "../admin_page.ts";

/** What the kernel sees of a service. */
export interface KernelSeen {
  readonly rate: number;
  readonly shareOf5xx: number;
  readonly unknown: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly baselineP99Ms: number | null;
  readonly open: readonly string[];
}

/** What the proxy measured of it. */
export interface ProxySeen {
  readonly rate: number;
  readonly shareOf5xx: number;
  readonly p50AtMostMs: number | null;
  readonly p99AtMostMs: number | null;
}

export interface ServiceRow {
  readonly service: string;
  readonly kernel: KernelSeen | null;
  readonly proxy: ProxySeen | null;
}

export interface ObservedInterface {
  readonly name: string;
  readonly xdp: string;
  readonly tc: string;
}

export interface ObserverPage {
  readonly connected: boolean;
  readonly interfaces: readonly ObservedInterface[];
  readonly records: number;
  readonly connections: number;
  readonly services: readonly ServiceRow[];
  readonly losses: Readonly<Record<string, number>>;
}

const TIMEOUT_MS = 3_000;
const DEFAULT_AUTHORITY = "127.0.0.1:9091";

/** Where to ask: what was typed, else RAUTA_ADMIN_ADDRESS, else the observer's usual address. */
export function observerAuthority(typed: string | undefined): string {
  const configured = typed ?? (Deno.env.get("RAUTA_ADMIN_ADDRESS") || DEFAULT_AUTHORITY);
  return configured.replace(/^0\.0\.0\.0:/, "127.0.0.1:").replace(/^\[::\]:/, "[::1]:");
}

/** Whether it is `ADDRESS:PORT` of this machine's loopback, which alone is answered. */
export function isLoopbackAuthority(authority: string): boolean {
  const port = /^(?:127(?:\.\d{1,3}){3}|\[::1\]):(\d{1,5})$/.exec(authority)?.[1];
  return port !== undefined && Number(port) > 0 && Number(port) <= 65_535;
}

/** @throws {AdminError} */
export async function readObserverPage(authority: string): Promise<ObserverPage> {
  let response: Response;
  let text: string;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    response = await fetch(`http://${authority}/observer`, { signal, redirect: "manual" });
    text = await response.text();
  } catch (error) {
    const isLate = error instanceof DOMException;
    throw new AdminError(
      `nobody answers on ${authority}${
        isLate ? ` within ${TIMEOUT_MS / 1000} s` : ""
      }: start an observer (RAUTA_MODE=observability ` +
        "RAUTA_INTERFACE=eth0 deno task run, as root), or name the address of its admin server",
    );
  }
  if (response.status === 404) {
    throw new AdminError(
      `${authority} observes nothing: a gateway does where RAUTA_OBSERVER_SOCKET names the socket ` +
        "of a loader",
    );
  }
  if (!response.ok) throw new AdminError(`${authority} answers ${response.status}: ${text.trim()}`);
  const page = parsed(text);
  if (page === null) throw new AdminError(`${authority} is no admin server of RAUTA`);
  return page;
}

function parsed(text: string): ObserverPage | null {
  try {
    const page = JSON.parse(text) as ObserverPage;
    return Array.isArray(page?.services) && typeof page.losses === "object" ? page : null;
  } catch {
    return null;
  }
}
