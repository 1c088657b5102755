// Canonical heads in core memory for the benches: as a front would have parsed them, so that what is
// timed is the core's stations and nothing else.

import type { CoreInstance } from "../../src/core/instance.ts";
import type { BenchRequest } from "./tables.ts";

const FIELDS = 96;
const FIELD = 16;
const SCRATCH = 256;

/** Writes a head; gives its address. */
export function placeHead(core: CoreInstance, request: BenchRequest): number {
  const encoder = new TextEncoder();
  const texts = ["GET", request.authority, request.path, request.query, ...request.fields.flat()]
    .map((text) => encoder.encode(text));
  const textBytes = texts.reduce((sum, text) => sum + text.length, 0);
  const fixed = FIELDS + request.fields.length * FIELD;
  const head = core.exports.memAlloc(fixed + textBytes + SCRATCH);
  if (head === 0) throw new Error("the core's memory is full");
  const { bytes, view } = core;
  bytes.fill(0, head, head + FIELDS);
  view.setUint8(head, 1);
  view.setUint8(head + 4, 1);
  view.setUint8(head + 5, 1);
  view.setUint16(head + 6, request.fields.length, true);
  view.setUint32(head + 8, 1, true);
  view.setUint32(head + 12, request.fields.length, true);
  let at = head + fixed;
  texts.forEach((text, index) => {
    bytes.set(text, at);
    if (index < 4) {
      view.setUint32(head + 16 + index * 8, at, true);
      view.setUint32(head + 20 + index * 8, text.length, true);
    } else {
      const field = head + FIELDS + ((index - 4) >> 1) * FIELD;
      if (index % 2 === 0) {
        view.setUint32(field, at, true);
        view.setUint32(field + 4, text.length, true);
      } else {
        view.setUint32(field + 8, at, true);
        view.setUint32(field + 12, text.length, true);
      }
    }
    at += text.length;
  });
  view.setUint32(head + 72, at, true);
  view.setUint32(head + 76, at + SCRATCH, true);
  return head;
}
