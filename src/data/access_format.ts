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

/** What needs no escape in JSON, by far most of what there is. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

let lastMs = NaN;
let lastTime = "";

/** Many records of a batch are of the same millisecond. */
function isoTime(atMs: number): string {
  const ms = Math.floor(atMs);
  if (ms !== lastMs) {
    lastMs = ms;
    lastTime = new Date(ms).toISOString();
  }
  return lastTime;
}

export function jsonLine(record: AccessRecord, names: AccessNames): string {
  let line = `{"time":"${isoTime(record.atMs)}","peer":${quoted(record.peer)}` +
    `,"method":${quoted(record.method)},"host":${quoted(record.host)}` +
    `,"target":${quoted(record.target)},"status":${record.status}`;
  if (record.connectMs >= 0) line += `,"connect_ms":${rounded(record.connectMs)}`;
  if (record.firstByteMs >= 0) line += `,"first_byte_ms":${rounded(record.firstByteMs)}`;
  line += `,"duration_ms":${rounded(record.durationMs)},"bytes_in":${record.bytesIn}` +
    `,"bytes_out":${record.bytesOut},"request_id":${quoted(record.requestId)}`;
  const label = record.labelId === undefined ? undefined : names.label(record.labelId);
  if (label) line += `,"route":${quoted(label.route)},"pattern":${quoted(label.pattern)}`;
  const endpoint = record.endpointId === undefined ? undefined : names.endpoint(record.endpointId);
  if (endpoint !== undefined) line += `,"endpoint":${quoted(endpoint)}`;
  if (record.reason !== undefined) line += `,"reason":"${record.reason}"`;
  return line + "}\n";
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
