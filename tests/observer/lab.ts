// A lab with a backend, a client, the loader on the backend's interface or on both sides of a proxy
// between them, and an observer that reads its socket in this process.

import { Lab, PORT, SERVER_IPV4, SERVER_IPV6 } from "../bpf/lab.ts";
import { Loader, until } from "../bpf/loader.ts";
import { logger } from "../../src/logging/logging.ts";
import type { ObserverEvent } from "../../src/observe/events/event.ts";
import { Observer } from "../../src/observe/observer.ts";
import type { Exchange } from "../../src/observe/pairing/types.ts";
import { ERROR_RATE_THRESHOLDS } from "../../src/observe/processors/error_rate.ts";
import { HEALTH_CHECK_THRESHOLDS } from "../../src/observe/processors/health_check.ts";
import { SLOW_RESPONSE_THRESHOLDS } from "../../src/observe/processors/slow_response.ts";
import { serverAddress } from "../../src/observe/services/addresses.ts";
import { ServiceIndex } from "../../src/observe/services/service_index.ts";
import { PROXY_IPV4, type ProxyName, startProxy } from "./proxies.ts";
import type { ClientLog, Phase } from "./traffic/client.ts";

/** An exchange with what its connection was when it was concluded. */
export type SeenExchange = Exchange & {
  /** Seen between client and proxy; otherwise at the backend. */
  readonly isAtProxy: boolean;
};

/**
 * Room for every record of a run, so that what is seen does not depend on how much of the processor
 * loader and observer get: 64 MiB hold 199,728 records in the ring, and more in the reader's queue.
 */
const ROOM = ["--ring-kib", "65536", "--reader-kib", "65536"];

export interface Outcome {
  readonly exchanges: readonly SeenExchange[];
  readonly events: readonly ObserverEvent[];
  /** By id, microseconds. */
  readonly backendUs: Readonly<Record<string, number>>;
  readonly client: ClientLog;
  /** Wall time of a record's, ms since the epoch. */
  readonly wallMs: (tsUs: number) => number;
  readonly losses: Readonly<Record<string, number>>;
  /** Names of services that were seen. */
  readonly services: readonly string[];
}

async function compile(name: string): Promise<WebAssembly.Module> {
  return await WebAssembly.compile(await Deno.readFile(`build/${name}.wasm`));
}

/** Who is between client and backend, or over what the client reaches the backend itself. */
export type Way = ProxyName | "IPv4" | "IPv6";

/** Runs the phases from one end to the other and gives what both ends and the observer say. */
export async function observe(
  phases: readonly Phase[],
  connections: number,
  way: Way = "IPv4",
): Promise<Outcome> {
  const proxy = way === "IPv4" || way === "IPv6" ? undefined : way;
  await using lab = await Lab.create(proxy !== undefined);
  const script = (name: string) => [
    Deno.execPath(),
    "run",
    "--quiet",
    "--no-config",
    "--no-lock",
    "--allow-net",
    `tests/observer/traffic/${name}.ts`,
  ];
  const backend = lab.start("server", [...script("backend"), "::", String(PORT)], {
    stdin: "piped",
    stdout: "piped",
  });
  const lines = backend.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await lines.read(); // "ready"
  if (proxy) await startProxy(lab, proxy);
  const place = proxy ? { place: "node", interfaces: ["eth0", "eth1"] } as const : {};
  const loader = new Loader(lab, { ...place, args: ROOM });
  const index = new ServiceIndex();
  for (const address of [SERVER_IPV4, SERVER_IPV6]) {
    index.set(`EndpointSlice shop/cart ${address}`, [{
      address,
      port: PORT,
      service: "shop/cart",
      namespace: "shop",
      podName: "cart-0",
      nodeName: "node-1",
      labels: { app: "cart" },
    }]);
  }
  const exchanges: SeenExchange[] = [];
  const events: ObserverEvent[] = [];
  const observer = new Observer({
    coreModule: await compile("core"),
    measureModule: await compile("measure"),
    socketPath: loader.socketPath,
    index,
    thresholds: {
      slow: SLOW_RESPONSE_THRESHOLDS,
      errors: ERROR_RATE_THRESHOLDS,
      probes: HEALTH_CHECK_THRESHOLDS,
    },
    onEvent: (event) => events.push(event),
    onExchange: (exchange) =>
      exchanges.push({ ...exchange, isAtProxy: serverAddress(exchange.flow) === PROXY_IPV4 }),
    log: logger("observe"),
  });
  observer.start();
  try {
    await until(
      "both programs are attached",
      () =>
        observer.interfaces.length > 0 &&
        observer.interfaces.every(({ xdp, tc }) => xdp !== "detached" && tc !== "detached"),
    );
    const hostname = proxy ? PROXY_IPV4 : way === "IPv6" ? SERVER_IPV6 : SERVER_IPV4;
    const plan = JSON.stringify({ hostname, port: PORT, connections, phases });
    const sender = lab.start("client", [...script("client"), plan], { stdout: "piped" });
    const { success, stdout } = await sender.output();
    if (!success) throw new Error("the client failed");
    const client = JSON.parse(new TextDecoder().decode(stdout)) as ClientLog;
    const endMs = Date.now();
    await until("the observer was told all of it", () => observer.toldMs > endMs);
    await backend.stdin.close();
    let log = "";
    for (let part = await lines.read(); !part.done; part = await lines.read()) log += part.value;
    await loader.stop();
    await until("the observer has read everything", () => !observer.isConnected);
    return {
      exchanges,
      events,
      backendUs: JSON.parse(log),
      client,
      wallMs: (tsUs) => observer.wallMs(tsUs),
      losses: observer.losses(),
      services: observer.services.views().map(({ service }) => service),
    };
  } finally {
    await observer.stop();
  }
}
