// TCP by the kernel's own calls, on one poller for the worker.
// Takes addresses, gives links; whatever it opens is noted, so that it can be closed with the worker.

import type { Poller } from "../native/poller.ts";
import { connectTcp, TcpListener } from "../native/tcp.ts";
import { KernelLink } from "./kernel_link.ts";
import type { Link } from "./link.ts";
import type { Accepted, OpenListener, Peer, Sockets } from "./sockets.ts";

export class KernelSockets implements Sockets {
  constructor(readonly poller: Poller, readonly memory: WebAssembly.Memory) {}

  listen(at: Peer, accepted: Accepted): OpenListener {
    return new TcpListener(this.poller, at, (fd, peer) => {
      const link = this.#link(fd);
      if (link !== null) accepted(link, peer);
    });
  }

  async connect(to: Peer, signal: AbortSignal): Promise<Link> {
    const link = this.#link(await connectTcp(this.poller, to, signal));
    if (link === null) throw new Error("the connection can't be watched");
    return link;
  }

  /** Null where the kernel has no room to watch another descriptor. */
  #link(fd: number): KernelLink | null {
    try {
      return new KernelLink(this.poller, fd, this.memory);
    } catch {
      this.poller.close(fd);
      return null;
    }
  }
}
