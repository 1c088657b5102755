// What people set is what services go by: each setting moves the moment at which an event begins.

import { assertEquals } from "../../assert.ts";
import { readConfig } from "../../../src/config.ts";
import { SketchPool } from "../../../src/core/sketches.ts";
import { BASELINE_OPTIONS } from "../../../src/observe/services/baseline.ts";
import { ObservedService } from "../../../src/observe/services/service.ts";
import { type ObserverSettings, thresholdsOf } from "../../../src/observe/services/settings.ts";
import { ERROR_RATE_THRESHOLDS } from "../../../src/observe/processors/error_rate.ts";
import { HEALTH_CHECK_THRESHOLDS } from "../../../src/observe/processors/health_check.ts";
import { SLOW_RESPONSE_THRESHOLDS } from "../../../src/observe/processors/slow_response.ts";

const MODULE = await WebAssembly.compile(await Deno.readFile("build/measure.wasm"));

function settings(env: Record<string, string> = {}): ObserverSettings {
  const input = { args: ["--config=x"], env: (name: string) => env[name], cores: 1 };
  const result = readConfig({ ...input, isTerminal: false });
  if (result.kind === "invalid") throw new Error(result.problems.join("; "));
  return result.config.observer;
}

interface Second {
  readonly latencyUs: number;
  readonly failed?: number;
}

/** Plays seconds of 100 responses each; gives the events with their messages. */
function play(env: Record<string, string>, seconds: readonly Second[]) {
  const thresholds = thresholdsOf(settings(env));
  const service = new ObservedService("shop/cart", new SketchPool(MODULE), thresholds);
  return seconds.flatMap(({ latencyUs, failed = 0 }, second) => {
    for (let index = 0; index < 100; index++) service.known(index < failed ? 503 : 200, latencyUs);
    return service.second(second * 1000, 0).map(({ type, subtype, message }) => ({
      said: `${second} ${type} ${subtype}`,
      message,
    }));
  });
}

function usualThen(count: number, then: Second, more = 1): Second[] {
  const usual: Second[] = Array(count).fill({ latencyUs: 10_000 });
  return [...usual, ...Array<Second>(more).fill(then)];
}

Deno.test("the defaults are the thresholds that the documentation states", () => {
  assertEquals(thresholdsOf(settings()), {
    slow: SLOW_RESPONSE_THRESHOLDS,
    errors: ERROR_RATE_THRESHOLDS,
    baseline: BASELINE_OPTIONS,
    probes: HEALTH_CHECK_THRESHOLDS,
  });
});

Deno.test("the slow factor decides, and the message states the limit that held", () => {
  const slower = usualThen(20, { latencyUs: 25_000 });
  const [event] = play({}, slower);
  assertEquals(event.said, "20 SlowResponse onset");
  const [, limit, usual] = /took over ([\d.]+) ms; the usual p99 is ([\d.]+) ms/
    .exec(event.message) ?? [];
  assertEquals([Number(limit) / Number(usual), Math.round(Number(usual))], [2, 10]);
  assertEquals(play({ RAUTA_OBSERVER_SLOW_FACTOR: "3" }, slower), []);
});

Deno.test("the floor keeps fast services from being called slow", () => {
  const usual: Second[] = Array(20).fill({ latencyUs: 500 });
  const slower = [...usual, { latencyUs: 3_000 }];
  assertEquals(play({}, slower), []);
  const [event] = play({ RAUTA_OBSERVER_SLOW_FLOOR_MS: "1" }, slower);
  assertEquals(event.said, "20 SlowResponse onset");
});

Deno.test("there is no baseline before so many samples", () => {
  const slower = usualThen(20, { latencyUs: 50_000 });
  assertEquals(play({ RAUTA_OBSERVER_BASELINE_SAMPLES: "2200" }, slower), []);
  assertEquals(play({ RAUTA_OBSERVER_BASELINE_SAMPLES: "1900" }, slower).length, 1);
});

Deno.test("share and count of errors decide", () => {
  const failing = usualThen(20, { latencyUs: 10_000, failed: 30 });
  assertEquals(play({}, failing)[0].said, "20 ErrorRate onset");
  // 30 of the window's 500 are 6%.
  assertEquals(play({ RAUTA_OBSERVER_ERROR_SHARE: "0.07" }, failing), []);
  assertEquals(play({ RAUTA_OBSERVER_ERROR_COUNT: "31" }, failing), []);
});

Deno.test("the window is how much is looked at together", () => {
  const failing = usualThen(20, { latencyUs: 10_000, failed: 30 });
  // 30 of 1,000 are less than 5%.
  assertEquals(play({ RAUTA_OBSERVER_WINDOW_SECONDS: "10" }, failing), []);
  assertEquals(play({ RAUTA_OBSERVER_WINDOW_SECONDS: "2" }, failing).length, 1);
});
