// The C library's socket calls, as this process may use them: numbers and views in, numbers out.
// Signatures are those of Linux on x86_64 and aarch64. Sizes are given as u32, since no buffer of ours
// is larger: so every call that a request needs stays a direct one, without objects made for it.

import { LIBC_PATHS } from "./libc_paths.ts";

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  /** The same on a thread of the runtime, so that this one can do something else meanwhile. */
  epoll_wait_aside: {
    name: "epoll_wait",
    parameters: ["i32", "buffer", "i32", "i32"],
    result: "i32",
    nonblocking: true,
  },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
  /** Reads errno: memory of the process itself is out of reach of the permission that is given. */
  memcpy: { parameters: ["buffer", "pointer", "u32"], result: "void" },
} as const;

export type Libc = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** The path of the C library where this process may call it; undefined where it may or can not. */
export function findLibc(): string | undefined {
  const { os, arch } = Deno.build;
  if (os !== "linux" || (arch !== "x86_64" && arch !== "aarch64")) return undefined;
  return LIBC_PATHS.find((path) => isGranted(path) && canOpen(path));
}

function isGranted(path: string): boolean {
  return Deno.permissions.querySync({ name: "ffi", path }).state === "granted";
}

function canOpen(path: string): boolean {
  try {
    Deno.dlopen(path, { close: SYMBOLS.close }).close();
    return true;
  } catch {
    return false;
  }
}

/** @throws {Error} where the library can't be opened; findLibc has said that it can. */
export function openLibc(path: string): Libc {
  return Deno.dlopen(path, SYMBOLS).symbols;
}

/**
 * Reads errno of the thread that calls. Right after a call that failed: the runtime makes calls of
 * its own in between otherwise.
 */
export function createErrno(libc: Libc): () => number {
  const location = libc.__errno_location();
  const value = new Int32Array(1);
  const bytes = new Uint8Array(value.buffer);
  return () => {
    libc.memcpy(bytes, location, bytes.length);
    return value[0]!;
  };
}
