// ObserverEvent: what the observer tells people and tools. docs/observer_event.schema.json is the
// same as JSON Schema, and a test holds the two together. Names are in snake case because the events
// leave the program as JSON; durations in milliseconds, times as RFC 3339.

export type EventType = "SlowResponse" | "ErrorRate" | "HealthCheck";
export type EventSubtype = "onset" | "recovery" | "new_normal";
export type Severity = "info" | "warning" | "critical";

/** The exchange that stands for the episode: the last one that counted towards it. */
export interface HttpData {
  readonly method: string;
  readonly path: string;
  /** `namespace/name` of the HTTPRoute, where RAUTA's own table tells it for certain. */
  readonly route: string | null;
  readonly status_code: number | null;
  readonly latency_ms: number | null;
  readonly server_ip: string;
  readonly server_port: number;
  readonly client_ip: string;
  readonly pod_name: string | null;
  readonly namespace: string | null;
}

/** What a capture tells of a request, for whoever knows routes. */
export interface RouteQuestion {
  readonly method: string;
  readonly host: string;
  /** With its query. */
  readonly path: string;
  readonly serverPort: number;
  /** Who was asked: `namespace/name`, or `address:port`. */
  readonly service: string;
}

export interface KubernetesContext {
  /** `namespace/name`, or `address:port` where no Service is known for it. */
  readonly service: string;
  readonly namespace: string | null;
  readonly pod_name: string | null;
  readonly node_name: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/** A figure with its unit: milliseconds of a latency, or a share from 0 to 1. */
export interface Figure {
  readonly name: string;
  readonly unit: "ms" | "share" | "count";
  readonly value: number;
}

export interface Evidence {
  /** Seconds that the figures below cover. */
  readonly window_seconds: number;
  readonly exchanges: number;
  readonly matching: number;
  /** Exchanges in the window of which the outcome is not known. */
  readonly unknown: number;
  /** Records that the kernel, the loader or the reader lost in the window. */
  readonly lost_records: number;
}

export interface ObserverEvent {
  readonly id: string;
  readonly time: string;
  readonly type: EventType;
  readonly subtype: EventSubtype;
  readonly severity: Severity;
  readonly message: string;
  readonly http_data: HttpData;
  readonly k8s_context: KubernetesContext;
  readonly baseline: Figure | null;
  readonly observed: Figure;
  readonly evidence: Evidence;
}

/** What a processor decides; the observer adds id, time and context. */
export type EventDraft = Pick<
  ObserverEvent,
  "type" | "subtype" | "severity" | "message" | "baseline" | "observed" | "evidence"
>;
