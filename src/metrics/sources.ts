// What the metrics are made of: plain readings that main hands over, taken only while a scrape asks.
// A series exists once something was counted: idle routes yield nothing.

export interface RequestCount {
  readonly method: string;
  /** namespace/name; `` where no route matched. */
  readonly route: string;
  /** The path as the matched rule states it; `` where no route matched. */
  readonly pattern: string;
  readonly status: number;
  readonly count: number;
}

export interface DurationHistogram {
  readonly route: string;
  readonly pattern: string;
  /** Cumulative: how many took at most `upperSeconds`. Ascending, without +Inf. */
  readonly buckets: readonly { readonly upperSeconds: number; readonly count: number }[];
  readonly count: number;
  readonly sumSeconds: number;
}

export interface UpstreamCount {
  /** namespace/name. */
  readonly service: string;
  readonly status: number;
  readonly count: number;
}

export interface FailureCount {
  readonly source: string;
  readonly reason: string;
  readonly count: number;
}

export interface WorkerReading {
  readonly live: number;
  readonly restarts: number;
}

export interface CertificateExpiry {
  /** `namespace/name`. */
  readonly secret: string;
  readonly notAfterSeconds: number;
}

/** Everything that a scrape reads; each function is called at most once a scrape. */
export interface MetricsSources {
  readonly requests: () => readonly RequestCount[];
  readonly durations: () => readonly DurationHistogram[];
  readonly upstream: () => readonly UpstreamCount[];
  readonly failures: () => readonly FailureCount[];
  /** The generation that every live worker serves. */
  readonly tableGeneration: () => number;
  readonly tableRefusals: () => number;
  /** Problems of the configuration as it is now; 0 when all of it is served. */
  readonly configProblems: () => number;
  /** Times that a configuration could not be taken as it was written. */
  readonly configFailures: () => number;
  /** Of the certificates that are served: Secret, and when it expires, seconds since the epoch. */
  readonly certificates: () => readonly CertificateExpiry[];
  readonly workers: () => WorkerReading;
  /** Endpoints that are passed over because connecting to them failed. */
  readonly ejectedEndpoints: () => number;
  readonly droppedLines: () => { readonly log: number; readonly access: number };
  readonly memory: () => { readonly rss: number; readonly heapUsed: number };
  readonly startedAtSeconds: number;
}

/** The page that is made of them. */
export interface Metrics {
  readonly contentType: string;
  render(): Promise<string>;
}
