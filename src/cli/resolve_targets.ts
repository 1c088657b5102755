// The values of --to with their names resolved, hosts that are named twice put together, and what the
// person who typed them should know. Runs resolve_name.ts for names; connects to loopback only.

import { canonicalAddress } from "../control/translator/ip_address.ts";
import { type Backend, type Place, type Target, WordError } from "./run_to.ts";

export interface Resolved {
  readonly backends: readonly Backend[];
  /** Lines for the person who typed --to. */
  readonly notes: readonly string[];
}

const PROBE_MS = 500;

export function showPlace({ address, port }: Place): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** Whether somebody accepts connections there. */
async function accepts({ address, port }: Place): Promise<boolean> {
  const timer = AbortSignal.timeout(PROBE_MS);
  try {
    const connecting = Deno.connect({ hostname: address, port });
    const gone = new Promise<never>((_, reject) => {
      timer.addEventListener("abort", () => reject(timer.reason));
    });
    connecting.then((connection) => connection.close(), () => {});
    await Promise.race([connecting, gone]);
    return true;
  } catch {
    return false;
  }
}

/** Every address of a name, canonical, by this system's own rules, /etc/hosts included. */
async function lookUp(name: string): Promise<string[]> {
  const script = new URL("./resolve_name.ts", import.meta.url).pathname;
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", `--allow-net=${name}`, script, name],
    stdin: "null",
    stderr: "null",
  }).output();
  if (code !== 0) return [];
  const found: unknown = JSON.parse(new TextDecoder().decode(stdout));
  const addresses = Array.isArray(found) ? found.map((each) => canonicalAddress(String(each))) : [];
  return addresses.filter((each) => each !== undefined);
}

/** Many servers listen on one of localhost's two addresses only: the one that answers is meant. */
async function placesOfLocalhost(port: number): Promise<Place[]> {
  const both = ["127.0.0.1", "::1"].map((address) => ({ address, port }));
  const open = await Promise.all(both.map(accepts));
  return open[1] && !open[0] ? [both[1]] : [both[0]];
}

async function placesOf(target: Target, notes: string[]): Promise<Place[]> {
  const { name, port } = target;
  if (name === "localhost") return await placesOfLocalhost(port);
  if (canonicalAddress(name) !== undefined) return [{ address: name, port }];
  const addresses = await lookUp(name);
  if (addresses.length === 0) {
    throw new WordError(`--to: ${name} has no address that this machine knows`);
  }
  notes.push(`${name} is ${addresses.join(", ")} now; start again when that changes`);
  return addresses.map((address) => ({ address, port }));
}

function isSelf(place: Place, from: Place, bindAddress: string): boolean {
  if (place.port !== from.port) return false;
  const own = from.address || bindAddress;
  if (own === place.address) return true;
  return isLoopback(place.address) && (own === "0.0.0.0" || own === "::");
}

/** @throws {WordError} where a name has no address, or the gateway would send to itself. */
export async function resolveTargets(
  targets: readonly Target[],
  from: Place,
  bindAddress: string,
): Promise<Resolved> {
  const notes: string[] = [];
  const byHost = new Map<string, Place[]>();
  for (const target of targets) {
    const places = await placesOf(target, notes);
    for (const place of places) {
      const shown = showPlace(place);
      if (isSelf(place, from, bindAddress)) {
        throw new WordError(
          `--to ${shown} is where the gateway itself listens: give one of the two another port, ` +
            "as in --from 8081",
        );
      }
      if (isLoopback(place.address) && !await accepts(place)) {
        notes.push(`nobody accepts connections at ${shown} yet: requests fail until somebody does`);
      }
    }
    byHost.set(target.host, [...byHost.get(target.host) ?? [], ...places]);
  }
  return { backends: [...byHost].map(([host, places]) => ({ host, places })), notes };
}
