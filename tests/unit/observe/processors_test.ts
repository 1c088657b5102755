import { assertEquals } from "../../assert.ts";
import type { EventDraft } from "../../../src/observe/events/event.ts";
import {
  ERROR_RATE_INITIAL,
  ERROR_RATE_THRESHOLDS,
  stepErrorRate,
} from "../../../src/observe/processors/error_rate.ts";
import {
  HEALTH_CHECK_INITIAL,
  HEALTH_CHECK_THRESHOLDS,
  isProbe,
  type ProbeOutcome,
  stepHealthCheck,
} from "../../../src/observe/processors/health_check.ts";
import type { ServiceSecond } from "../../../src/observe/processors/service_second.ts";
import {
  SLOW_RESPONSE_INITIAL,
  SLOW_RESPONSE_THRESHOLDS,
  stepSlowResponse,
} from "../../../src/observe/processors/slow_response.ts";

function second(part: Partial<ServiceSecond>): ServiceSecond {
  return {
    endMs: 0,
    answered: 100,
    serverErrors: 0,
    slow: 0,
    unknown: 0,
    lostRecords: 0,
    baselineP99Us: 10_000,
    highestUs: 9_000,
    ...part,
  };
}

function named(events: readonly EventDraft[], index: number): string[] {
  return events.map((event) => `${index} ${event.type} ${event.subtype}`);
}

function slowRun(seconds: readonly ServiceSecond[], thresholds = SLOW_RESPONSE_THRESHOLDS) {
  let state = SLOW_RESPONSE_INITIAL;
  const said: string[] = [];
  let relearnt = false;
  seconds.forEach((each, index) => {
    const step = stepSlowResponse(state, each, thresholds);
    state = step.state;
    relearnt ||= step.relearn;
    said.push(...named(step.events, index));
  });
  return { said, relearnt };
}

function errorRun(seconds: readonly ServiceSecond[]): string[] {
  let state = ERROR_RATE_INITIAL;
  return seconds.flatMap((each, index) => {
    const step = stepErrorRate(state, each, ERROR_RATE_THRESHOLDS);
    state = step.state;
    return named(step.events, index);
  });
}

function repeat(count: number, part: Partial<ServiceSecond>): ServiceSecond[] {
  return Array.from({ length: count }, () => second(part));
}

Deno.test("a slowed service makes one event when it begins and one when it is over", () => {
  const { said } = slowRun([
    ...repeat(20, {}),
    ...repeat(30, { slow: 95, highestUs: 50_000 }),
    ...repeat(20, {}),
  ]);
  assertEquals(said, ["20 SlowResponse onset", "54 SlowResponse recovery"]);
});

Deno.test("single slow responses, a burst of traffic and seconds without traffic make no event", () => {
  const { said } = slowRun([
    ...repeat(20, { slow: 1 }),
    ...repeat(10, { answered: 5000, slow: 40 }),
    ...repeat(20, { answered: 0 }),
    ...repeat(20, { slow: 1 }),
  ]);
  assertEquals(said, []);
});

Deno.test("without a baseline nothing is slow", () => {
  assertEquals(slowRun(repeat(30, { slow: 100, baselineP99Us: null })).said, []);
});

Deno.test("an episode is not over because the service falls silent", () => {
  const { said } = slowRun([...repeat(3, { slow: 50 }), ...repeat(60, { answered: 0 })]);
  assertEquals(said, ["0 SlowResponse onset"]);
});

Deno.test("what stays slow for long becomes the new normal", () => {
  const thresholds = { ...SLOW_RESPONSE_THRESHOLDS, newNormalSeconds: 10 };
  const { said, relearnt } = slowRun(repeat(11, { slow: 100 }), thresholds);
  assertEquals(said, ["0 SlowResponse onset", "10 SlowResponse new_normal"]);
  assertEquals(relearnt, true);
});

Deno.test("a spike of 5xx makes one event at its beginning and one at its end", () => {
  const said = errorRun([
    ...repeat(20, {}),
    ...repeat(30, { serverErrors: 30 }),
    ...repeat(20, {}),
  ]);
  assertEquals(said, ["20 ErrorRate onset", "54 ErrorRate recovery"]);
});

Deno.test("a service that always answers some 5xx is judged by its own baseline", () => {
  const usual = repeat(400, { serverErrors: 4 });
  assertEquals(errorRun([...usual, ...repeat(20, { serverErrors: 8 })]), []);
  assertEquals(errorRun([...usual, ...repeat(3, { serverErrors: 30 })]), ["400 ErrorRate onset"]);
});

Deno.test("few errors are no spike, however high their share", () => {
  assertEquals(errorRun(repeat(4, { answered: 1, serverErrors: 1 })), []);
});

Deno.test("a spike does not become its own baseline", () => {
  const said = errorRun([
    ...repeat(20, {}),
    ...repeat(600, { serverErrors: 30 }),
    ...repeat(10, {}),
    ...repeat(3, { serverErrors: 30 }),
  ]);
  assertEquals(said.filter((each) => each.endsWith("onset")).length, 2);
});

Deno.test("a failing probe makes one event, and its success another", () => {
  const outcomes: ProbeOutcome[] = [
    { kind: "answered", status: 200, latencyMs: 3 },
    { kind: "answered", status: 503, latencyMs: 3 },
    { kind: "late", waitedMs: 1000 },
    { kind: "refused" },
    { kind: "answered", status: 399, latencyMs: 3 },
    { kind: "answered", status: 200, latencyMs: 3000 },
  ];
  let state = HEALTH_CHECK_INITIAL;
  const said = outcomes.flatMap((outcome, index) => {
    const step = stepHealthCheck(state, outcome, HEALTH_CHECK_THRESHOLDS);
    state = step.state;
    return named(step.events, index);
  });
  assertEquals(said, [
    "1 HealthCheck onset",
    "4 HealthCheck recovery",
    "5 HealthCheck onset",
  ]);
});

Deno.test("probes are told by kubelet's user agent or by a configured path", () => {
  const thresholds = { ...HEALTH_CHECK_THRESHOLDS, paths: ["/healthz"] };
  assertEquals(isProbe("kube-probe/1.36", "/any", thresholds), true);
  assertEquals(isProbe("curl/8", "/healthz", thresholds), true);
  assertEquals(isProbe("curl/8", "/cart", thresholds), false);
  const ours = { ...HEALTH_CHECK_THRESHOLDS, agents: ["kube-probe/", "GoogleHC/"] };
  assertEquals(isProbe("GoogleHC/1.0", "/any", ours), true);
  assertEquals(isProbe("kube-probe/1.36", "/any", { ...ours, agents: ["GoogleHC/"] }), false);
});
