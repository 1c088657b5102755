// The bodies of an exchange on their way through, in either direction: checked by the core, passed on
// where they lie. Takes what one side has read, gives it to the other; decides nothing about what
// follows. One object for a client connection.

import {
  FLAG_DONE,
  FLAG_TRAILERS,
  REQUEST,
  STEP_FLAGS,
  STEP_OUT,
  STEP_OUT_LEN,
} from "../../core/exchange_core.ts";
import { MEDIUM_BYTES } from "./blocks.ts";
import type { WireContext } from "./context.ts";
import type { Downstream } from "./downstream.ts";
import type { Held } from "./held.ts";
import type { Socket } from "./socket.ts";

/** What `pass` gives: more is to come, that was the end, or an ERROR_* of the core. */
export const BODY_MORE = 0;
export const BODY_DONE = 1;

export class Bodies {
  readonly #client: Downstream;
  readonly #context: WireContext;
  readonly #held: Held;

  /** `held`: what is kept of a request for a retry. */
  constructor(client: Downstream, context: WireContext, held: Held) {
    this.#client = client;
    this.#context = context;
    this.#held = held;
  }

  /** Passes on what `from` has read of the body of REQUEST or RESPONSE. */
  pass(direction: number, from: Socket, to: Socket): number {
    const { core } = this.#context;
    while (from.available > 0) {
      const block = from.input!;
      const at = block.address + from.inputStart;
      const used = core.exports.bodyStep(this.#client.x, direction, at, from.available);
      if (used < 0) return used;
      const flags = core.step[STEP_FLAGS]!;
      const length = core.step[STEP_OUT_LEN]!;
      from.inputStart += used;
      if (length > 0) {
        const start = core.step[STEP_OUT]! - block.address;
        block.users++;
        to.write(block, start, start + length);
        // The reader goes on using the block.
        if (direction === REQUEST) this.#held.add(block, start, start + length);
        else this.#client.record.bytesOut += length;
      }
      if ((flags & FLAG_DONE) !== 0) return BODY_DONE;
      if ((flags & FLAG_TRAILERS) !== 0) return this.#passTrailers(direction, from, to);
      if (used === 0) return BODY_MORE;
    }
    return BODY_MORE;
  }

  #passTrailers(direction: number, from: Socket, to: Socket): number {
    const { available } = from;
    if (available === 0) return BODY_MORE;
    const { blocks, core } = this.#context;
    const { x } = this.#client;
    const out = blocks.take(MEDIUM_BYTES);
    const at = from.input!.address + from.inputStart;
    const used = core.exports.trailersStep(x, direction, at, available, out.address, out.size);
    if (used <= 0) {
      blocks.release(out);
      if (used === 0 && from.isFull) from.growInput(MEDIUM_BYTES);
      return used;
    }
    from.inputStart += used;
    const length = core.step[STEP_OUT_LEN]!;
    if (length > 0) to.write(out, 0, length);
    else blocks.release(out);
    if (direction === REQUEST) this.#held.drop();
    else this.#client.record.bytesOut += length;
    return BODY_DONE;
  }
}
