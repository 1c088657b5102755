// The worker protocol: what the main thread and a data-plane worker say to each other.
// Plain data only, so that every message survives structured cloning; bytes of tables travel in
// SharedArrayBuffers and are never copied. A worker answers each `table` with exactly one `ack` or
// `refused`, each new binding with `bound` or `bind-failed`, `listeners` with `listening` when all of
// them are in force, and `drain` with `drained`.

import type { MeasureRegion } from "../core/measure.ts";
import type { Certificate } from "../ir/snapshot.ts";
import type { TrustedProxies } from "./trusted_proxies.ts";
import type { FrontKind, Limits, TimeoutsMs } from "./settings.ts";

/** What a listener answers a ClientHello with: one of its certificates, never none. */
export interface TlsHost {
  /** Lower case: `` (any), a name, or `*.` and a name. */
  readonly hostname: string;
  readonly certificates: readonly Certificate[];
}

/** One socket address to accept on, shared by all the listeners that state its port. */
export interface Binding {
  /** IPv4 or IPv6 without brackets. */
  readonly address: string;
  readonly port: number;
  /** What the core knows the listeners of this socket by. */
  readonly portGroup: number;
  readonly protocol: "HTTP" | "HTTPS" | "TLS" | "TCP" | "UDP";
  /** Where TLS is terminated: what each of its listeners offers. */
  readonly tls?: readonly TlsHost[];
}

/** `address:port`, which names a binding in messages and logs. */
export function bindingKey(binding: Pick<Binding, "address" | "port">): string {
  const { address, port } = binding;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** What a worker needs to call the kernel itself. */
export interface NativeSockets {
  readonly libcPath: string;
  /** Where it notes its descriptors (native/descriptors.ts). */
  readonly descriptors: SharedArrayBuffer;
}

/** Everything that a worker is given once, before anything else. */
export interface WorkerStart {
  readonly kind: "start";
  readonly index: number;
  readonly front: FrontKind;
  readonly coreModule: WebAssembly.Module;
  readonly measureModule: WebAssembly.Module;
  /** Its counters and histograms, in memory that the main thread owns. */
  readonly region: MeasureRegion;
  /** The label of requests that no rule matched. */
  readonly noLabelId: number;
  /** Where it writes what the access log says (access/ring.ts); undefined: there is none. */
  readonly accessRing: SharedArrayBuffer | undefined;
  /** Each service has a histogram of its own: an observer's view wants it. */
  readonly timesServices: boolean;
  /** How many workers there are. */
  readonly workers: number;
  /** Shared memory of what is counted over all workers (upstream/budget.ts). */
  readonly budgets: SharedArrayBuffer;
  /** Absent: TCP by the runtime's sockets. */
  readonly nativeSockets?: NativeSockets;
  readonly trustedProxies: TrustedProxies;
  readonly timeouts: TimeoutsMs;
  readonly limits: Limits;
}

/**
 * New tables; what is absent stays as it is. Both swap between two requests, and either both are
 * taken or neither.
 */
export interface TableMessage {
  readonly kind: "table";
  /** Grows by one with every message; unrelated to a table's own generation. */
  readonly generation: number;
  readonly routes?: Uint8Array;
  readonly endpoints?: Uint8Array;
}

/**
 * The bindings from now on: new ones are opened, absent ones stop accepting and are drained, others
 * offer from now on what is stated here.
 */
export interface ListenersMessage {
  readonly kind: "listeners";
  /** Grows by one with every message. */
  readonly ordinal: number;
  readonly bindings: readonly Binding[];
}

export type ToWorker =
  | WorkerStart
  | TableMessage
  | ListenersMessage
  /** Bit n of byte n >> 3: the endpoint with the id n is passed over while others are left. */
  | { readonly kind: "ejected"; readonly endpoints: Uint8Array }
  /** Stop accepting, let exchanges finish for at most `drainMs`, then close what is left. */
  | { readonly kind: "drain"; readonly drainMs: number };

export type FromWorker =
  /**
   * The core is there; tables and listeners may come. `wakeFd`: written to after each message from
   * then on, since a worker that waits in the kernel sees none.
   */
  | { readonly kind: "ready"; readonly wakeFd?: number }
  | { readonly kind: "ack"; readonly generation: number; readonly swapUs: number }
  /** The table is damaged or too large; the one before it serves on. */
  | {
    readonly kind: "refused";
    readonly generation: number;
    readonly table: "routes" | "endpoints";
    readonly reason: string;
  }
  | { readonly kind: "bound"; readonly binding: string; readonly port: number }
  | { readonly kind: "bind-failed"; readonly binding: string; readonly reason: string }
  /** Whoever connects from now on meets the bindings of that message. */
  | { readonly kind: "listening"; readonly ordinal: number }
  | { readonly kind: "drained"; readonly unfinished: number }
  /** There is something in the worker's ring of the access log, whose reader sleeps. */
  | { readonly kind: "access" }
  /** Connecting to an endpoint failed; at most two a second for each. */
  | { readonly kind: "connect-failed"; readonly endpointId: number }
  /** Something to log that ends nothing: a trap in the core, for one. */
  | { readonly kind: "problem"; readonly message: string }
  /** The worker cannot go on and asks to be replaced. */
  | { readonly kind: "fatal"; readonly message: string };
