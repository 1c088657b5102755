// The fields of an endpoint's response as they may go on: without those that are meant for the hop
// between it and us alone (RFC 9110 section 7.6.1). Pure; changes nothing that it is given.

import type { FieldList } from "../../core/decision.ts";

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

type ReadonlyFields = readonly (readonly [name: string, value: string])[];

/** Names that `Connection` lists, lower case. */
function connectionOptions(fields: ReadonlyFields): Set<string> {
  const options = new Set<string>();
  for (const [name, value] of fields) {
    if (name.toLowerCase() !== "connection") continue;
    for (const option of value.split(",")) options.add(option.trim().toLowerCase());
  }
  // It frames the message: a sender can't have it removed.
  options.delete("content-length");
  return options;
}

export function withoutHopByHop(fields: ReadonlyFields): FieldList {
  const options = connectionOptions(fields);
  const kept: FieldList = [];
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !options.has(lower)) kept.push([name, value]);
  }
  return kept;
}
