// A TCP relay between RAUTA and the API server, which counts connections and can fail in the ways
// that a network does. Argument: HOST:PORT of the target. First output line: the port it listens on.
// Each line of standard input is a command; each is answered with the connections accepted so far:
//   open    forward                     cut     end all connections, forward new ones
//   refuse  end all connections and every new one at once
//   deaf    those that are open now stay open and forward nothing any more; new ones are forwarded

import { TextLineStream } from "./text_lines.ts";

const [targetHost, targetPort] = Deno.args[0].split(":");
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
interface Joined {
  readonly near: Deno.Conn;
  readonly far: Deno.Conn;
  isDeaf: boolean;
}
const joined = new Set<Joined>();
let isRefusing = false;
let accepted = 0;

function end(pair: Joined): void {
  joined.delete(pair);
  for (const side of [pair.near, pair.far]) {
    try {
      side.close();
    } catch {
      // Closed already.
    }
  }
}

async function pipe(pair: Joined, from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  try {
    for (;;) {
      const count = await from.read(buffer);
      // Deaf: nothing passes, not even the end.
      if (pair.isDeaf) return;
      if (count === null) break;
      for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
    }
  } catch {
    // One side is gone; so is the other in a moment.
  }
  if (!pair.isDeaf) end(pair);
}

async function accept(near: Deno.Conn): Promise<void> {
  accepted++;
  if (isRefusing) return near.close();
  try {
    const far = await Deno.connect({ hostname: targetHost, port: Number(targetPort) });
    const pair = { near, far, isDeaf: false };
    joined.add(pair);
    void pipe(pair, near, far);
    void pipe(pair, far, near);
  } catch {
    near.close();
  }
}

async function acceptAll(): Promise<void> {
  for await (const near of listener) void accept(near);
}

console.log(listener.addr.port);
void acceptAll();
for await (
  const command of Deno.stdin.readable.pipeThrough(new TextDecoderStream()).pipeThrough(
    new TextLineStream(),
  )
) {
  isRefusing = command === "refuse";
  if (command === "deaf") { for (const pair of joined) pair.isDeaf = true; }
  if (command === "cut" || command === "refuse") { for (const pair of [...joined]) end(pair); }
  console.log(accepted);
}
Deno.exit(0);
