// One service over a long time, second by second: what is usual makes no event, what is not makes one.

import { assertEquals } from "../../assert.ts";
import { SketchPool } from "../../../src/core/sketches.ts";
import { ERROR_RATE_THRESHOLDS } from "../../../src/observe/processors/error_rate.ts";
import { SLOW_RESPONSE_THRESHOLDS } from "../../../src/observe/processors/slow_response.ts";
import { ObservedService } from "../../../src/observe/services/service.ts";
import { seededRandom } from "./wire_script.ts";

const MODULE = await WebAssembly.compile(await Deno.readFile("build/measure.wasm"));
const THRESHOLDS = { slow: SLOW_RESPONSE_THRESHOLDS, errors: ERROR_RATE_THRESHOLDS };

interface Second {
  readonly requests: number;
  readonly medianUs: number;
  /** This share takes so many times as long. */
  readonly slowShare?: number;
  readonly slowTimes?: number;
}

/** Plays seconds with long-tailed latencies and 0.5% of 5xx; gives the events. */
function play(seconds: number, at: (second: number) => Second): string[] {
  const random = seededRandom(7);
  const service = new ObservedService("shop/cart", new SketchPool(MODULE), THRESHOLDS);
  const events: string[] = [];
  for (let second = 0; second < seconds; second++) {
    const { requests, medianUs, slowShare = 0, slowTimes = 1 } = at(second);
    for (let index = 0; index < requests; index++) {
      const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      const times = random() < slowShare ? slowTimes : 1;
      service.known(random() < 0.005 ? 500 : 200, times * medianUs * Math.exp(0.5 * normal));
    }
    for (const { type, subtype } of service.second(second * 1000, 0)) {
      events.push(`${second} ${type} ${subtype}`);
    }
  }
  return events;
}

Deno.test("a quiet hour makes no event", () => {
  assertEquals(play(3600, () => ({ requests: 100, medianUs: 5000 })), []);
});

Deno.test("a slow drift to three times the latency makes no event", () => {
  assertEquals(play(3600, (at) => ({ requests: 100, medianUs: 5000 + at * 2.8 })), []);
});

Deno.test("a burst of twenty times the traffic makes no event", () => {
  const requests = (at: number) => at >= 300 && at < 330 ? 2000 : 100;
  assertEquals(play(600, (at) => ({ requests: requests(at), medianUs: 5000 })), []);
});

Deno.test("ten minutes of slowness are one episode and no part of the baseline", () => {
  const medianUs = (at: number) => at >= 300 && at < 900 ? 50_000 : 5000;
  const events = play(1500, (at) => ({ requests: 100, medianUs: medianUs(at) }));
  assertEquals(events, ["300 SlowResponse onset", "904 SlowResponse recovery"]);
});

Deno.test("a few slow responses for minutes do not hide that later all are slow", () => {
  const events = play(1200, (at) => {
    if (at >= 900) return { requests: 100, medianUs: 60_000 };
    return { requests: 100, medianUs: 5000, slowShare: at < 300 ? 0 : 0.04, slowTimes: 50 };
  });
  assertEquals(events, ["900 SlowResponse onset"]);
});

Deno.test("latency that creeps up within minutes does not take its baseline along", () => {
  const events = play(600, (at) => ({
    requests: 100,
    medianUs: 5000 * 2 ** (Math.max(0, at - 300) / 70),
  }));
  assertEquals(events.map((event) => event.replace(/^\d+ /, "")), ["SlowResponse onset"]);
});

Deno.test("slowness that comes and goes each second is found and does not become usual", () => {
  const events = play(1500, (at) => ({
    requests: 100,
    medianUs: at >= 300 && at < 900 && at % 2 === 0 ? 50_000 : 5000,
  }));
  assertEquals(events, ["300 SlowResponse onset", "903 SlowResponse recovery"]);
});

Deno.test("slow responses at the beginning are forgotten once they are not usual", () => {
  const medianUs = (at: number) => at < 10 ? 50_000 : at < 900 ? 5000 : 40_000;
  const events = play(960, (at) => ({ requests: 100, medianUs: medianUs(at) }));
  assertEquals(events, ["900 SlowResponse onset"]);
});
