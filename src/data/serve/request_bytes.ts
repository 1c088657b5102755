// A Request as the bytes of an HTTP/1.1 request, for the pipeline that the `wire` front has.
// Takes what the runtime's server knows of a request; framing is stated anew, since the runtime has
// taken the client's away. Never writes a line break that a part of the request brought along.

import type { RequestHead } from "./request_head.ts";

export type RequestFraming = "none" | "length" | "chunked";

export interface RequestBytes {
  readonly head: Uint8Array;
  readonly framing: RequestFraming;
}

/** Framing is ours; the runtime gives up neither a connection (Upgrade) nor trailers. */
const NOT_TAKEN = new Set(["content-length", "transfer-encoding", "upgrade", "trailer"]);
const LINE_BREAKS = /[\r\n]/;

/** One character, one byte. */
export function latin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** The length that the client stated; undefined: none. */
function statedLength(head: RequestHead): string | undefined {
  if (head.fields.some(([name]) => name === "transfer-encoding")) return undefined;
  const value = head.fields.find(([name]) => name === "content-length")?.[1];
  return value !== undefined && /^\d{1,19}$/.test(value) ? value : undefined;
}

function statesBody(head: RequestHead): boolean {
  return head.fields.some(([name]) => name === "transfer-encoding" || name === "content-length");
}

/** Undefined where a part holds a line break: no request can be made of that. */
export function requestBytes(head: RequestHead, hasBody: boolean): RequestBytes | undefined {
  const { method, target, authority, fields } = head;
  const lines = [`${method} ${target} HTTP/1.1`];
  if (authority !== "") lines.push(`host: ${authority}`);
  for (const [name, value] of fields) {
    if (name !== "host" && !NOT_TAKEN.has(name)) lines.push(`${name}: ${value}`);
  }
  const length = statedLength(head);
  // The runtime gives every request but GET and HEAD a body, and TRACE has none unless it says so.
  if (method === "TRACE" && !statesBody(head)) hasBody = false;
  let framing: RequestFraming = "none";
  if (length !== undefined && (hasBody || Number(length) === 0)) {
    lines.push(`content-length: ${length}`);
    framing = hasBody ? "length" : "none";
  } else if (hasBody) {
    lines.push("transfer-encoding: chunked");
    framing = "chunked";
  }
  if (lines.some((line) => LINE_BREAKS.test(line))) return undefined;
  return { head: latin1(`${lines.join("\r\n")}\r\n\r\n`), framing };
}
