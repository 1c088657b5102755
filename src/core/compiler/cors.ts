// What the CORS filter does to responses, as header edits: to an allowed origin, to everybody else, and
// to a preflight of an allowed origin. Plain data in and out; the core draws the origin's verdict.

import type { Cors } from "../../ir/snapshot.ts";

/** `origin`, `method`, `headers`: set to what the request says of them; nothing where it says nothing. */
export interface CorsEdit {
  readonly operation: "set" | "add" | "remove" | "origin" | "method" | "headers";
  readonly name: string;
  readonly value: string;
}

export interface CorsEdits {
  readonly allowed: readonly CorsEdit[];
  readonly refused: readonly CorsEdit[];
  readonly preflight: readonly CorsEdit[];
}

const ORIGIN = "Access-Control-Allow-Origin";
const CREDENTIALS = "Access-Control-Allow-Credentials";
const METHODS = "Access-Control-Allow-Methods";
const HEADERS = "Access-Control-Allow-Headers";
const EXPOSE = "Access-Control-Expose-Headers";
const MAX_AGE = "Access-Control-Max-Age";

function set(name: string, value: string): CorsEdit {
  return { operation: "set", name, value };
}

function remove(name: string): CorsEdit {
  return { operation: "remove", name, value: "" };
}

function vary(value: string): CorsEdit {
  return { operation: "add", name: "Vary", value };
}

function isAny(list: readonly string[]): boolean {
  return list.includes("*");
}

/** "the gateway must not return `*`" beside credentials: then what was asked for is said instead. */
function allow(
  cors: Cors,
  name: string,
  list: readonly string[],
  asked: "method" | "headers",
): CorsEdit[] {
  if (list.length === 0) return [];
  if (isAny(list) && cors.allowCredentials) return [{ operation: asked, name, value: "" }];
  return [set(name, isAny(list) ? "*" : list.join(", "))];
}

export function corsEdits(cors: Cors): CorsEdits {
  const { origins, allowCredentials, exposeHeaders } = cors;
  const isPublic = origins.some(({ kind }) => kind === "any") && !allowCredentials;
  const origin: CorsEdit = isPublic
    ? set(ORIGIN, "*")
    : { operation: "origin", name: ORIGIN, value: "" };
  const credentials = allowCredentials ? [set(CREDENTIALS, "true")] : [];
  // "the gateway cannot use the `*`" beside credentials.
  const exposed = isAny(exposeHeaders) ? (allowCredentials ? [] : ["*"]) : exposeHeaders;
  const expose = exposed.length === 0 ? [] : [set(EXPOSE, exposed.join(", "))];
  // Caches must not give one origin's response to another.
  const varies = isPublic ? [] : [vary("Origin")];
  // What an endpoint says of its own accord does not widen what the route allows.
  const own = [
    ...(allowCredentials ? [] : [remove(CREDENTIALS)]),
    ...(expose.length === 0 ? [remove(EXPOSE)] : []),
  ];
  return {
    allowed: [origin, ...credentials, ...expose, ...own, ...varies],
    refused: [remove(ORIGIN), remove(CREDENTIALS), remove(EXPOSE), ...varies],
    preflight: [
      origin,
      ...credentials,
      ...allow(cors, METHODS, cors.allowMethods, "method"),
      ...allow(cors, HEADERS, cors.allowHeaders, "headers"),
      ...expose,
      set(MAX_AGE, String(cors.maxAgeSeconds)),
      vary("Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
    ],
  };
}
