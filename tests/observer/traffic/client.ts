// Sends paced requests over keep-alive connections, phase by phase, with kubelet's probes beside
// them. Takes a plan as JSON; prints a log of what it saw as JSON.

import { Stream } from "../../bpf/traffic/stream.ts";

export interface Phase {
  readonly seconds: number;
  readonly ratePerSecond: number;
  /** How late the backend answers; over five times the p99 of what went before where `isSlow`. */
  readonly delayMs: number;
  readonly isSlow?: true;
  readonly shareOf503: number;
  /** Status that a probe gets, twice a second; 0: no probes. */
  readonly probeStatus: number;
  /** Probes get no answer, and give up after a second. */
  readonly probesHang?: boolean;
}

export interface ProbeLog {
  readonly beganMs: number;
  /** Until it was answered or given up. */
  readonly tookMs: number;
  readonly isAnswered: boolean;
  readonly status: number;
}

/** Times of the epoch in ms. */
export interface ClientLog {
  readonly phases: readonly { readonly beganMs: number; readonly delayMs: number }[];
  /** By id, microseconds. */
  readonly tookUs: Readonly<Record<string, number>>;
  readonly endedMs: Readonly<Record<string, number>>;
  readonly probes: readonly ProbeLog[];
}

export interface Plan {
  readonly hostname: string;
  readonly port: number;
  readonly connections: number;
  readonly phases: readonly Phase[];
}

const ENCODER = new TextEncoder();
const TICK_MS = 2;
const PROBE_MS = 500;
/** As kubelet's, where nothing else is stated. */
const PROBE_TIMEOUT_MS = 1000;

const plan = JSON.parse(Deno.args[0]) as Plan;
const tookUs: Record<string, number> = {};
const endedMs: Record<string, number> = {};
const probes: ProbeLog[] = [];
const phases: { beganMs: number; delayMs: number }[] = [];
let phase = plan.phases[0];
let delayMs = 0;
let allowed = 0, issued = 0, isOver = false;
let waiting: (() => void)[] = [];

async function exchange(stream: Stream, conn: Deno.TcpConn, id: string, path: string, agent = "x") {
  const startMs = performance.now();
  const text = `GET ${path} HTTP/1.1\r\nHost: b\r\nUser-Agent: ${agent}\r\n\r\n`;
  await conn.write(ENCODER.encode(text));
  const head = await stream.head();
  if (head?.fields.get("x-id") !== id) throw new Error(`no answer to ${id}`);
  await stream.skipBody(head);
  tookUs[id] = (performance.now() - startMs) * 1000;
  endedMs[id] = Date.now();
}

async function open() {
  const conn = await Deno.connect({ hostname: plan.hostname, port: plan.port });
  conn.setNoDelay(true);
  return { conn, stream: new Stream(conn) };
}

async function work(): Promise<void> {
  const { conn, stream } = await open();
  for (;;) {
    while (!isOver && issued >= allowed) await new Promise<void>((go) => waiting.push(go));
    if (isOver) break;
    const ordinal = issued++;
    const status = ordinal % 100 < phase.shareOf503 * 100 ? 503 : 200;
    await exchange(stream, conn, String(ordinal), `/${ordinal}/${delayMs}/${status}`);
  }
  conn.close();
}

async function probe(): Promise<void> {
  for (let ordinal = 0; !isOver; ordinal++) {
    await new Promise((go) => setTimeout(go, PROBE_MS));
    const { probeStatus: status, probesHang } = phase;
    if (status === 0) continue;
    const { conn, stream } = await open();
    const beganMs = Date.now();
    if (probesHang) {
      const text = "GET /probe HTTP/1.1\r\nHost: b\r\nUser-Agent: kube-probe/1.34\r\n";
      await conn.write(ENCODER.encode(`${text}X-Delay: 3600000\r\n\r\n`));
      await new Promise((go) => setTimeout(go, PROBE_TIMEOUT_MS));
    } else {
      // One path for all probes of a target, as kubelet has it.
      const agent = `kube-probe/1.34\r\nX-Status: ${status}`;
      await exchange(stream, conn, "probe", "/probe", agent);
    }
    conn.close();
    probes.push({ beganMs, tookMs: Date.now() - beganMs, isAnswered: !probesHang, status });
  }
}

/** Over twice what the observer may think usual, however busy the machine was while it learnt. */
function slowMs(atLeastMs: number): number {
  const sortedUs = Object.values(tookUs).sort((left, right) => left - right);
  return Math.max(atLeastMs, Math.ceil(5 * sortedUs[Math.floor(0.99 * sortedUs.length)] / 1000));
}

function wake(): void {
  const woken = waiting;
  waiting = [];
  for (const go of woken) go();
}

const workers = Array.from({ length: plan.connections }, work);
const probing = plan.phases.some(({ probeStatus }) => probeStatus > 0) ? probe() : null;
for (phase of plan.phases) {
  delayMs = phase.isSlow ? slowMs(phase.delayMs) : phase.delayMs;
  phases.push({ beganMs: Date.now(), delayMs });
  const startMs = performance.now();
  const before = allowed;
  for (let passed = 0; passed < phase.seconds;) {
    await new Promise((go) => setTimeout(go, TICK_MS));
    passed = Math.min(phase.seconds, (performance.now() - startMs) / 1000);
    allowed = before + Math.floor(passed * phase.ratePerSecond);
    wake();
  }
}
isOver = true;
wake();
await Promise.all(workers);
await probing;
console.log(JSON.stringify({ phases, tookUs, endedMs, probes } satisfies ClientLog));
