// Sends paced requests over many connections and waits for every answer.
// Takes a plan as JSON; prints as JSON how many were answered, in how many seconds.
// Never sends ahead: one request at a time on a connection.

import { Stream } from "./stream.ts";

export interface Plan {
  readonly hostname: string;
  readonly port: number;
  readonly requests: number;
  readonly ratePerSecond: number; // of all connections together
  readonly connections: number;
  readonly closes: boolean; // a connection per request
  /** The kinds of request, taken in turn: small, post, large, chunked. */
  readonly kinds: readonly string[];
}

const TICK_MS = 5;
const ENCODER = new TextEncoder();
const LARGE = new Uint8Array(256 * 1024).fill(0x2d);

let issued = 0, answered = 0, allowed = 0;
let wake: (() => void)[] = [];

function request(plan: Plan, ordinal: number): [Uint8Array, ...Uint8Array[]] {
  const kind = plan.kinds[ordinal % plan.kinds.length];
  const target = kind === "post" ? "small" : kind;
  const method = kind === "small" ? "GET" : "POST";
  let head = `${method} /${ordinal}/${target} HTTP/1.1\r\nHost: backend.test\r\n`;
  if (plan.closes) head += "Connection: close\r\n";
  // Heads of many lengths, below and above the 256 bytes that are captured.
  head += `X-Filler: ${"f".repeat(ordinal * 7 % 331)}\r\n`;
  if (kind === "small") return [ENCODER.encode(`${head}\r\n`)];
  if (kind === "post") return [ENCODER.encode(`${head}Content-Length: 11\r\n\r\nGET / HTTP/`)];
  if (kind === "large") {
    return [ENCODER.encode(`${head}Content-Length: ${LARGE.length}\r\n\r\n`), LARGE];
  }
  const chunks = ["1\r\nG\r\n", "a\r\nET / HTTP/\r\n", "0\r\n\r\n"];
  const chunked = ENCODER.encode(`${head}Transfer-Encoding: chunked\r\n\r\n`);
  return [chunked, ...chunks.map((chunk) => ENCODER.encode(chunk))];
}

/** The next request's number, when its time has come; null after the last. */
async function next(plan: Plan): Promise<number | null> {
  while (issued < plan.requests && issued >= allowed) {
    await new Promise<void>((resolve) => wake.push(resolve));
  }
  return issued < plan.requests ? issued++ : null;
}

async function open(plan: Plan): Promise<{ conn: Deno.TcpConn; stream: Stream }> {
  const conn = await Deno.connect({ hostname: plan.hostname, port: plan.port });
  conn.setNoDelay(true);
  return { conn, stream: new Stream(conn) };
}

async function exchange(
  { conn, stream }: { conn: Deno.TcpConn; stream: Stream },
  plan: Plan,
  ordinal: number,
): Promise<void> {
  for (const part of request(plan, ordinal)) {
    for (let at = 0; at < part.length;) at += await conn.write(part.subarray(at));
  }
  const head = await stream.head();
  if (head?.fields.get("x-id") !== String(ordinal)) throw new Error(`no answer to ${ordinal}`);
  await stream.skipBody(head);
  answered++;
}

async function work(plan: Plan): Promise<void> {
  let link = plan.closes ? null : await open(plan);
  for (let ordinal = await next(plan); ordinal !== null; ordinal = await next(plan)) {
    link ??= await open(plan);
    await exchange(link, plan, ordinal);
    if (plan.closes) {
      link.conn.close();
      link = null;
    }
  }
  link?.conn.close();
}

if (import.meta.main) {
  const plan = JSON.parse(Deno.args[0]) as Plan;
  const startMs = performance.now();
  const pace = setInterval(() => {
    allowed = Math.floor((performance.now() - startMs) / 1000 * plan.ratePerSecond);
    const waiting = wake;
    wake = [];
    for (const resolve of waiting) resolve();
  }, TICK_MS);
  await Promise.all(Array.from({ length: plan.connections }, () => work(plan)));
  clearInterval(pace);
  const seconds = (performance.now() - startMs) / 1000;
  console.log(JSON.stringify({ answered, seconds }));
}
