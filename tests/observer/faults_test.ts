// Faults staged for real: a slow backend, a failing one, a failing probe. Each makes one event when
// it begins and one when it is over, for the right service. What else the machine makes slow, the
// client's own clock has to bear witness to.

import { assertEquals } from "../assert.ts";
import { bpfTest } from "../bpf/prepare.ts";
import type { EventType, ObserverEvent } from "../../src/observe/events/event.ts";
import { observe, type Outcome } from "./lab.ts";

const USUAL = { seconds: 9, ratePerSecond: 300, delayMs: 5, shareOf503: 0, probeStatus: 200 };
const SLOW = 1, FAILING = 3;
const PHASES = [
  // Long enough for the first answers of a cold start to be well under 1% of the baseline.
  { ...USUAL, seconds: 20 },
  { ...USUAL, delayMs: 50, isSlow: true },
  { ...USUAL, seconds: 12 },
  { ...USUAL, shareOf503: 0.3 },
  { ...USUAL, seconds: 12 },
  { ...USUAL, seconds: 4, probeStatus: 500 },
  { ...USUAL, seconds: 4 },
  { ...USUAL, seconds: 8, probesHang: true },
  { ...USUAL, seconds: 4 },
] as const;
const WINDOW_MS = 5000;

interface Episode {
  readonly onset: ObserverEvent;
  readonly beganMs: number;
  readonly endedMs: number;
}

/** Onset and recovery in turns. */
function episodesOf(events: readonly ObserverEvent[], type: EventType): Episode[] {
  const own = events.filter((event) => event.type === type);
  return own.flatMap((event, at) => {
    assertEquals(event.subtype, at % 2 === 0 ? "onset" : "recovery", `${type} ${at}`);
    if (at % 2 === 1) return [];
    const end = own[at + 1];
    const endedMs = end ? Date.parse(end.time) : Infinity;
    return [{ onset: event, beganMs: Date.parse(event.time), endedMs }];
  });
}

/** Known exchanges of the backend's service as the kernel saw them, at their responses' wall times. */
function seenOf({ exchanges, wallMs }: Outcome) {
  return exchanges.flatMap((exchange) => {
    if (exchange.outcome === "unknown") return [];
    const { status } = exchange.response.head;
    const isProbe = exchange.request.head.userAgent.startsWith("kube-probe/");
    const ms = exchange.latencyUs / 1000;
    return [{ atMs: wallMs(exchange.response.tsUs), ms, status, isProbe }];
  }).sort((left, right) => left.atMs - right.atMs);
}

/**
 * The end of the second behind the first one since `fromMs` at which five, and a tenth, of the responses of the last
 * five seconds are bad: by then an episode has to be known.
 */
function dueMs<Seen extends { readonly atMs: number }>(
  seen: readonly Seen[],
  fromMs: number,
  isBad: (seen: Seen) => boolean,
): number {
  const firstMs = Math.ceil(fromMs / 1000) * 1000;
  for (let endMs = firstMs; endMs < firstMs + 60_000; endMs += 1000) {
    const window = seen.filter(({ atMs }) => atMs >= endMs - WINDOW_MS && atMs < endMs);
    const bad = window.filter(isBad).length;
    if (bad >= 5 && bad >= 0.1 * window.length) return endMs + 1000;
  }
  throw new Error("the fault was not staged");
}

function covering(episodes: readonly Episode[], atMs: number, what: string): Episode {
  const found = episodes.find(({ beganMs, endedMs }) => beganMs <= atMs && atMs < endedMs);
  if (!found) throw new Error(`${what}: not told at ${new Date(atMs).toISOString()}`);
  return found;
}

bpfTest(
  "a slow, a failing backend and a failing probe make their events, once an episode",
  async () => {
    const outcome = await observe(PHASES, 20);
    const { events, client } = outcome;
    const told = events.map(({ time, type, subtype, message }) =>
      `${time} ${type} ${subtype} ${message}`
    ).join("\n");
    console.log(told);
    for (const { k8s_context } of events) assertEquals(k8s_context.service, "shop/cart");
    const seen = seenOf(outcome);
    const began = (phase: number) => client.phases[phase].beganMs;

    const slow = episodesOf(events, "SlowResponse");
    const { delayMs } = client.phases[SLOW];
    covering(slow, dueMs(seen, began(SLOW), ({ ms }) => ms >= delayMs), `slow\n${told}`);
    for (const { onset, beganMs } of slow) {
      const limitMs = 2 * (onset.baseline?.value ?? NaN);
      const late = Object.entries(client.tookUs).filter(([id, us]) => {
        const beforeMs = beganMs - client.endedMs[id];
        return us / 1000 > limitMs && Math.abs(beforeMs) < 2 * WINDOW_MS;
      });
      assertEquals(late.length >= 5, true, `the client knows of nothing slow\n${told}`);
    }

    const [failing, ...others] = episodesOf(events, "ErrorRate");
    assertEquals([failing?.endedMs < Infinity, others], [true, []], told);
    const failingDueMs = dueMs(seen, began(FAILING), ({ status }) => status === 503);
    assertEquals(
      [failing.beganMs > began(FAILING), failing.beganMs <= failingDueMs],
      [true, true],
      told,
    );

    const probing = episodesOf(events, "HealthCheck");
    const failed = client.probes.filter(({ status, isAnswered, tookMs }) =>
      status !== 200 || !isAnswered || tookMs >= 1000
    );
    const first = failed.find(({ status }) => status === 500)!;
    covering(probing, first.beganMs + first.tookMs, `failing probe\n${told}`);
    const hanging = failed.filter(({ isAnswered }) => !isAnswered);
    const { beganMs: lastMs, tookMs: lastTookMs } = hanging[hanging.length - 1];
    const isTold = probing.some(({ beganMs }) =>
      beganMs >= hanging[0].beganMs && beganMs <= lastMs + lastTookMs + WINDOW_MS
    );
    assertEquals(isTold, true, `hanging probe\n${told}`);
    for (const { beganMs, endedMs } of probing) {
      const isTrue = failed.some((probe) =>
        probe.beganMs <= beganMs && beganMs <= probe.beganMs + probe.tookMs + WINDOW_MS
      );
      assertEquals([isTrue, endedMs < Infinity], [true, true], told);
    }
    // Told apart by the probes that succeeded between them.
    assertEquals(probing.length >= 2, true, told);
  },
);
