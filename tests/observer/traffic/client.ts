// Sends paced requests over keep-alive connections, phase by phase, with kubelet's probes beside
// them. Takes a plan as JSON; prints as JSON when each phase began (ms since the epoch) and how long
// each answer took (id -> microseconds).

import { Stream } from "../../bpf/traffic/stream.ts";

export interface Phase {
  readonly seconds: number;
  readonly ratePerSecond: number;
  readonly delayMs: number;
  readonly shareOf503: number;
  /** Status that a probe gets, twice a second; 0: no probes. */
  readonly probeStatus: number;
  /** Probes get no answer, and give up after a second. */
  readonly probesHang?: boolean;
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
const beganMs: number[] = [];
let phase = plan.phases[0];
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
    await exchange(stream, conn, String(ordinal), `/${ordinal}/${phase.delayMs}/${status}`);
  }
  conn.close();
}

async function probe(): Promise<void> {
  for (let ordinal = 0; !isOver; ordinal++) {
    await new Promise((go) => setTimeout(go, PROBE_MS));
    if (phase.probeStatus === 0) continue;
    const { conn, stream } = await open();
    if (phase.probesHang) {
      const text = "GET /probe HTTP/1.1\r\nHost: b\r\nUser-Agent: kube-probe/1.34\r\n";
      await conn.write(ENCODER.encode(`${text}X-Delay: 3600000\r\n\r\n`));
      await new Promise((go) => setTimeout(go, PROBE_TIMEOUT_MS));
      conn.close();
      continue;
    }
    // One path for all probes of a target, as kubelet has it.
    const agent = `kube-probe/1.34\r\nX-Status: ${phase.probeStatus}`;
    await exchange(stream, conn, "probe", "/probe", agent);
    conn.close();
  }
}

function wake(): void {
  const woken = waiting;
  waiting = [];
  for (const go of woken) go();
}

const workers = Array.from({ length: plan.connections }, work);
const probing = plan.phases.some(({ probeStatus }) => probeStatus > 0) ? probe() : null;
for (phase of plan.phases) {
  beganMs.push(Date.now());
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
console.log(JSON.stringify({ beganMs, tookUs }));
