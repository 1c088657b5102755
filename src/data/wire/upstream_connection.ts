// A connection to an endpoint, for one exchange after the other.
// Takes bytes from whoever owns it at the moment and tells them what arrives; a read is always under
// way, so that an endpoint's close is seen while the connection is idle in its pool.

import type { PooledConnection, PoolEndpoint, UpstreamPools } from "../upstream/pool.ts";
import { type Blocks, MEDIUM_BYTES } from "./blocks.ts";
import type { Link } from "./link.ts";
import { Socket } from "./socket.ts";

/** Who has the connection: an exchange, or nobody while it is idle. */
export interface UpstreamOwner {
  upstreamRead(connection: UpstreamConnection): void;
  /** The endpoint sends no more: its FIN (null), or an error. */
  upstreamEnded(connection: UpstreamConnection, error: unknown): void;
  upstreamWritten(connection: UpstreamConnection): void;
  upstreamWriteFailed(connection: UpstreamConnection): void;
  upstreamFinished(connection: UpstreamConnection): void;
  /** A call of the owner threw. */
  upstreamCrashed(error: unknown): void;
}

export class UpstreamConnection extends Socket implements PooledConnection {
  owner: UpstreamOwner | null = null;
  /** Exchanges that it has served; a fresh connection has none. */
  exchanges = 0;
  readonly #pools: UpstreamPools<UpstreamConnection>;

  constructor(
    link: Link,
    blocks: Blocks,
    readonly endpoint: PoolEndpoint,
    pools: UpstreamPools<UpstreamConnection>,
  ) {
    super(link, blocks);
    this.#pools = pools;
    this.read(MEDIUM_BYTES);
  }

  close(): void {
    if (this.isClosed) return;
    this.owner = null;
    this.closeNow();
    this.#pools.closed(this);
  }

  /** Idle for too long. */
  expire(): void {
    this.close();
  }

  protected readDone(): void {
    // Bytes that nobody asked for: what they answer can't be known (RFC 9112 section 9.2).
    if (this.owner === null) this.close();
    else this.owner.upstreamRead(this);
  }

  protected readEnded(error: unknown): void {
    if (this.owner === null) this.close();
    else this.owner.upstreamEnded(this, error);
  }

  protected written(): void {
    this.owner?.upstreamWritten(this);
  }

  protected writeFailed(): void {
    if (this.owner === null) this.close();
    else this.owner.upstreamWriteFailed(this);
  }

  protected override finished(): void {
    this.owner?.upstreamFinished(this);
  }

  protected crashed(error: unknown): void {
    const owner = this.owner;
    this.close();
    owner?.upstreamCrashed(error);
  }
}
