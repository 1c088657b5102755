// Reads one record (docs/observer_protocol.md) where the frame decoder found it.
// The bounds were checked there; what the fields mean is checked here.

import type { EndpointWords } from "../pairing/pairing.ts";

export const RECORD_REQUEST = 1;
export const RECORD_RESPONSE = 2;
export const RECORD_FIN = 3;
export const RECORD_RST = 4;
export const RECORD_OPAQUE_HTTP2 = 5;
export const RECORD_OPAQUE_TLS = 6;

const TCP_FIN = 1;

/** Source and destination into `words`: see EndpointWords. Words keep the network's byte order. */
export function readEndpoints(view: DataView, offset: number, words: EndpointWords): void {
  for (let index = 0; index < 8; index++) {
    words[index] = view.getUint32(offset + 8 + index * 4, false);
  }
  const sourcePort = view.getUint16(offset + 44, true);
  words[9] = view.getUint32(offset + 40, true);
  words[8] = ((sourcePort << 16) | view.getUint16(offset + 46, true)) >>> 0;
}

export function recordKind(bytes: Uint8Array, offset: number): number {
  return bytes[offset + 62];
}

/** A message that carries FIN as well yields one record only. */
export function recordEndsConnection(bytes: Uint8Array, offset: number): boolean {
  return (bytes[offset + 64] & TCP_FIN) !== 0;
}

export function capturedLength(view: DataView, offset: number): number {
  return view.getUint16(offset + 60, true);
}

/** What pairing wants of a record, whatever its kind. */
export function readSegment(view: DataView, offset: number) {
  const nsLow = view.getUint32(offset, true);
  const nsHigh = view.getUint32(offset + 4, true);
  return {
    tsUs: nsHigh * 4_294_967.296 + nsLow / 1000,
    seq: view.getUint32(offset + 48, true),
    ack: view.getUint32(offset + 52, true),
    payloadLength: view.getUint32(offset + 56, true),
    ordinal: view.getUint32(offset + 68, true),
  };
}
