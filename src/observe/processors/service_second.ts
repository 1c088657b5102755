// One second of one service, added up: what the processors are fed with.
// Latencies in microseconds. The thresholds in force are noted with the counts that they made.

export interface ServiceSecond {
  /** Wall time at which the second ended, ms since the epoch. */
  readonly endMs: number;
  /** Exchanges with a known response. */
  readonly answered: number;
  readonly serverErrors: number;
  /** Answered later than the baseline allows (slow_response.ts), where there was a baseline. */
  readonly slow: number;
  readonly unknown: number;
  readonly lostRecords: number;
  /** The service's p99 as it was when the second began; null until there is a baseline. */
  readonly baselineP99Us: number | null;
  /** The highest latency of the second; 0 where nothing was answered. */
  readonly highestUs: number;
}

/** The sums of a number of seconds. */
export interface WindowSums {
  readonly seconds: number;
  readonly answered: number;
  readonly serverErrors: number;
  readonly slow: number;
  readonly unknown: number;
  readonly lostRecords: number;
  readonly highestUs: number;
}

export function sumSeconds(seconds: readonly ServiceSecond[]): WindowSums {
  let answered = 0, serverErrors = 0, slow = 0, unknown = 0, lostRecords = 0, highestUs = 0;
  for (const second of seconds) {
    answered += second.answered;
    serverErrors += second.serverErrors;
    slow += second.slow;
    unknown += second.unknown;
    lostRecords += second.lostRecords;
    if (second.highestUs > highestUs) highestUs = second.highestUs;
  }
  return {
    seconds: seconds.length,
    answered,
    serverErrors,
    slow,
    unknown,
    lostRecords,
    highestUs,
  };
}

/** The window moved on by one second, at most `length` long. */
export function slide(
  window: readonly ServiceSecond[],
  second: ServiceSecond,
  length: number,
): readonly ServiceSecond[] {
  return [...window, second].slice(-length);
}
