// SlowResponse: a service answers later than usual, by a factor and a floor over its own p99.
// Pure: state and one second in, state and events out. One event when an episode begins and one when
// it ends; single slow responses, which every service has, make none.

import type { EventDraft } from "../events/event.ts";
import { type ServiceSecond, slide, sumSeconds, type WindowSums } from "./service_second.ts";

/** What is slow, given what is usual. */
export interface SlowLimit {
  /** Over so many times the baseline's p99 ... */
  readonly factor: number;
  /** ... and over that p99 by at least so much. */
  readonly floorUs: number;
}

export const SLOW_LIMIT: SlowLimit = { factor: 2, floorUs: 5_000 };

/** Microseconds over which a response is slow. */
export function slowLimitUs(baselineP99Us: number, { factor, floorUs }: SlowLimit): number {
  return Math.max(factor * baselineP99Us, baselineP99Us + floorUs);
}

export interface SlowResponseThresholds extends SlowLimit {
  /** Seconds looked at together. */
  readonly windowSeconds: number;
  /** Slow responses in the window, at least, and their share of all. */
  readonly minSlow: number;
  readonly minShare: number;
  /** An episode ends after so many seconds with traffic in which the share stays below half. */
  readonly recoverySeconds: number;
  /** An episode of this length is the service's new normal: the baseline is learnt anew. */
  readonly newNormalSeconds: number;
}

export const SLOW_RESPONSE_THRESHOLDS: SlowResponseThresholds = {
  ...SLOW_LIMIT,
  windowSeconds: 5,
  minSlow: 5,
  minShare: 0.1,
  recoverySeconds: 5,
  newNormalSeconds: 1800,
};

export interface SlowResponseState {
  readonly window: readonly ServiceSecond[];
  /** Seconds since the onset; null outside an episode. */
  readonly episodeSeconds: number | null;
  readonly calmSeconds: number;
  /** The p99 that held when the episode began. */
  readonly baselineP99Us: number | null;
}

export const SLOW_RESPONSE_INITIAL: SlowResponseState = {
  window: [],
  episodeSeconds: null,
  calmSeconds: 0,
  baselineP99Us: null,
};

export interface SlowResponseStep {
  readonly state: SlowResponseState;
  readonly events: readonly EventDraft[];
  /** The baseline must be forgotten: what was slow has become normal. */
  readonly relearn: boolean;
}

export function stepSlowResponse(
  state: SlowResponseState,
  second: ServiceSecond,
  thresholds: SlowResponseThresholds,
): SlowResponseStep {
  const window = slide(state.window, second, thresholds.windowSeconds);
  const sums = sumSeconds(window);
  if (state.episodeSeconds !== null) return during(state, window, second, thresholds);
  const isOnset = second.baselineP99Us !== null && sums.slow >= thresholds.minSlow &&
    sums.slow >= thresholds.minShare * sums.answered;
  if (!isOnset) return { state: { ...state, window }, events: [], relearn: false };
  const next = {
    window,
    episodeSeconds: 0,
    calmSeconds: 0,
    baselineP99Us: second.baselineP99Us,
  };
  return {
    state: next,
    events: [draft("onset", sums, second.baselineP99Us, thresholds)],
    relearn: false,
  };
}

function during(
  state: SlowResponseState,
  window: readonly ServiceSecond[],
  second: ServiceSecond,
  thresholds: SlowResponseThresholds,
): SlowResponseStep {
  const episodeSeconds = (state.episodeSeconds ?? 0) + 1;
  const isCalm = second.answered > 0 &&
    second.slow < thresholds.minShare / 2 * second.answered;
  const isSlow = second.slow >= thresholds.minShare / 2 * second.answered && second.slow > 0;
  const calmSeconds = isCalm ? state.calmSeconds + 1 : isSlow ? 0 : state.calmSeconds;
  const sums = sumSeconds(window);
  if (calmSeconds >= thresholds.recoverySeconds) {
    const events = [draft("recovery", sums, state.baselineP99Us, thresholds)];
    return { state: { ...SLOW_RESPONSE_INITIAL, window: [] }, events, relearn: false };
  }
  if (episodeSeconds >= thresholds.newNormalSeconds) {
    const events = [draft("new_normal", sums, state.baselineP99Us, thresholds)];
    return { state: { ...SLOW_RESPONSE_INITIAL, window: [] }, events, relearn: true };
  }
  return { state: { ...state, window, episodeSeconds, calmSeconds }, events: [], relearn: false };
}

function draft(
  subtype: "onset" | "recovery" | "new_normal",
  sums: WindowSums,
  baselineP99Us: number | null,
  limit: SlowLimit,
): EventDraft {
  const ms = (us: number) => `${Math.round(us) / 1000} ms`;
  const usualUs = baselineP99Us ?? 0;
  const over = `over ${ms(slowLimitUs(usualUs, limit))}`;
  const usual = `the usual p99 is ${ms(usualUs)}`;
  const messages = {
    onset: `${sums.slow} of ${sums.answered} responses in ${sums.seconds} s took ${over}; ${usual}`,
    recovery: `responses no longer take ${over}; ${usual}`,
    new_normal: `responses have taken ${over} for so long that the baseline is learnt anew`,
  };
  return {
    type: "SlowResponse",
    subtype,
    severity: subtype === "onset" ? "warning" : "info",
    message: messages[subtype],
    baseline: baselineP99Us === null
      ? null
      : { name: "latency_p99", unit: "ms", value: baselineP99Us / 1000 },
    observed: { name: "latency_max", unit: "ms", value: sums.highestUs / 1000 },
    evidence: {
      window_seconds: sums.seconds,
      exchanges: sums.answered,
      matching: sums.slow,
      unknown: sums.unknown,
      lost_records: sums.lostRecords,
    },
  };
}
