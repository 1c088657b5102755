// Pairing against made-up connections whose truth is known. Invariants: a known pairing is a true
// one; nothing that is not an exchange is emitted; without losses every exchange is emitted once.

import { assertEquals } from "../../assert.ts";
import { Pairing } from "../../../src/observe/pairing/pairing.ts";
import type { HttpSegment } from "../../../src/observe/pairing/types.ts";
import { seededRandom, TcpScript, type TrueRecord } from "./tcp_script.ts";

interface Run {
  readonly exchanges: number;
  known: number;
  unknown: number;
  mispaired: number;
  phantoms: number;
  doubled: number;
  lost: number;
  ambiguous: number;
}

interface RunOptions {
  readonly seed: number;
  readonly connections: number;
  readonly dropEvery: number;
  readonly isPlain: boolean;
  readonly depth: number;
}

const EXCHANGES_EACH = 60;

function play(options: RunOptions): Run {
  const random = seededRandom(options.seed);
  const truth = new Map<HttpSegment, TrueRecord>();
  const seen = new Set<number>();
  const run: Run = {
    exchanges: options.connections * EXCHANGES_EACH,
    known: 0,
    unknown: 0,
    mispaired: 0,
    phantoms: 0,
    doubled: 0,
    lost: 0,
    ambiguous: 0,
  };
  const pairing = new Pairing((exchange) => {
    const request = exchange.request ? truth.get(exchange.request) : null;
    const response = exchange.response ? truth.get(exchange.response) : null;
    const id = request?.id ?? response?.id ?? null;
    if (id === null) {
      run.phantoms++;
      return;
    }
    if (seen.has(id)) run.doubled++;
    seen.add(id);
    if (exchange.outcome === "unknown") {
      run.unknown++;
      return;
    }
    run.known++;
    if (request?.id !== response?.id || !response?.isFinal) run.mispaired++;
  });
  let sent = 0;
  for (let index = 0; index < options.connections; index++) {
    const script = new TcpScript(random, {
      exchanges: EXCHANGES_EACH,
      firstId: index * EXCHANGES_EACH,
      startUs: 1_000_000 + index * 100_000,
      depth: options.depth,
      isPlain: options.isPlain,
    });
    const words = new Uint32Array([0, 0, 0xffff, index, 0, 0, 0xffff, 1, (5000 << 16) | 80, 1]);
    const reversed = new Uint32Array([0, 0, 0xffff, 1, 0, 0, 0xffff, index, (80 << 16) | 5000, 1]);
    const delivered = [...script.run()];
    for (let at = 1; at < delivered.length; at++) {
      if (random() < 0.05) {
        [delivered[at - 1], delivered[at]] = [delivered[at], delivered[at - 1]];
      }
    }
    for (const record of delivered) {
      sent++;
      if (options.dropEvery > 0 && sent % options.dropEvery === 0) continue;
      truth.set(record.segment, record);
      pairing.push(record.fromClient ? words : reversed, record.segment);
      pairing.tick(record.segment.tsUs);
    }
    pairing.flush();
    truth.clear();
  }
  run.lost = pairing.counts.lost;
  run.ambiguous = pairing.counts.ambiguous;
  return run;
}

/** REPLAY_CONNECTIONS=16667 plays a million exchanges a test. */
const CONNECTIONS = Number(Deno.env.get("REPLAY_CONNECTIONS") ?? 1_000);

Deno.test("plain keep-alive without losses: every exchange is known", () => {
  const run = play({ seed: 1, connections: CONNECTIONS, dropEvery: 0, isPlain: true, depth: 1 });
  assertEquals([run.mispaired, run.phantoms, run.doubled], [0, 0, 0]);
  assertEquals(run.known, run.exchanges);
});

/** Exchanges that were not emitted are at most as many as what was counted as lost or ambiguous. */
function assertAccounted(run: Run): void {
  assertEquals([run.mispaired, run.phantoms, run.doubled], [0, 0, 0]);
  const missing = run.exchanges - run.known - run.unknown;
  assertEquals(missing >= 0 && missing <= run.lost + run.ambiguous, true, JSON.stringify(run));
}

for (const depth of [1, 5]) {
  for (const dropEvery of [0, 10]) {
    const losses = dropEvery === 0 ? "no losses" : "each tenth record lost";
    Deno.test(`every awkward case, ${depth} outstanding, ${losses}: none wrong`, () => {
      for (let seed = 2; seed < 4; seed++) {
        const run = play({ seed, connections: CONNECTIONS, dropEvery, isPlain: false, depth });
        assertAccounted(run);
        const isSequential = depth === 1 && dropEvery === 0;
        if (isSequential) assertEquals(run.known > 0.8 * run.exchanges, true, JSON.stringify(run));
      }
    });
  }
}

Deno.test("plain keep-alive, each tenth record lost: what is known is most of what was seen", () => {
  const run = play({ seed: 4, connections: CONNECTIONS, dropEvery: 10, isPlain: true, depth: 1 });
  assertAccounted(run);

  assertEquals(run.known > 0.5 * run.exchanges, true, JSON.stringify(run));
});
