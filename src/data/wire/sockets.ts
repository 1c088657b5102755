// Where TCP connections come from: the kernel's own calls where they may be used, else the runtime.
// Takes addresses, gives links; which of the two it is makes no difference to anybody above.

import type { Link } from "./link.ts";
import { StreamLink } from "./stream_link.ts";

export interface Peer {
  readonly hostname: string;
  readonly port: number;
}

/** Takes over a new connection. */
export type Accepted = (link: Link, peer: Peer) => void;

export interface OpenListener {
  readonly port: number;
  close(): void;
}

export interface Sockets {
  /** Accepts on an address that other workers share. @throws {Error} */
  listen(at: Peer, accepted: Accepted): OpenListener;
  /** @throws {Error} as the runtime's sockets do; what `signal` says where it is aborted. */
  connect(to: Peer, signal: AbortSignal): Promise<Link>;
}

/** After an accept that failed: out of file descriptors, or a connection that was reset before it. */
const PAUSE_MS = 20;

export class RuntimeSockets implements Sockets {
  constructor(readonly memory: WebAssembly.Memory) {}

  listen(at: Peer, accepted: Accepted): OpenListener {
    const listener = Deno.listen({ ...at, reusePort: true });
    let isClosed = false;
    const accept = async (): Promise<void> => {
      while (!isClosed) {
        let conn: Deno.TcpConn;
        try {
          conn = await listener.accept();
        } catch (error) {
          if (isClosed || error instanceof Deno.errors.BadResource) return;
          await new Promise((wake) => setTimeout(wake, PAUSE_MS));
          continue;
        }
        this.#offer(conn, accepted);
      }
    };
    void accept();
    return {
      port: listener.addr.port,
      close: () => {
        isClosed = true;
        listener.close();
      },
    };
  }

  async connect({ hostname, port }: Peer, signal: AbortSignal): Promise<Link> {
    return new StreamLink(await Deno.connect({ hostname, port, signal }), this.memory);
  }

  #offer(conn: Deno.TcpConn, accepted: Accepted): void {
    try {
      accepted(new StreamLink(conn, this.memory), conn.remoteAddr);
    } catch {
      // The peer is gone already.
      conn.close();
    }
  }
}
