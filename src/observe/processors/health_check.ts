// HealthCheck: probes of the kubelet, or requests for configured paths, that fail or go unanswered.
// Pure: state and one probe's outcome in, state and events out; one state per probed target
// (address, port and path). One event when failing begins and one when a probe succeeds again.

import type { EventDraft } from "../events/event.ts";

export interface HealthCheckThresholds {
  /** Failures in a row that make an event. */
  readonly failures: number;
  /** A probe without a response for so long counts as failed. */
  readonly answerMs: number;
  /** Paths whose requests count as probes whatever their user agent. */
  readonly paths: readonly string[];
  /** How the user agents of probers begin; kubelet's says `kube-probe/<version>`. */
  readonly agents: readonly string[];
}

export const HEALTH_CHECK_THRESHOLDS: HealthCheckThresholds = {
  failures: 1,
  answerMs: 1000,
  paths: [],
  agents: ["kube-probe/"],
};

export function isProbe(
  userAgent: string,
  path: string,
  thresholds: HealthCheckThresholds,
): boolean {
  const { agents, paths } = thresholds;
  for (const agent of agents) if (userAgent.startsWith(agent)) return true;
  return paths.length > 0 && paths.includes(path);
}

export type ProbeOutcome =
  | { readonly kind: "answered"; readonly status: number; readonly latencyMs: number }
  | { readonly kind: "late"; readonly waitedMs: number }
  | { readonly kind: "refused" };

export interface HealthCheckState {
  readonly failuresInRow: number;
  readonly isFailing: boolean;
}

export const HEALTH_CHECK_INITIAL: HealthCheckState = { failuresInRow: 0, isFailing: false };

export interface HealthCheckStep {
  readonly state: HealthCheckState;
  readonly events: readonly EventDraft[];
}

/** kubelet takes 200 to 399 as success (pkg/probe/http); a late answer is none. */
function hasFailed(outcome: ProbeOutcome, thresholds: HealthCheckThresholds): boolean {
  if (outcome.kind !== "answered") return true;
  const isSuccess = outcome.status >= 200 && outcome.status < 400;
  return !isSuccess || outcome.latencyMs > thresholds.answerMs;
}

function describe(outcome: ProbeOutcome): string {
  if (outcome.kind === "refused") return "the connection was reset";
  if (outcome.kind === "late") return `no answer within ${Math.round(outcome.waitedMs)} ms`;
  return `status ${outcome.status} after ${Math.round(outcome.latencyMs)} ms`;
}

export function stepHealthCheck(
  state: HealthCheckState,
  outcome: ProbeOutcome,
  thresholds: HealthCheckThresholds,
): HealthCheckStep {
  if (!hasFailed(outcome, thresholds)) {
    const events = state.isFailing ? [draft("recovery", outcome, state.failuresInRow)] : [];
    return { state: HEALTH_CHECK_INITIAL, events };
  }
  const failuresInRow = state.failuresInRow + 1;
  const isOnset = !state.isFailing && failuresInRow >= thresholds.failures;
  return {
    state: { failuresInRow, isFailing: state.isFailing || isOnset },
    events: isOnset ? [draft("onset", outcome, failuresInRow)] : [],
  };
}

function draft(
  subtype: "onset" | "recovery",
  outcome: ProbeOutcome,
  failuresInRow: number,
): EventDraft {
  return {
    type: "HealthCheck",
    subtype,
    severity: subtype === "onset" ? "critical" : "info",
    message: subtype === "onset"
      ? `health probe fails: ${describe(outcome)}`
      : `health probe succeeds again: ${describe(outcome)}`,
    baseline: null,
    observed: { name: "failures_in_row", unit: "count", value: failuresInRow },
    evidence: {
      window_seconds: 0,
      exchanges: subtype === "onset" ? failuresInRow : 1,
      matching: failuresInRow,
      unknown: 0,
      lost_records: 0,
    },
  };
}
