// Numbers of the Linux interface that sockets need, the same on x86_64 and aarch64.

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_NONBLOCK = 0x800;
export const SOCK_CLOEXEC = 0x80000;
export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_REUSEPORT = 15;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;
export const MSG_NOSIGNAL = 0x4000;

export const EFD_NONBLOCK = SOCK_NONBLOCK;
export const EFD_CLOEXEC = SOCK_CLOEXEC;

export const EPOLL_CLOEXEC = SOCK_CLOEXEC;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
/** Events come once for each change (1 << 31, as the signed number that a word of them is). */
export const EPOLLET = -0x80000000;

export const EINTR = 4;
export const EAGAIN = 11;
export const EADDRINUSE = 98;
export const EACCES = 13;
export const ECONNREFUSED = 111;
export const ETIMEDOUT = 110;
export const EINPROGRESS = 115;

const ERROR_NAMES: Readonly<Record<number, string>> = {
  [EACCES]: "EACCES",
  23: "ENFILE",
  24: "EMFILE",
  97: "EAFNOSUPPORT",
  [EADDRINUSE]: "EADDRINUSE",
  99: "EADDRNOTAVAIL",
  101: "ENETUNREACH",
  104: "ECONNRESET",
  [ETIMEDOUT]: "ETIMEDOUT",
  [ECONNREFUSED]: "ECONNREFUSED",
  113: "EHOSTUNREACH",
};

/** An error of the class that the runtime itself would throw, where it has one for `errno`. */
export function errorOf(call: string, errno: number): Error {
  const message = `${call}: ${ERROR_NAMES[errno] ?? "error"} (${errno})`;
  if (errno === ECONNREFUSED) return new Deno.errors.ConnectionRefused(message);
  if (errno === ETIMEDOUT) return new Deno.errors.TimedOut(message);
  if (errno === EADDRINUSE) return new Deno.errors.AddrInUse(message);
  if (errno === EACCES) return new Deno.errors.PermissionDenied(message);
  return new Error(message);
}
