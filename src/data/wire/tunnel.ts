// Bytes both ways after the protocol was switched: nothing of them is looked at.
// Takes both sides of an exchange; says when both have sent their last byte and it has been passed on.

import { MEDIUM_BYTES } from "./blocks.ts";
import type { Downstream } from "./downstream.ts";
import { MAX_IN_FLIGHT, type Socket } from "./socket.ts";
import type { UpstreamConnection } from "./upstream_connection.ts";

export class Tunnel {
  readonly #client: Downstream;
  readonly #upstream: UpstreamConnection;

  constructor(client: Downstream, upstream: UpstreamConnection) {
    this.#client = client;
    this.#upstream = upstream;
  }

  /** Passes on what either side has sent already, and reads what comes. */
  begin(): void {
    if (this.#upstream.available > 0) this.fromUpstream();
    else this.#upstream.read(MEDIUM_BYTES);
    if (this.#client.available > 0) this.fromClient();
    else if (!this.#client.inputEnded) this.#client.readBody();
  }

  fromClient(): void {
    move(this.#client, this.#upstream);
  }

  fromUpstream(): void {
    this.#client.record.bytesOut += this.#upstream.available;
    move(this.#upstream, this.#client);
  }

  get isOver(): boolean {
    const [client, upstream] = [this.#client, this.#upstream];
    return client.inputEnded && upstream.inputEnded && client.pendingWrites === 0 &&
      upstream.pendingWrites === 0;
  }
}

function move(from: Socket, to: Socket): void {
  if (from.available > 0) {
    const block = from.input!;
    const { inputStart, inputEnd } = from;
    from.inputStart = inputEnd;
    block.users++;
    to.write(block, inputStart, inputEnd);
  }
  if (to.pendingWrites < MAX_IN_FLIGHT) from.read(MEDIUM_BYTES);
}
