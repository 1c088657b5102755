// The kernel's readiness, one epoll for a worker: waits, and tells each descriptor what has become of it.
// Takes descriptors with whom to tell, gives turns; allocates nothing per event. An event of a
// descriptor that was closed meanwhile reaches nobody, even where its number is in use again.
//
// A turn goes by stages: all that is ready is read, then all of that is worked on, then all that came of
// it is written. Each stage's code, the kernel's above all, is in the caches once and used for many.

import { createErrno, type Libc } from "./libc.ts";
import type { Descriptors } from "./descriptors.ts";
import {
  EFD_CLOEXEC,
  EFD_NONBLOCK,
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLIN,
  errorOf,
} from "./linux.ts";

/** Who is told what became of a descriptor. */
export interface Pollable {
  readonly fd: number;
  /** Set by the poller: tells users of the same number apart. */
  pollId: number;
  /** EPOLL* bits. Must not throw. Works on nothing that others have a part in: see `Staged`. */
  ready(events: number): void;
}

/** Who has put off a part of its work to a later stage of the turn. */
export interface Staged {
  /** Works on what `ready` has found. Must not throw. */
  deliver(): void;
  /** Writes what came of it. Must not throw. */
  flush(): void;
}

const EVENTS_A_TURN = 256;
/** Worked on by stages at a time: what was read for so many stays in the caches. */
const EVENTS_A_ROUND = 64;
/** struct epoll_event is packed on x86_64 alone: words of one, and where its data begins. */
const [EVENT_WORDS, DATA_WORD] = Deno.build.arch === "x86_64" ? [3, 1] : [4, 2];
const COUNTER_BYTES = 8;

export class Poller {
  readonly errno: () => number;
  /** Written to by main after it has posted a message. */
  readonly wakeFd: number;
  /** How often main has written to `wakeFd`. */
  wakes = 0;
  /** A promise has been settled: whoever awaits it has a turn before the next wait. */
  hasSettled = false;
  /** A turn is under way: what is put off now will be done in it. */
  isInTurn = false;

  readonly #epoll: number;
  readonly #events = new Int32Array(EVENTS_A_TURN * EVENT_WORDS!);
  readonly #eventBytes = new Uint8Array(this.#events.buffer);
  readonly #change = new Int32Array(EVENT_WORDS!);
  readonly #changeBytes = new Uint8Array(this.#change.buffer);
  readonly #counter = new Uint32Array(2);
  readonly #counterBytes = new Uint8Array(this.#counter.buffer);
  readonly #byFd: (Pollable | undefined)[] = [];
  #lastId = 0;
  readonly #delivering: Staged[] = [];
  readonly #flushing: Staged[] = [];
  #later: (() => void)[] = [];
  #running: (() => void)[] = [];

  constructor(readonly libc: Libc, readonly descriptors: Descriptors) {
    this.errno = createErrno(libc);
    this.#epoll = this.own(libc.epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    this.wakeFd = this.own(libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");
    this.add({ fd: this.wakeFd, pollId: 0, ready: () => this.#woke() }, EPOLLIN);
  }

  /** Notes a descriptor that a call gave. @throws {Error} where it gave none. */
  own(fd: number, call: string): number {
    if (fd < 0) throw errorOf(call, this.errno());
    if (this.descriptors.opened(fd)) return fd;
    this.libc.close(fd);
    throw new Error(`${call}: descriptor ${fd} is beyond what can be used`);
  }

  /** Closes a descriptor; nobody is told of it any more. */
  close(fd: number): void {
    this.#byFd[fd] = undefined;
    this.descriptors.closed(fd);
    this.libc.close(fd);
  }

  /** Tells `pollable` of `events` (EPOLL*) from now on. @throws {Error} */
  add(pollable: Pollable, events: number): void {
    pollable.pollId = this.#lastId = (this.#lastId + 1) | 0;
    this.#change[0] = events;
    this.#change[DATA_WORD!] = pollable.fd;
    this.#change[DATA_WORD! + 1] = pollable.pollId;
    const result = this.libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, pollable.fd, this.#changeBytes);
    if (result < 0) throw errorOf("epoll_ctl", this.errno());
    this.#byFd[pollable.fd] = pollable;
  }

  /** Tells `pollable` nothing more, for the time being. */
  remove(pollable: Pollable): void {
    this.#byFd[pollable.fd] = undefined;
    this.libc.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, pollable.fd, this.#changeBytes);
  }

  /** Calls `deliver` of `staged` in this turn, once all of the round that is ready has been told. */
  deliverLater(staged: Staged): void {
    this.#delivering.push(staged);
  }

  /** Calls `flush` of `staged` in this turn, once all of the round has been worked on. */
  flushLater(staged: Staged): void {
    this.#flushing.push(staged);
  }

  /** Runs `task` at the end of this turn, or of the next one where none is under way. */
  later(task: () => void): void {
    this.#later.push(task);
  }

  /** Waits at most so long, on this thread; events for `dispatch`. */
  wait(timeoutMs: number): number {
    const patienceMs = this.#later.length > 0 ? 0 : timeoutMs;
    return this.libc.epoll_wait(this.#epoll, this.#eventBytes, EVENTS_A_TURN, patienceMs);
  }

  /** The same on another thread; `dispatch` and `wait` are not called before it resolves. */
  waitAside(timeoutMs: number): Promise<number> {
    const patienceMs = this.#later.length > 0 ? 0 : timeoutMs;
    return this.libc.epoll_wait_aside(this.#epoll, this.#eventBytes, EVENTS_A_TURN, patienceMs);
  }

  /** Tells what `wait` gave, then runs what was put off. */
  dispatch(count: number): void {
    this.isInTurn = true;
    for (let from = 0; from < count; from += EVENTS_A_ROUND) {
      this.#round(from, Math.min(count, from + EVENTS_A_ROUND));
    }
    if (this.#later.length > 0) this.#runLater();
    this.isInTurn = false;
  }

  /** Closes everything that was opened here; the poller is of no use afterwards. */
  closeAll(): void {
    for (const fd of this.descriptors.list()) this.close(fd);
  }

  #round(from: number, end: number): void {
    const events = this.#events;
    for (let index = from; index < end; index++) {
      const at = index * EVENT_WORDS!;
      const pollable = this.#byFd[events[at + DATA_WORD!]!];
      if (pollable === undefined || pollable.pollId !== events[at + DATA_WORD! + 1]) continue;
      pollable.ready(events[at]!);
    }
    this.#settle();
  }

  #settle(): void {
    const delivering = this.#delivering;
    for (let index = 0; index < delivering.length; index++) delivering[index]!.deliver();
    delivering.length = 0;
    const flushing = this.#flushing;
    for (let index = 0; index < flushing.length; index++) flushing[index]!.flush();
    flushing.length = 0;
  }

  #runLater(): void {
    const tasks = this.#later;
    this.#later = this.#running;
    this.#running = tasks;
    for (const task of tasks) task();
    tasks.length = 0;
    this.#settle();
  }

  #woke(): void {
    const { libc, wakeFd } = this;
    if (libc.read(wakeFd, this.#counterBytes, COUNTER_BYTES) > 0) this.wakes += this.#counter[0]!;
  }
}
