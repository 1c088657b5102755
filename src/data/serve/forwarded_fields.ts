// The fields of a request as they may go on: hop-by-hop fields gone (RFC 9110 section 7.6.1), the
// X-Forwarded-* fields and x-request-id in place. Pure; changes nothing that it is given.

import type { FieldList } from "../../core/decision.ts";

type ReadonlyFields = readonly (readonly [name: string, value: string])[];

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** An id that a client may choose: short, and harmless in a log. */
const KEPT_REQUEST_ID = /^[A-Za-z0-9._:/+=@-]{1,128}$/;

/** Names that `Connection` lists, lower case. */
function connectionOptions(fields: ReadonlyFields): Set<string> {
  const options = new Set<string>();
  for (const [name, value] of fields) {
    if (name.toLowerCase() !== "connection") continue;
    for (const option of value.split(",")) options.add(option.trim().toLowerCase());
  }
  // These frame or name the message: a sender can't have them removed (RFC 9110 section 7.6.1).
  for (const name of ["host", "content-length", "close", "keep-alive"]) options.delete(name);
  return options;
}

/** What is left once the fields that are meant for this hop alone are gone. */
export function withoutHopByHop(fields: ReadonlyFields): FieldList {
  const options = connectionOptions(fields);
  const kept: FieldList = [];
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower) && !options.has(lower)) kept.push([name, value]);
  }
  return kept;
}

export interface ClientView {
  readonly peerAddress: string;
  readonly scheme: "http" | "https";
  readonly authority: string;
}

/**
 * Appends the peer to X-Forwarded-For; states -Proto and -Host as this hop saw them, since nobody in
 * front of it is trusted; keeps x-request-id where it is well-formed, else makes one.
 */
export function forwardedFields(
  fields: ReadonlyFields,
  client: ClientView,
): { readonly fields: FieldList; readonly requestId: string } {
  const kept: FieldList = [];
  const forwardedFor: string[] = [];
  let requestId = "";
  for (const field of withoutHopByHop(fields)) {
    switch (field[0].toLowerCase()) {
      case "x-forwarded-for":
        forwardedFor.push(field[1]);
        break;
      case "x-forwarded-proto":
      case "x-forwarded-host":
        break;
      case "x-request-id":
        if (requestId === "" && KEPT_REQUEST_ID.test(field[1])) requestId = field[1];
        break;
      default:
        kept.push(field);
    }
  }
  if (requestId === "") requestId = crypto.randomUUID();
  kept.push(
    ["x-forwarded-for", [...forwardedFor, client.peerAddress].join(", ")],
    ["x-forwarded-proto", client.scheme],
    ["x-forwarded-host", client.authority],
    ["x-request-id", requestId],
  );
  return { fields: kept, requestId };
}
