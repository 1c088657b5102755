// A link over a TCP descriptor: one call of the kernel for each read and write, none while it waits.
// Needs no block before something has come, and knows at once what a write has come to.

import { EAGAIN, EINTR, errorOf, MSG_NOSIGNAL, SHUT_WR } from "../native/linux.ts";
import { EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from "../native/linux.ts";
import type { Pollable, Poller, Staged } from "../native/poller.ts";
import { type Block, END_ROOM, ROOM } from "./blocks.ts";
import type { Link, LinkOwner } from "./link.ts";

const END_EVENTS = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
const READ_EVENTS = EPOLLIN | END_EVENTS;
const WRITE_EVENTS = EPOLLOUT | EPOLLHUP | EPOLLERR;

/** After a read of more than this the next one is made when its bytes are worked on, not before. */
const MOST_GATHERED_BYTES = 4_096;

export class KernelLink implements Link, Pollable, Staged {
  readonly pinsBlocks = false;
  owner: LinkOwner | null = null;
  pollId = 0;
  readonly #poller: Poller;
  readonly #memory: WebAssembly.Memory;
  #isClosed = false;
  /** A read is wanted. */
  #wanted = false;
  /** There may be something to read. */
  #readable = false;
  /** The end has been announced: no event will tell of what is there to read any more. */
  #endAnnounced = false;
  /** A write waits for room. */
  #blocked = false;
  /** There is room, which the owner has not been told of. */
  #unblocked = false;
  /** What has been read that the owner has not been told of. */
  #arrived = 0;
  #hasEnded = false;
  #endedBy: unknown = null;
  #lastCount = 0;

  readonly #read = (): void => {
    if (this.#wanted && !this.#isClosed) this.#readAndTell();
  };

  /** Watches `fd`, and owns it from now on. @throws {Error} */
  constructor(poller: Poller, readonly fd: number, memory: WebAssembly.Memory) {
    this.#poller = poller;
    this.#memory = memory;
    poller.add(this, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
  }

  get hasArrival(): boolean {
    return this.#arrived > 0;
  }

  ready(events: number): void {
    if ((events & END_EVENTS) !== 0) this.#endAnnounced = true;
    if ((events & WRITE_EVENTS) !== 0 && this.#blocked) {
      this.#blocked = false;
      this.#unblocked = true;
    }
    if ((events & READ_EVENTS) !== 0) this.#readable = true;
    const isDue = this.#readable && this.#wanted;
    if (!isDue && !this.#unblocked) return;
    if (isDue && this.#lastCount <= MOST_GATHERED_BYTES) this.#fill();
    this.#poller.deliverLater(this);
  }

  deliver(): void {
    if (this.#unblocked) {
      this.#unblocked = false;
      if (!this.#isClosed) this.owner!.wrote(0);
    }
    if (this.#isClosed) return;
    if (this.#arrived > 0 || this.#hasEnded) this.#tell();
    else if (this.#readable && this.#wanted) this.#readAndTell();
  }

  flush(): void {
    if (!this.#isClosed) this.owner!.flush();
  }

  wantRead(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    if (this.#readable) this.#poller.later(this.#read);
  }

  wantFlush(): boolean {
    if (!this.#poller.isInTurn) return false;
    this.#poller.flushLater(this);
    return true;
  }

  write(block: Block, from: number, end: number): number {
    const { libc, errno } = this.#poller;
    block.refresh(this.#memory);
    const bytes = from === 0 ? block.view : block.view.subarray(from, end);
    for (;;) {
      const count = libc.send(this.fd, bytes, end - from, MSG_NOSIGNAL);
      if (count === end - from) return count;
      if (count >= 0) {
        this.#blocked = true;
        return count;
      }
      const error = errno();
      if (error === EINTR) continue;
      if (error === EAGAIN) this.#blocked = true;
      else this.#later((owner) => owner.writeBroke(errorOf("send", error)));
      return 0;
    }
  }

  finish(): void {
    this.#poller.libc.shutdown(this.fd, SHUT_WR);
    this.#later((owner) => owner.finSent());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#poller.close(this.fd);
  }

  #later(tell: (owner: LinkOwner) => void): void {
    this.#poller.later(() => {
      if (!this.#isClosed) tell(this.owner!);
    });
  }

  #readAndTell(): void {
    this.#fill();
    if (this.#arrived > 0 || this.#hasEnded) this.#tell();
  }

  #tell(): void {
    const count = this.#arrived;
    if (count > 0) {
      this.#arrived = 0;
      return this.owner!.arrived(count);
    }
    this.#hasEnded = false;
    this.owner!.ended(this.#endedBy);
  }

  /** Reads once, and notes what came of it. */
  #fill(): void {
    const owner = this.owner!;
    const { libc, errno } = this.#poller;
    let block: Block;
    try {
      block = owner.inputSpace();
    } catch (error) {
      this.#wanted = false;
      return this.#later((told) => told.threw(error));
    }
    block.refresh(this.#memory);
    const from = owner.inputEnd;
    const into = from === ROOM ? block.body : block.view.subarray(from, block.size - END_ROOM);
    const count = libc.recv(this.fd, into, into.length, 0);
    if (count > 0) {
      this.#wanted = false;
      // Less than there was room for is all that there was.
      if (count < into.length) this.#readable = this.#endAnnounced;
      this.#lastCount = count;
      this.#arrived = count;
      return;
    }
    const error = count < 0 ? errno() : 0;
    if (error === EAGAIN || error === EINTR) {
      this.#readable = error === EINTR;
      owner.inputUnused();
      if (error === EINTR) this.#poller.later(this.#read);
      return;
    }
    this.#wanted = false;
    this.#readable = false;
    this.#hasEnded = true;
    this.#endedBy = error === 0 ? null : errorOf("recv", error);
  }
}
