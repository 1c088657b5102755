// One canonical head in core memory, as a front would have parsed it, and what each request changes in
// it: the spans of its authority, path, query and one field. So the stations are timed and nothing
// else, and the heads of a small and of a large table take the same room in the caches.

import type { CoreInstance } from "../../src/core/instance.ts";
import type { BenchRequest } from "./tables.ts";

const FIELDS = 96;
const FIELD = 16;
const SCRATCH = 256;
/** Offsets of the spans that differ from request to request. */
const AUTHORITY = 24;
const PATH = 32;
const QUERY = 40;

export interface HeadSet {
  readonly head: number;
  /** Makes the head that of request `i`. */
  use(i: number): void;
}

export function placeHeads(core: CoreInstance, requests: readonly BenchRequest[]): HeadSet {
  const encoder = new TextEncoder();
  const template = requests[0].fields;
  const tenant = template.findIndex(([name]) => name === "X-Tenant");
  const room = FIELDS + template.length * FIELD + 1024 + SCRATCH +
    requests.reduce((sum, r) => sum + r.authority.length + r.path.length + r.query.length + 32, 0);
  const head = core.exports.memAlloc(room);
  if (head === 0) throw new Error("the core's memory is full");
  const { bytes, view } = core;
  let at = head + FIELDS + template.length * FIELD;
  const put = (text: string): [number, number] => {
    const encoded = encoder.encode(text);
    bytes.set(encoded, at);
    at += encoded.length;
    return [at - encoded.length, encoded.length];
  };
  const span = (field: number, [off, length]: [number, number]) => {
    view.setUint32(field, off, true);
    view.setUint32(field + 4, length, true);
  };
  bytes.fill(0, head, head + FIELDS);
  view.setUint8(head, 1);
  view.setUint8(head + 4, 1);
  view.setUint8(head + 5, 1);
  view.setUint16(head + 6, template.length, true);
  view.setUint32(head + 8, 1, true);
  view.setUint32(head + 12, template.length, true);
  span(head + 16, put("GET"));
  template.forEach(([name, value], i) => {
    span(head + FIELDS + i * FIELD, put(name));
    span(head + FIELDS + i * FIELD + 8, put(value));
  });
  const words = new Uint32Array(requests.length * 8);
  requests.forEach(({ authority, path, query, fields }, i) => {
    [authority, path, query, fields[tenant][1]].forEach((text, k) =>
      words.set(put(text), i * 8 + k * 2)
    );
  });
  span(head + 72, [at, head + room]);
  const memory = new Uint32Array(core.memory.buffer);
  const targets = [AUTHORITY, PATH, QUERY, FIELDS + tenant * FIELD + 8].map((off) =>
    (head + off) >>> 2
  );
  return {
    head,
    use(i) {
      for (let k = 0; k < 4; k++) {
        memory[targets[k]] = words[i * 8 + k * 2];
        memory[targets[k] + 1] = words[i * 8 + k * 2 + 1];
      }
    },
  };
}
