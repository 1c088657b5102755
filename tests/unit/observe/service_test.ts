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
}

/** Plays seconds with long-tailed latencies and 0.5% of 5xx; gives the events. */
function play(seconds: number, at: (second: number) => Second): string[] {
  const random = seededRandom(7);
  const service = new ObservedService("shop/cart", new SketchPool(MODULE), THRESHOLDS);
  const events: string[] = [];
  for (let second = 0; second < seconds; second++) {
    const { requests, medianUs } = at(second);
    for (let index = 0; index < requests; index++) {
      const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      service.known(random() < 0.005 ? 500 : 200, medianUs * Math.exp(0.5 * normal));
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
