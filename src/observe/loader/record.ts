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
    words[index] = view.getInt32(offset + 8 + index * 4, false);
  }
  words[8] = (view.getUint16(offset + 44, true) << 16) | view.getUint16(offset + 46, true);
  words[9] = view.getInt32(offset + 40, true);
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

/** Microseconds of the kernel's monotonic clock. */
export function recordTimeUs(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 4_294_967.296 + view.getUint32(offset, true) / 1000;
}

export function recordSeq(view: DataView, offset: number): number {
  return view.getInt32(offset + 48, true);
}

export function recordAck(view: DataView, offset: number): number {
  return view.getInt32(offset + 52, true);
}

export function recordPayloadLength(view: DataView, offset: number): number {
  return view.getUint32(offset + 56, true);
}

export function recordOrdinal(view: DataView, offset: number): number {
  return view.getUint32(offset + 68, true);
}
