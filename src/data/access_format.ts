// The access log, main side: a record and the names of its ids become one line of JSON or text.
// Everything that a client sent is escaped, so that it can neither forge a line nor reach a terminal.

import type { AccessRecord } from "./access_log.ts";

export interface AccessNames {
  /** Route and pattern of a label. */
  label(id: number): { readonly route: string; readonly pattern: string } | undefined;
  /** `address:port` of an endpoint. */
  endpoint(id: number): string | undefined;
}

/** To a microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

export function jsonLine(record: AccessRecord, names: AccessNames): string {
  const label = record.labelId === undefined ? undefined : names.label(record.labelId);
  const endpoint = record.endpointId === undefined ? undefined : names.endpoint(record.endpointId);
  return JSON.stringify({
    time: new Date(record.atMs).toISOString(),
    peer: record.peer,
    method: record.method,
    host: record.host,
    target: record.target,
    status: record.status,
    ...(record.connectMs < 0 ? {} : { connect_ms: rounded(record.connectMs) }),
    ...(record.firstByteMs < 0 ? {} : { first_byte_ms: rounded(record.firstByteMs) }),
    duration_ms: rounded(record.durationMs),
    bytes_in: record.bytesIn,
    bytes_out: record.bytesOut,
    request_id: record.requestId,
    ...label,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(record.reason === undefined ? {} : { reason: record.reason }),
  }) + "\n";
}

export function textLine(record: AccessRecord, names: AccessNames): string {
  const label = record.labelId === undefined ? undefined : names.label(record.labelId);
  const endpoint = record.endpointId === undefined ? undefined : names.endpoint(record.endpointId);
  const request = `${record.method} ${record.host}${record.target}`;
  const parts = [
    new Date(record.atMs).toISOString().slice(11, 19),
    String(record.status),
    `${record.durationMs.toFixed(1)} ms`,
    JSON.stringify(request).slice(1, -1).replace(/[\x7f-\x9f]/g, "?"),
  ];
  if (endpoint !== undefined) parts.push(`-> ${endpoint}`);
  if (label) parts.push(`[${label.route} ${label.pattern}]`);
  if (record.reason !== undefined) parts.push(`(${record.reason})`);
  return parts.join(" ") + "\n";
}
