// ErrorRate: the share of 5xx responses of a service leaves what is usual for it.
// Pure: state and one second in, state and events out. One event at onset, one at recovery.

import type { EventDraft } from "../events/event.ts";
import { type ServiceSecond, slide, sumSeconds, type WindowSums } from "./service_second.ts";

export interface ErrorRateThresholds {
  readonly windowSeconds: number;
  /** Errors in the window, at least: a single 500 at night is not a spike. */
  readonly minErrors: number;
  /** The share must exceed the baseline's by this much, at least ... */
  readonly minExcess: number;
  /** ... and by so many standard deviations of a share estimated from the window's count. */
  readonly deviations: number;
  /** An episode ends after so many seconds with traffic below half of the onset's limit. */
  readonly recoverySeconds: number;
  /** Half-life of the baseline's share. */
  readonly baselineHalfLifeSeconds: number;
}

export const ERROR_RATE_THRESHOLDS: ErrorRateThresholds = {
  windowSeconds: 5,
  minErrors: 5,
  minExcess: 0.05,
  deviations: 4,
  recoverySeconds: 5,
  baselineHalfLifeSeconds: 300,
};

export interface ErrorRateState {
  readonly window: readonly ServiceSecond[];
  /** Exchanges and errors of the baseline, both decayed by its half-life. */
  readonly baselineAnswered: number;
  readonly baselineErrors: number;
  /** The share that ended normality; null outside an episode. */
  readonly onsetLimit: number | null;
  readonly calmSeconds: number;
}

export const ERROR_RATE_INITIAL: ErrorRateState = {
  window: [],
  baselineAnswered: 0,
  baselineErrors: 0,
  onsetLimit: null,
  calmSeconds: 0,
};

export interface ErrorRateStep {
  readonly state: ErrorRateState;
  readonly events: readonly EventDraft[];
}

function baselineShare(state: ErrorRateState): number {
  return state.baselineAnswered === 0 ? 0 : state.baselineErrors / state.baselineAnswered;
}

/** The share over which the window is a spike. */
function limitFor(state: ErrorRateState, answered: number, thresholds: ErrorRateThresholds) {
  const share = baselineShare(state);
  const deviation = Math.sqrt(share * (1 - share) / Math.max(1, answered));
  return share + Math.max(thresholds.minExcess, thresholds.deviations * deviation);
}

export function stepErrorRate(
  state: ErrorRateState,
  second: ServiceSecond,
  thresholds: ErrorRateThresholds,
): ErrorRateStep {
  const window = slide(state.window, second, thresholds.windowSeconds);
  const sums = sumSeconds(window);
  if (state.onsetLimit !== null) return during(state, state.onsetLimit, window, second, thresholds);
  const limit = limitFor(state, sums.answered, thresholds);
  const isOnset = sums.serverErrors >= thresholds.minErrors &&
    sums.serverErrors > limit * sums.answered;
  if (isOnset) {
    const events = [draft("onset", sums, baselineShare(state))];
    return { state: { ...state, window, onsetLimit: limit, calmSeconds: 0 }, events };
  }
  return { state: learn({ ...state, window }, thresholds), events: [] };
}

/** The second that leaves the window joins the baseline: a spike is found before it is learnt. */
function learn(state: ErrorRateState, thresholds: ErrorRateThresholds): ErrorRateState {
  if (state.window.length < thresholds.windowSeconds) return state;
  const decay = Math.pow(0.5, 1 / thresholds.baselineHalfLifeSeconds);
  const [oldest] = state.window;
  return {
    ...state,
    baselineAnswered: state.baselineAnswered * decay + oldest.answered,
    baselineErrors: state.baselineErrors * decay + oldest.serverErrors,
  };
}

function during(
  state: ErrorRateState,
  onsetLimit: number,
  window: readonly ServiceSecond[],
  second: ServiceSecond,
  thresholds: ErrorRateThresholds,
): ErrorRateStep {
  const isIdle = second.answered === 0;
  const isCalm = !isIdle && second.serverErrors < onsetLimit / 2 * second.answered;
  const calmSeconds = isIdle ? state.calmSeconds : isCalm ? state.calmSeconds + 1 : 0;
  if (calmSeconds < thresholds.recoverySeconds) {
    return { state: { ...state, window, calmSeconds }, events: [] };
  }
  const events = [draft("recovery", sumSeconds(window), baselineShare(state))];
  return { state: { ...state, window: [], onsetLimit: null, calmSeconds: 0 }, events };
}

function draft(subtype: "onset" | "recovery", sums: WindowSums, share: number): EventDraft {
  const observed = sums.answered === 0 ? 0 : sums.serverErrors / sums.answered;
  const percent = (value: number) => `${(value * 100).toFixed(1)}%`;
  const counts = `${sums.serverErrors} of ${sums.answered} responses in ${sums.seconds} s are 5xx`;
  return {
    type: "ErrorRate",
    subtype,
    severity: subtype === "onset" ? "critical" : "info",
    message: subtype === "onset"
      ? `${counts} (${percent(observed)}; usual: ${percent(share)})`
      : `${counts}: back to normal (usual: ${percent(share)})`,
    baseline: { name: "share_5xx", unit: "share", value: share },
    observed: { name: "share_5xx", unit: "share", value: observed },
    evidence: {
      window_seconds: sums.seconds,
      exchanges: sums.answered,
      matching: sums.serverErrors,
      unknown: sums.unknown,
      lost_records: sums.lostRecords,
    },
  };
}
