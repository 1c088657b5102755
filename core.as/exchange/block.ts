// The exchange block: what one client connection's current exchange is, between two calls of the host.
// Allocated once for a connection and used by one exchange after the other. The step block beside it
// is one for the whole instance: what the last call has to say to the host.
//
//   byte  field                meaning
//      0  u32 plan             of the exchange under way; 0: none
//      4  u32 serverName       of a connection under TLS: u32 length and the name; 0: plain TCP
//      8  u8  methodId, version, schemeId, trust    of the request; TRUST_* of the peer
//     12  u32 marks            MARK_*
//     16  u32 partialRequest   head block of a request head that is not whole yet; 0: none
//     20  u32 partialResponse  the same for a response head
//     24  48 bytes             request body (http1/body.ts)
//     72  48 bytes             response body
//    120  u32 peerLen          124  45 bytes of the peer's address as text
//    171  u8 idLen            172  128 bytes of the id of the request under way; 0: none
//    300  u32 text            what the access log tells of it (request_text.ts); 0: nothing

import { memAlloc, memFree } from "../memory/alloc";
import { releasePlan } from "../route/plan";

export const EXCHANGE_SIZE: u32 = 304;
export const MAX_PEER_BYTES: u32 = 45;

/** The request asked for an upgrade that may be honoured. */
export const MARK_UPGRADE: u32 = 1;
/** The client's connection may carry another request. */
export const MARK_PERSISTENT: u32 = 2;
/** The response body is decoded (HTTP/1.0 client) and ends with the connection. */
export const MARK_DECODED: u32 = 4;
/** The response body had no framing and is sent chunked. */
export const MARK_CHUNKED: u32 = 8;

/** What the peer's X-Forwarded-Proto and -Host are worth. */
export const TRUST_NONE: u8 = 0;
export const TRUST_PEER: u8 = 1;

export const REQUEST: u32 = 0;
export const RESPONSE: u32 = 1;

const REQUEST_BODY: usize = 24;
const RESPONSE_BODY: usize = 72;

/** The step block, u32 words: see STEP_*. */
export const STEP: usize = memory.data(56);

/** Bytes of the input that were used. */
export const STEP_TAKEN: usize = 0;
/** Where the output is, and how much. */
export const STEP_OUT: usize = 4;
export const STEP_OUT_LEN: usize = 8;
/** FLAG bits of step.ts. */
export const STEP_FLAGS: usize = 12;
export const STEP_ENDPOINT: usize = 16;
export const STEP_ENDPOINT_NUMBER: usize = 20;
export const STEP_SERVICE: usize = 24;
export const STEP_LABEL: usize = 28;
export const STEP_REQUEST_MS: usize = 32;
export const STEP_BACKEND_MS: usize = 36;
export const STEP_STATUS: usize = 40;
export const STEP_METHOD: usize = 44;
/** Bytes that the output needs where a call answered ERROR_NO_SPACE. */
export const STEP_NEEDED: usize = 48;
/** The rule's retry record (route/layout.ts), 0: none; to be read before the next table. */
export const STEP_RETRY: usize = 52;

export function setStep(field: usize, value: u32): void {
  store<u32>(STEP + field, value);
}

/** Says where the output is. */
export function setOutput(at: usize, len: u32): void {
  setStep(STEP_OUT, <u32> at);
  setStep(STEP_OUT_LEN, len);
}

/** A block for a connection; 0 when no memory is left. The host writes the peer's text at 124. */
export function openExchange(schemeId: u32, trust: u32): usize {
  const x = memAlloc(EXCHANGE_SIZE);
  if (!x) return 0;
  memory.fill(x, 0, EXCHANGE_SIZE);
  store<u8>(x, <u8> schemeId, 10);
  store<u8>(x, <u8> trust, 11);
  return x;
}

/** Ends the exchange under way: its plan and partial heads go back. */
export function endExchange(x: usize): void {
  const plan: usize = load<u32>(x);
  if (plan) releasePlan(plan);
  memFree(load<u32>(x, 16));
  memFree(load<u32>(x, 20));
  memFree(load<u32>(x, 300));
  store<u32>(x, 0);
  store<u16>(x, 0, 8);
  store<u32>(x, 0, 12);
  store<u64>(x, 0, 16);
  store<u8>(x, 0, 171);
  store<u32>(x, 0, 300);
}

export function closeExchange(x: usize): void {
  endExchange(x);
  memFree(load<u32>(x, 4));
  memFree(x);
}

/**
 * Room for the name, in lower case, by which the connection's certificate was chosen; `len` may be 0.
 * The host writes it at the address given; 0 where no memory is left.
 */
export function keepServerName(x: usize, len: u32): usize {
  const kept = memAlloc(4 + len);
  if (!kept) return 0;
  store<u32>(kept, len);
  store<u32>(x, <u32> kept, 4);
  return kept + 4;
}

/** The block of `keepServerName`, 0 for a connection without TLS. */
export function serverNameOf(x: usize): usize {
  return load<u32>(x, 4);
}

export function planOf(x: usize): usize {
  return load<u32>(x);
}

export function setPlan(x: usize, plan: usize): void {
  store<u32>(x, <u32> plan);
}

export function methodIdIn(x: usize): u8 {
  return load<u8>(x, 8);
}

export function versionIn(x: usize): u8 {
  return load<u8>(x, 9);
}

export function setRequestLine(x: usize, methodId: u8, version: u8): void {
  store<u8>(x, methodId, 8);
  store<u8>(x, version, 9);
}

export function schemeIdIn(x: usize): u8 {
  return load<u8>(x, 10);
}

export function trustIn(x: usize): u8 {
  return load<u8>(x, 11);
}

export function marksOf(x: usize): u32 {
  return load<u32>(x, 12);
}

export function setMarks(x: usize, marks: u32): void {
  store<u32>(x, marks, 12);
}

/** The slot of the partial head of a direction. */
function partialSlot(x: usize, direction: u32): usize {
  return x + (direction == REQUEST ? 16 : 20);
}

export function partialHead(x: usize, direction: u32): usize {
  return load<u32>(partialSlot(x, direction));
}

export function setPartialHead(x: usize, direction: u32, head: usize): void {
  store<u32>(partialSlot(x, direction), <u32> head);
}

export function bodyOf(x: usize, direction: u32): usize {
  return x + (direction == REQUEST ? REQUEST_BODY : RESPONSE_BODY);
}

export function peerOff(x: usize): usize {
  return x + 124;
}

export function peerLen(x: usize): u32 {
  return load<u32>(x, 120);
}

export function requestIdOff(x: usize): usize {
  return x + 172;
}

export function requestIdLen(x: usize): u32 {
  return load<u8>(x, 171);
}

export function setRequestIdLen(x: usize, len: u32): void {
  store<u8>(x, <u8> len, 171);
}

/** What is kept of the request for the access log (request_text.ts); 0: nothing. */
export function textOf(x: usize): usize {
  return load<u32>(x, 300);
}

export function setTextOf(x: usize, text: usize): void {
  store<u32>(x, <u32> text, 300);
}
