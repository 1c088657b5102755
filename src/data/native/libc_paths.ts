// Where the C library is that the Deno binary is linked with, on the Linux systems that RAUTA knows.
// The launcher and the image give the permission to call it by these paths; nothing else is loaded.

export const LIBC_PATHS: readonly string[] = [
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
  "/lib64/libc.so.6",
];
