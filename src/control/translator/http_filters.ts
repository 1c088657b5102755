// HTTPRoute filters: header edits, redirect, rewrite and CORS into the IR; all others refused by name.
// Takes a rule's or a backendRef's filters; gives the IR's, or why the rule cannot be served.

import { RouteReason as Reason, type RouteReasonName } from "../../gatewayapi/conditions.ts";
import type { HeaderEdits, HttpFilters, PathEdit, Redirect, Rewrite } from "../../ir/snapshot.ts";
import { readCors } from "./http_cors.ts";
import { isFieldName, type RouteRule } from "./http_match.ts";
import { EMPTY } from "./share.ts";

export type RouteFilter = NonNullable<RouteRule["filters"]>[number];
type HeaderFilter = NonNullable<RouteFilter["requestHeaderModifier"]>;
type PathModifier = NonNullable<NonNullable<RouteFilter["urlRewrite"]>["path"]>;

/** Thrown while filters are read, caught where the rule's fate is decided. */
export class RefusedFilter extends Error {
  constructor(readonly reason: RouteReasonName, message: string) {
    super(message);
  }
}

/** RFC 9110, 5.5: no CR, LF or NUL in a value; other control characters but tab are refused too. */
// deno-lint-ignore no-control-regex
const FORBIDDEN_IN_VALUE = /[\x00-\x08\x0a-\x1f\x7f]/;

const STATUS_CODES = [301, 302, 303, 307, 308] as const;

function refuse(message: string, reason: RouteReasonName = Reason.unsupportedValue): never {
  throw new RefusedFilter(reason, message);
}

/** "Only the first entry with an equivalent name MUST be considered": by name in any case. */
function readFields(fields: HeaderFilter["set"], field: string): HeaderEdits["set"] {
  const found = new Map<string, { name: string; value: string }>();
  for (const { name, value } of fields ?? []) {
    if (!isFieldName(name)) refuse(`${field}: ${name} is no field name`);
    if (FORBIDDEN_IN_VALUE.test(value)) {
      refuse(`${field}: the value of ${name} has a control character`);
    }
    const key = name.toLowerCase();
    if (!found.has(key)) found.set(key, { name, value });
  }
  return [...found.values()];
}

function readHeaderEdits(filter: HeaderFilter | undefined, field: string): HeaderEdits {
  const remove = filter?.remove ?? [];
  for (const name of remove) if (!isFieldName(name)) refuse(`${field}: ${name} is no field name`);
  return {
    set: readFields(filter?.set, `${field}.set`),
    add: readFields(filter?.add, `${field}.add`),
    remove: [...remove],
  };
}

function hasOnlyPrefixes(rule: RouteRule): boolean {
  return (rule.matches ?? []).every((match) => (match.path?.type ?? "PathPrefix") === "PathPrefix");
}

function readPathEdit(modifier: PathModifier, rule: RouteRule, field: string): PathEdit {
  switch (modifier.type) {
    case "ReplaceFullPath":
      return { kind: "full", value: modifier.replaceFullPath ?? "/" };
    case "ReplacePrefixMatch":
      if (!hasOnlyPrefixes(rule)) {
        refuse(`${field}: ReplacePrefixMatch goes only with matches of type PathPrefix`);
      }
      return { kind: "prefix", value: modifier.replacePrefixMatch ?? "/" };
    default:
      return refuse(`${field}.type ${modifier.type} is not supported`);
  }
}

function checkPathValue(edit: PathEdit | undefined, field: string): void {
  if (edit === undefined || /^[\x21\x22\x24-\x3e\x40-\x7e]*$/.test(edit.value)) return;
  refuse(`${field}: ${JSON.stringify(edit.value)} must be a path of visible ASCII without ? and #`);
}

