// The CORS filter of an HTTPRoute rule into the IR. Takes the filter as the route states it; gives the
// IR's, or why it cannot be served.

import type { Cors, CorsOrigin } from "../../ir/snapshot.ts";
import type { RouteRule } from "./http_match.ts";

type CorsFilter = NonNullable<NonNullable<RouteRule["filters"]>[number]["cors"]>;

/** "The default value of `Access-Control-Max-Age` response header is 5 (seconds)." */
const DEFAULT_MAX_AGE_SECONDS = 5;

const ORIGIN = /^(https?):\/\/([^:/?#]+)(?::(\d{1,5}))?$/;

/** Browsers leave the port of a scheme out of an Origin. */
const OWN_PORTS: Readonly<Record<string, string>> = { http: "80", https: "443" };

/** Undefined where it is no origin that can be matched. */
function readOrigin(text: string): CorsOrigin | undefined {
  if (text === "*") return { kind: "any" };
  const match = ORIGIN.exec(text.toLowerCase());
  if (match === null) return undefined;
  const [, scheme, host, port] = match;
  const suffix = port === undefined || port === OWN_PORTS[scheme] ? "" : `:${port}`;
  const parts = host.split("*");
  if (parts.length === 1) return { kind: "exact", origin: `${scheme}://${host}${suffix}` };
  if (parts.length > 2) return undefined;
  return { kind: "wildcard", before: `${scheme}://${parts[0]}`, after: `${parts[1]}${suffix}` };
}

/** `refuse` throws. */
export function readCors(
  filter: CorsFilter | undefined,
  field: string,
  refuse: (message: string) => never,
): Cors {
  const origins = (filter?.allowOrigins ?? []).map((text) => {
    const message =
      `${field}.allowOrigins: ${text} must be *, or http or https with a host that has ` +
      "at most one *";
    return readOrigin(text) ?? refuse(message);
  });
  return {
    origins,
    allowCredentials: filter?.allowCredentials ?? false,
    allowMethods: [...filter?.allowMethods ?? []],
    allowHeaders: [...filter?.allowHeaders ?? []],
    exposeHeaders: [...filter?.exposeHeaders ?? []],
    maxAgeSeconds: filter?.maxAge ?? DEFAULT_MAX_AGE_SECONDS,
  };
}
