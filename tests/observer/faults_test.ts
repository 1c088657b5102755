// Faults staged for real: a slow backend, a failing one, a failing probe. Each makes one event when
// it begins and one when it is over, for the right service, and nothing else does.

import { assertEquals } from "../assert.ts";
import { bpfTest } from "../bpf/prepare.ts";
import { observe } from "./lab.ts";

const USUAL = { seconds: 9, ratePerSecond: 300, delayMs: 5, shareOf503: 0, probeStatus: 200 };

bpfTest(
  "a slow, a failing backend and a failing probe make their events, once an episode",
  async () => {
    const phases = [
      // Long enough for the first answers of a cold start to be well under 1% of the baseline.
      { ...USUAL, seconds: 20 },
      // Well over twice the p99 that a busy machine makes of 5 ms.
      { ...USUAL, delayMs: 100 },
      { ...USUAL, seconds: 12 },
      { ...USUAL, shareOf503: 0.3 },
      { ...USUAL, seconds: 12 },
      { ...USUAL, seconds: 4, probeStatus: 500 },
      { ...USUAL, seconds: 4 },
      { ...USUAL, seconds: 5, probesHang: true },
      { ...USUAL, seconds: 4 },
    ];
    const { events, phaseBeganMs } = await observe(phases, 20);
    console.log(
      events.map(({ time, type, subtype, message }) => `${time} ${type} ${subtype} ${message}`)
        .join("\n"),
    );
    assertEquals(events.map(({ type, subtype }) => `${type} ${subtype}`), [
      "SlowResponse onset",
      "SlowResponse recovery",
      "ErrorRate onset",
      "ErrorRate recovery",
      "HealthCheck onset",
      "HealthCheck recovery",
      "HealthCheck onset",
      "HealthCheck recovery",
    ]);
    for (const { k8s_context } of events) assertEquals(k8s_context.service, "shop/cart");
    // What the observer promises its users: an onset within 5 s of the fault.
    const onsets = events.filter(({ subtype }) => subtype === "onset");
    for (const [index, phase] of [[0, 1], [1, 3], [2, 5], [3, 7]]) {
      const delayMs = Date.parse(onsets[index].time) - phaseBeganMs[phase];
      assertEquals(
        delayMs > -1000 && delayMs <= 5000,
        true,
        `${onsets[index].type}: ${delayMs} ms`,
      );
    }
  },
);