function readRedirect(filter: RouteFilter, rule: RouteRule, field: string): Redirect {
  const given = filter.requestRedirect ?? {};
  const status = STATUS_CODES.find((code) => code === (given.statusCode ?? 302));
  if (status === undefined) {
    return refuse(`${field}.statusCode ${given.statusCode} is not supported`);
  }
  const { scheme, hostname, port } = given;
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
    return refuse(`${field}.scheme ${scheme} is not supported: use http or https`);
  }
  const path = given.path === undefined
    ? undefined
    : readPathEdit(given.path, rule, `${field}.path`);
  checkPathValue(path, `${field}.path`);
  return {
    status,
    ...(scheme === undefined ? {} : { scheme }),
    ...(hostname === undefined ? {} : { hostname: hostname.toLowerCase() }),
    ...(port === undefined ? {} : { port }),
    ...(path === undefined ? {} : { path }),
  };
}

function readRewrite(filter: RouteFilter, rule: RouteRule, field: string): Rewrite {
  const { hostname, path: modifier } = filter.urlRewrite ?? {};
  const path = modifier === undefined ? undefined : readPathEdit(modifier, rule, `${field}.path`);
  checkPathValue(path, `${field}.path`);
  return {
    ...(hostname === undefined ? {} : { hostname: hostname.toLowerCase() }),
    ...(path === undefined ? {} : { path }),
  };
}

/** What a level of the route can have: a rule all that are served, a backendRef header edits only. */
export type FilterLevel = "rule" | "backend";

function readFilter(
  filter: RouteFilter,
  rule: RouteRule,
  level: FilterLevel,
  field: string,
): HttpFilters {
  switch (filter.type) {
    case "RequestHeaderModifier":
      return {
        requestHeaders: readHeaderEdits(
          filter.requestHeaderModifier,
          `${field}.requestHeaderModifier`,
        ),
      };
    case "ResponseHeaderModifier":
      return {
        responseHeaders: readHeaderEdits(
          filter.responseHeaderModifier,
          `${field}.responseHeaderModifier`,
        ),
      };
    case "RequestRedirect":
      if (level === "backend") break;
      return { redirect: readRedirect(filter, rule, `${field}.requestRedirect`) };
    case "URLRewrite":
      if (level === "backend") break;
      return { rewrite: readRewrite(filter, rule, `${field}.urlRewrite`) };
    case "CORS":
      if (level === "backend") break;
      return { cors: readCors(filter.cors, `${field}.cors`, refuse) };
    case "ExtensionRef": {
      const { group, kind, name } = filter.extensionRef ?? { group: "", kind: "", name: "" };
      return refuse(
        `${field}.extensionRef: ${group}/${kind} ${name} is of no supported kind`,
        Reason.invalidKind,
      );
    }
  }
  const where = level === "backend" ? "on a backendRef" : "on a rule";
  return refuse(`${field}.type ${filter.type} is not supported ${where}`);
}

/** Filters as the IR has them. Throws RefusedFilter. */
export function readFilters(
  filters: readonly RouteFilter[] | undefined,
  rule: RouteRule,
  level: FilterLevel,
  field: string,
): HttpFilters {
  if (filters === undefined || filters.length === 0) return EMPTY;
  let all: HttpFilters = EMPTY;
  const types = new Set<string>();
  for (const [index, filter] of filters.entries()) {
    const one = readFilter(filter, rule, level, `${field}[${index}]`);
    if (types.has(filter.type)) {
      refuse(`${field}: ${filter.type} stands there twice`, Reason.incompatibleFilters);
    }
    types.add(filter.type);
    all = { ...all, ...one };
  }
  if (all.redirect !== undefined && all.rewrite !== undefined) {
    refuse(
      `${field}: RequestRedirect and URLRewrite exclude each other`,
      Reason.incompatibleFilters,
    );
  }
  if (all.redirect !== undefined && (rule.backendRefs ?? []).length > 0) {
    refuse(
      `${field}: RequestRedirect and backendRefs exclude each other`,
      Reason.incompatibleFilters,
    );
  }
  return all;
}
