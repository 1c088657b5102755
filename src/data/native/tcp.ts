// TCP over the kernel's calls: listening, accepting, connecting. Never blocks.
// Takes addresses as text, gives descriptors that the poller has noted; errors are of the classes that
// the runtime's own sockets have.

import {
  EAGAIN,
  EINPROGRESS,
  EINTR,
  EPOLLET,
  EPOLLIN,
  EPOLLOUT,
  errorOf,
  IPPROTO_TCP,
  SO_ERROR,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_NODELAY,
} from "./linux.ts";
import type { Pollable, Poller } from "./poller.ts";
import { ADDRESS_BYTES, decodeAddress, encodeAddress, type HostAndPort } from "./socket_address.ts";

/** Connections that the kernel keeps until they are accepted; it has a bound of its own. */
const BACKLOG = 4_096;
/** Accepted in one turn, so that those who are served already are not kept waiting. */
const ACCEPTS_A_TURN = 64;
/** After an accept that failed: out of descriptors, most likely. */
const PAUSE_MS = 20;

const ON = new Uint8Array(new Int32Array([1]).buffer);

function openSocket(poller: Poller, address: Uint8Array<ArrayBuffer>): number {
  const family = address[0]! | address[1]! << 8;
  const type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  return poller.own(poller.libc.socket(family, type, IPPROTO_TCP), "socket");
}

function enable(poller: Poller, fd: number, level: number, option: number): void {
  const result = poller.libc.setsockopt(fd, level, option, ON, ON.length);
  if (result < 0) throw errorOf("setsockopt", poller.errno());
}

/** Heads and bodies are written whole; Nagle's algorithm would hold back the second write. */
function setNoDelay(poller: Poller, fd: number): void {
  poller.libc.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ON, ON.length);
}

/** A listening socket that other workers share; tells of each connection. */
export class TcpListener implements Pollable {
  readonly fd: number;
  readonly port: number;
  pollId = 0;
  readonly #poller: Poller;
  readonly #accepted: (fd: number, peer: HostAndPort) => void;
  readonly #address = new Uint8Array(ADDRESS_BYTES);
  readonly #length = new Uint32Array([ADDRESS_BYTES]);
  readonly #lengthBytes = new Uint8Array(this.#length.buffer);
  #pause: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  /** @throws {Error} where the address can't be had. */
  constructor(
    poller: Poller,
    at: HostAndPort,
    accepted: (fd: number, peer: HostAndPort) => void,
  ) {
    this.#poller = poller;
    this.#accepted = accepted;
    const address = encodeAddress(at.hostname, at.port);
    const fd = this.fd = openSocket(poller, address);
    try {
      enable(poller, fd, SOL_SOCKET, SO_REUSEADDR);
      enable(poller, fd, SOL_SOCKET, SO_REUSEPORT);
      const { libc } = poller;
      if (libc.bind(fd, address, address.length) < 0) throw errorOf("bind", poller.errno());
      if (libc.listen(fd, BACKLOG) < 0) throw errorOf("listen", poller.errno());
      libc.getsockname(fd, this.#address, this.#lengthBytes);
      this.port = decodeAddress(this.#address).port;
      poller.add(this, EPOLLIN);
    } catch (error) {
      poller.close(fd);
      throw error;
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#pause);
    this.#poller.close(this.fd);
  }

  ready(): void {
    const poller = this.#poller;
    for (let count = 0; count < ACCEPTS_A_TURN && !this.#isClosed; count++) {
      this.#length[0] = ADDRESS_BYTES;
      const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
      const fd = poller.libc.accept4(this.fd, this.#address, this.#lengthBytes, flags);
      if (fd < 0) return this.#failed(poller.errno());
      if (!poller.descriptors.opened(fd)) {
        poller.libc.close(fd);
        continue;
      }
      setNoDelay(poller, fd);
      this.#accepted(fd, decodeAddress(this.#address));
    }
  }

  /** Connections that were reset before they were accepted are nobody's; other errors may last. */
  #failed(errno: number): void {
    if (errno === EAGAIN || errno === EINTR) return;
    this.#poller.remove(this);
    this.#pause = setTimeout(() => {
      if (!this.#isClosed) this.#poller.add(this, EPOLLIN);
    }, PAUSE_MS);
  }
}

/** Waits for a connection to be made. */
class Connecting implements Pollable {
  pollId = 0;
  readonly #error = new Int32Array(1);

  constructor(
    readonly poller: Poller,
    readonly fd: number,
    readonly done: (errno: number) => void,
  ) {}

  ready(): void {
    const length = new Uint8Array(new Uint32Array([4]).buffer);
    const error = new Uint8Array(this.#error.buffer);
    this.poller.remove(this);
    const result = this.poller.libc.getsockopt(this.fd, SOL_SOCKET, SO_ERROR, error, length);
    this.done(result < 0 ? this.poller.errno() : this.#error[0]!);
  }
}

/** Connects; gives the descriptor, which the poller watches no more. @throws {Error} */
export function connectTcp(poller: Poller, to: HostAndPort, signal: AbortSignal): Promise<number> {
  const address = encodeAddress(to.hostname, to.port);
  const fd = openSocket(poller, address);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const fail = (error: unknown): void => {
    poller.close(fd);
    poller.hasSettled = true;
    reject(error);
  };
  const aborted = (): void => fail(signal.reason);
  const done = (errno: number): void => {
    signal.removeEventListener("abort", aborted);
    if (errno !== 0) return fail(errorOf("connect", errno));
    poller.hasSettled = true;
    resolve(fd);
  };
  setNoDelay(poller, fd);
  if (poller.libc.connect(fd, address, address.length) === 0) {
    done(0);
    return promise;
  }
  const errno = poller.errno();
  if (errno !== EINPROGRESS) {
    fail(errorOf("connect", errno));
    return promise;
  }
  signal.addEventListener("abort", aborted, { once: true });
  poller.add(new Connecting(poller, fd, done), EPOLLOUT | EPOLLET);
  return promise;
}
