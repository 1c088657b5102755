// When an exchange asks again, and whom: another endpoint where one can't be connected to or ends the
// connection, and whatever the route's `retry` says. One for each client connection. Only while
// everything that was sent is still held, and nothing has been answered.

import {
  REQUEST_DECIDED,
  STEP_ENDPOINT,
  STEP_ENDPOINT_NUMBER,
  STEP_RETRY,
  STEP_SERVICE,
} from "../../core/exchange_core.ts";
import { type FailureReason, RESCUES } from "../rescue.ts";
import type { WireContext } from "./context.ts";
import type { Downstream } from "./downstream.ts";
import type { Exchange } from "./exchange.ts";
import type { Held } from "./held.ts";
import { RouteRetry } from "./route_retry.ts";
import { Tries } from "./tries.ts";
import type { UpstreamConnection } from "./upstream_connection.ts";

/** How often another endpoint is looked for before the same one is asked on a fresh connection. */
const PICKS_OF_ANOTHER = 8;

export class SendAgain {
  readonly #exchange: Exchange;
  readonly #client: Downstream;
  readonly #context: WireContext;
  readonly #held: Held;
  readonly #tries = new Tries();
  /** Made when a route asks for it for the first time. */
  #route: RouteRetry | null = null;
  #isIdempotent = false;

  constructor(exchange: Exchange, client: Downstream, context: WireContext, held: Held) {
    this.#exchange = exchange;
    this.#client = client;
    this.#context = context;
    this.#held = held;
  }

  /** Right after requestStep. */
  begin(isIdempotent: boolean): void {
    const { core, wheel } = this.#context;
    this.#isIdempotent = isIdempotent;
    this.#tries.begin();
    const record = core.step[STEP_RETRY]!;
    if (record !== 0) (this.#route ??= new RouteRetry(wheel)).begin(core, record);
    else if (this.#route !== null) this.#route.left = 0;
  }

  /** What waits for its pause waits no longer. */
  cancel(): void {
    this.#route?.cancel();
  }

  /** False: the failure is the answer. Nothing has been sent, so the method is of no account. */
  afterConnectFailed(failure: FailureReason): boolean {
    if (!RESCUES[failure].mayRetry || !this.#held.isComplete) return false;
    return this.#askAnother(failure) || this.#askLater();
  }

  /** Nothing has been sent, as where it refuses. False: it waits on. */
  afterEndpointLeft(): boolean {
    return this.#held.isComplete && this.#askAnother("connect_refused");
  }

  /** The endpoint has ended the connection before it answered. */
  afterClosed(connection: UpstreamConnection): boolean {
    if (connection.available > 0 || !this.#isUntouched) return false;
    if (connection.bytesWritten > 0 && !this.#isIdempotent) return this.#askLater();
    if (!this.#tries.resend()) return this.#askLater();
    this.#exchange.disconnect();
    // A pod that dies takes all its connections along; a second pick may be the same one again.
    for (let pick = 0; pick < PICKS_OF_ANOTHER; pick++) {
      if (this.#askAnother("reset")) return true;
    }
    this.#exchange.connect(connection.endpoint);
    return true;
  }

  /** The endpoint has not answered in the time that it has. */
  afterTimeout(): boolean {
    return this.#askLater();
  }

  /**
   * A response begins: whether it is one that the route asks again for, and so is asked again for.
   * Undefined: more of it has to be there.
   */
  afterStatus(connection: UpstreamConnection): boolean | undefined {
    if (this.#route === null || this.#route.left === 0 || !this.#isUntouched) return false;
    const at = connection.input!.address + connection.inputStart;
    const wanted = this.#route.wants(this.#context.core.bytes, at, connection.available);
    return wanted && this.#askLater();
  }

  get #isUntouched(): boolean {
    return this.#held.isComplete && this.#client.record.status === 0;
  }

  #askAnother(failure: FailureReason): boolean {
    const { core } = this.#context;
    if (!this.#tries.pick(failure) || !this.#pick()) return false;
    const endpointId = core.step[STEP_ENDPOINT]!;
    if (endpointId === this.#client.record.endpointId) return false;
    if (core.exports.isEjected(endpointId) && !this.#tries.mayPickEjected) return false;
    this.#exchange.open(core.step[STEP_SERVICE]!, core.step[STEP_ENDPOINT_NUMBER]!);
    return true;
  }

  #askLater(): boolean {
    const route = this.#route;
    if (route === null || route.left === 0 || !this.#isUntouched) return false;
    this.#exchange.disconnect();
    this.#exchange.deadlines.backendPaused();
    route.after(performance.now(), () => this.#askNow());
    return true;
  }

  /** Another endpoint where there is one; else the same. */
  #askNow(): void {
    const { core, pools } = this.#context;
    this.#tries.begin();
    this.#exchange.deadlines.backendAgain(performance.now());
    if (!this.#pick()) return this.#exchange.fail("no_endpoint");
    const idle = pools.take(core.step[STEP_ENDPOINT]!);
    if (idle !== null) this.#exchange.connected(idle);
    else this.#exchange.open(core.step[STEP_SERVICE]!, core.step[STEP_ENDPOINT_NUMBER]!);
  }

  #pick(): boolean {
    const [lo, hi] = [Math.random() * 0x1_0000_0000, Math.random() * 0x1_0000_0000];
    const { exports } = this.#context.core;
    return exports.requestPickAgain(this.#client.x, lo, hi) === REQUEST_DECIDED;
  }
}
