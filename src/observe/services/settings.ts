// The thresholds that people set, as the thresholds that services and processors go by.
// Pure; what is not set by people is here as a constant of its processor.

import { ERROR_RATE_THRESHOLDS } from "../processors/error_rate.ts";
import { HEALTH_CHECK_THRESHOLDS } from "../processors/health_check.ts";
import { SLOW_RESPONSE_THRESHOLDS } from "../processors/slow_response.ts";
import { BASELINE_OPTIONS } from "./baseline.ts";
import type { TableThresholds } from "./service_table.ts";

/** docs/configuration.md has the variables, RAUTA_OBSERVER_*. */
export interface ObserverSettings {
  /** Slow is later than so many times the baseline's p99 ... */
  readonly slowFactor: number;
  /** ... and later than it by at least so much. */
  readonly slowFloorMs: number;
  readonly baselineSamples: number;
  /** The share of 5xx has to exceed the usual one by so much, from 0 to 1 ... */
  readonly errorShare: number;
  /** ... with at least so many in the window. */
  readonly errorCount: number;
  readonly windowSeconds: number;
  readonly probePaths: readonly string[];
  /** How user agents of probers begin. */
  readonly probeAgents: readonly string[];
  readonly probeTimeoutMs: number;
}

export function thresholdsOf(settings: ObserverSettings): TableThresholds {
  const limit = { factor: settings.slowFactor, floorUs: settings.slowFloorMs * 1000 };
  const window = {
    windowSeconds: settings.windowSeconds,
    recoverySeconds: settings.windowSeconds,
  };
  return {
    slow: { ...SLOW_RESPONSE_THRESHOLDS, ...window, ...limit },
    errors: {
      ...ERROR_RATE_THRESHOLDS,
      ...window,
      minErrors: settings.errorCount,
      minExcess: settings.errorShare,
    },
    baseline: { ...BASELINE_OPTIONS, minSamples: settings.baselineSamples, limit },
    probes: {
      ...HEALTH_CHECK_THRESHOLDS,
      answerMs: settings.probeTimeoutMs,
      paths: settings.probePaths,
      agents: settings.probeAgents,
    },
  };
}
