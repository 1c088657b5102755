// Ports for what tests start, each given once at a time on this machine: a port that was only free a
// moment ago may be somebody else's by the time it is bound, and with SO_REUSEPORT even be shared.
// Gives numbers below those that the kernel hands out by itself. Binds nothing that stays but its lock.

const FIRST = 12_000;
const LAST = 28_000;
const BLOCK = 64;

/**
 * A block of ports is this module's until its process ends, however it ends: the UDP socket of the
 * block's first number is the lock. Taken when the module is loaded, so that no test leaks it.
 */
function takeBlock(): { first: number; lock: Deno.DatagramConn } {
  const blocks = (LAST - FIRST) / BLOCK;
  const start = Math.floor(Math.random() * blocks);
  for (let tries = 0; tries < blocks; tries++) {
    const first = FIRST + ((start + tries) % blocks) * BLOCK;
    try {
      const lock = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: first });
      return { first, lock };
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`every port between ${FIRST} and ${LAST} is taken by tests that still run`);
}

const block = takeBlock();
let next = 0;

/** A TCP port of 127.0.0.1 that nobody has, and that nobody else is given before 63 others were. */
export function freePort(): number {
  for (let tries = 0; tries < BLOCK; tries++) {
    const port = block.first + next++ % BLOCK;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`no port is free from ${block.first} to ${block.first + BLOCK - 1}`);
}
