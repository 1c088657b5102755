// Lays one HttpRoute out as a blob that fits into any table (all offsets count from its start), and
// notes what the table around it needs: path segments, precedence, index keys.
// What is written depends on the route and the id registry only, so it is good as long as the route.

import type {
  Cors,
  CorsOrigin,
  HeaderEdits,
  HttpFilters,
  HttpMatch,
  HttpRoute,
  HttpRule,
  Retry,
  ValueMatch,
  WeightedBackend,
} from "../../ir/snapshot.ts";
import type { IdRegistry } from "../ids.ts";
import { compileRegex } from "../regex/compile.ts";
import { BlobWriter } from "./blob_writer.ts";
import { corsEdits } from "./cors.ts";
import { CompileError } from "./errors.ts";
import { hash32, hashName, joinHash } from "./hash.ts";
import * as L from "./layout.ts";

/** A segment of a path as the trie needs it. */
export interface Segment {
  readonly text: string;
  readonly hash: number;
}

/** A condition by which a candidate can be found: the hash the core computes from a request. */
export interface IndexKey {
  readonly kind: "header" | "query";
  readonly nameHash: number;
  readonly hash: number;
}

export interface MatchDigest {
  readonly pathKind: HttpMatch["path"]["kind"];
  readonly segments: readonly Segment[];
  /** Larger comes first: method, number of headers, number of queries. */
  readonly precedence: number;
  readonly keys: readonly IndexKey[];
}

export interface WrittenRoute {
  readonly bytes: Uint8Array;
  readonly matches: readonly MatchDigest[];
}

// Controls end a field or a line; the rest of a value is opaque (RFC 9110 section 5.5).
// deno-lint-ignore no-control-regex
const FORBIDDEN_IN_VALUE = /[\u0000-\u0008\u000a-\u001f\u007f]/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FORBIDDEN_IN_PATH = /[^\u0021-\u007e]|[#\\]/;

interface BackendList {
  readonly rel: number;
  readonly count: number;
  readonly weight: number;
  /** The service of the only backend where it has no filters. */
  readonly sole: number;
}

/** Lays out routes one after the other; keeps nothing between them but its buffer. */
export class FragmentWriter {
  readonly #out = new BlobWriter();
  readonly #filters = new Map<HttpFilters, number>();
  #filterList: { filters: HttpFilters; where: string }[] = [];
  #filtersAt = 0;
  #where = "";

  constructor(readonly ids: IdRegistry) {}

  /** Throws CompileError for what the core cannot do. */
  write(route: HttpRoute): WrittenRoute {
    const out = this.#out;
    out.reset();
    this.#where = `route ${route.id}`;
    this.#collectFilters(route);
    const matchCount = route.rules.reduce((sum, rule) => sum + rule.matches.length, 0);
    out.take(matchCount * L.MATCH_SIZE);
    const filtersAt = out.take(this.#filterList.length * L.FILTERS_SIZE);
    this.#filtersAt = filtersAt;
    const matches: MatchDigest[] = [];
    route.rules.forEach((rule, number) => {
      this.#where = `route ${route.id} rule ${number}`;
      const backends = this.#writeBackends(rule.backends);
      const retryRef = this.#writeRetry(rule.retry);
      for (const match of rule.matches) {
        const at = matches.length * L.MATCH_SIZE;
        this.#writeRule(at, rule, number, backends);
        out.u32(at + 60, retryRef);
        const label = this.ids.labels.idOf(route.id, match.path.pattern);
        matches.push(this.#writeMatch(at, match, label));
      }
    });
    this.#filterList.forEach(({ filters, where }, index) => {
      this.#where = where;
      this.#writeFilters(filtersAt + index * L.FILTERS_SIZE, filters);
    });
    const idAt = out.text(route.id);
    const idLength = out.textLength;
    const bytes = out.finish(L.BLOB_TRAILER, L.BLOB_ALIGN, (at) => {
      out.u32(at, matchCount);
      out.u32(at + 4, this.#filterList.length);
      out.u32(at + 8, filtersAt);
      out.u32(at + 12, idAt);
      out.u32(at + 16, idLength);
    });
    return { bytes, matches };
  }

  #collectFilters(route: HttpRoute): void {
    this.#filters.clear();
    this.#filterList = [];
    route.rules.forEach((rule, number) => {
      for (const { filters } of [rule, ...rule.backends]) {
        if (isEmpty(filters) || this.#filters.has(filters)) continue;
        this.#filterList.push({ filters, where: `route ${route.id} rule ${number}` });
        this.#filters.set(filters, this.#filterList.length);
      }
    });
  }

  /** Rel + 1 of a filters record, 0 for filters that change nothing. */
  #filtersRef(filters: HttpFilters): number {
    const index = this.#filters.get(filters);
    return index === undefined ? 0 : this.#filtersAt + (index - 1) * L.FILTERS_SIZE + 1;
  }

  #writeBackends(backends: readonly WeightedBackend[]): BackendList {
    const out = this.#out;
    const rel = out.take(backends.length * L.BACKEND_SIZE);
    let weight = 0;
    let sole = L.NO_VALUE;
    backends.forEach(({ weight: own, target, filters }, index) => {
      const at = rel + index * L.BACKEND_SIZE;
      const service = target.kind === "service"
        ? this.ids.services.idOf(target.service)
        : L.NO_VALUE;
      const filtersRef = this.#filtersRef(filters);
      weight += own;
      if (backends.length === 1 && own > 0 && filtersRef === 0) sole = service;
      out.u32(at, weight);
      out.u32(at + 4, service);
      out.u32(at + 8, filtersRef);
    });
    if (weight > 0xffffffff) throw this.#refuse("too-many", "the weights add up to over 2^32");
    return { rel, count: backends.length, weight, sole };
  }

  /** Rel + 1 of a retry record, 0 for none. */
  #writeRetry(retry: Retry | undefined): number {
    if (retry === undefined) return 0;
    const out = this.#out;
    const rel = out.take(L.RETRY_SIZE);
    out.u32(rel, retry.attempts);
    out.u32(rel + 4, retry.backoffMs ?? L.NO_VALUE);
    const bytes = new Uint8Array(L.RETRY_SIZE - 8);
    for (const code of retry.codes) {
      const bit = code - L.RETRY_FIRST_STATUS;
      bytes[bit >> 3] |= 1 << (bit & 7);
    }
    bytes.forEach((byte, index) => out.u8(rel + 8 + index, byte));
    return rel + 1;
  }

  #writeRule(at: number, rule: HttpRule, number: number, backends: BackendList): void {
    const out = this.#out;
    out.u32(at + 24, this.#filtersRef(rule.filters));
    out.u32(at + 28, backends.rel);
    out.u32(at + 32, backends.count);
    out.u32(at + 36, backends.weight);
    out.u32(at + 40, rule.timeouts.requestMs ?? L.NO_VALUE);
    out.u32(at + 44, rule.timeouts.backendRequestMs ?? L.NO_VALUE);
    out.u32(at + 48, backends.sole);
    out.u32(at + 52, number);
  }

  #writeMatch(at: number, match: HttpMatch, label: number): MatchDigest {
    const out = this.#out;
    const { path, method } = match;
    const methodId = method === undefined ? 0 : L.METHOD_IDS.get(method) ?? 0;
    const isRareMethod = method !== undefined && methodId === 0;
    const count = match.headers.length + match.queries.length + (isRareMethod ? 1 : 0);
    if (match.headers.length > 255 || match.queries.length > 255) {
      throw this.#refuse("too-many", "more than 255 header or query matches");
    }
    let condition = out.take(count * L.CONDITION_SIZE);
    out.u32(at + 4, condition);
    const keys: IndexKey[] = [];
    for (const kind of ["header", "query"] as const) {
      for (const value of kind === "header" ? match.headers : match.queries) {
        if (value.kind === "regex") this.#writeRegexCondition(condition, kind, value);
        else keys.push(this.#writeCondition(condition, kind, value));
        condition += L.CONDITION_SIZE;
      }
    }
    if (isRareMethod) {
      out.u8(condition, L.CONDITION.method);
      out.u32(condition + 12, out.text(method));
      out.u32(condition + 16, out.textLength);
    }
    const program = path.kind === "regex" ? this.#program(path.value) : undefined;
    const pathAt = program ? out.append(program) : out.text(path.value);
    const pathLength = program?.length ?? out.textLength;
    const precedence = (method === undefined ? 0 : 1 << 16) | (match.headers.length << 8) |
      match.queries.length;
    out.u32(at, at);
    out.u16(at + 8, count);
    out.u8(at + 10, methodId);
    out.u8(at + 11, L.PATH_KIND[path.kind]);
    out.u32(at + 12, label);
    out.u32(at + 16, pathAt);
    out.u32(at + 20, pathLength);
    out.u32(at + 56, precedence);
    const segments = program ? [] : this.#segments(path.value, pathAt);
    return { pathKind: path.kind, segments, precedence, keys };
  }

  #segments(path: string, pathAt: number): Segment[] {
    if (path === "") return [];
    if (path[0] !== "/" || FORBIDDEN_IN_PATH.test(path)) {
      throw this.#refuse("bad-text", `the path ${JSON.stringify(path)} is not normalised`);
    }
    let rel = pathAt + 1;
    return path.slice(1).split("/").map((text) => {
      if (text.length > 65535) throw this.#refuse("too-many", "a path segment is too long");
      const hash = hash32(this.#out.slice(rel, text.length), 0);
      rel += text.length + 1;
      return { text, hash };
    });
  }

  #writeCondition(at: number, kind: "header" | "query", match: ValueMatch): IndexKey {
    const out = this.#out;
    const nameAt = out.text(match.name);
    const nameLength = out.textLength;
    const nameBytes = out.slice(nameAt, nameLength);
    const nameHash = kind === "header" ? hashName(nameBytes) : hash32(nameBytes, 0);
    const valueAt = out.text(match.value);
    const valueLength = out.textLength;
    const valueHash = hash32(out.slice(valueAt, valueLength), nameHash);
    if (nameLength > 65535) throw this.#refuse("too-many", `the name of a ${kind} is too long`);
    out.u8(at, L.CONDITION[kind]);
    out.u16(at + 2, nameLength);
    out.u32(at + 4, nameAt);
    out.u32(at + 8, nameHash);
    out.u32(at + 12, valueAt);
    out.u32(at + 16, valueLength);
    out.u32(at + 20, valueHash);
    return { kind, nameHash, hash: joinHash(valueHash, L.CONDITION[kind]) };
  }

  #writeRegexCondition(at: number, kind: "header" | "query", match: ValueMatch): void {
    const out = this.#out;
    const nameAt = out.text(match.name);
    const nameLength = out.textLength;
    const program = this.#program(match.value);
    if (nameLength > 65535) throw this.#refuse("too-many", `the name of a ${kind} is too long`);
    out.u8(at, L.REGEX_CONDITION[kind]);
    out.u16(at + 2, nameLength);
    out.u32(at + 4, nameAt);
    out.u32(at + 12, out.append(program));
    out.u32(at + 16, program.length);
  }

  #program(pattern: string): Uint8Array {
    const compiled = compileRegex(pattern);
    if (!compiled.ok) throw this.#refuse("bad-regex", compiled.message);
    return compiled.program;
  }

  #writeFilters(at: number, filters: HttpFilters): void {
    const out = this.#out;
    this.#writeEdits(at, filters.requestHeaders);
    this.#writeEdits(at + 8, filters.responseHeaders);
    const redirect = filters.redirect;
    if (redirect) {
      out.u16(at + 16, redirect.status);
      out.u8(at + 18, L.SCHEME[redirect.scheme ?? "keep"]);
      out.u8(at + 19, L.PATH_EDIT[redirect.path?.kind ?? "keep"]);
      out.u32(at + 20, redirect.port ?? 0);
      this.#writeTarget(at + 24, redirect.hostname);
      this.#writeTarget(at + 32, redirect.path?.value);
    }
    const rewrite = filters.rewrite;
    if (rewrite) {
      out.u8(at + 40, L.PATH_EDIT[rewrite.path?.kind ?? "keep"]);
      this.#writeTarget(at + 44, rewrite.hostname);
      this.#writeTarget(at + 52, rewrite.path?.value);
    }
    if (filters.cors) out.u32(at + 60, this.#writeCors(filters.cors) + 1);
  }

  #writeCors(cors: Cors): number {
    const out = this.#out;
    const at = out.take(L.CORS_SIZE);
    const origins = out.take(cors.origins.length * L.ORIGIN_SIZE);
    out.u32(at, origins);
    out.u32(at + 4, cors.origins.length);
    cors.origins.forEach((origin, index) => {
      this.#writeOrigin(origins + index * L.ORIGIN_SIZE, origin);
    });
    const { allowed, refused, preflight } = corsEdits(cors);
    [allowed, refused, preflight].forEach((edits, index) => {
      const records = out.take(edits.length * L.EDIT_SIZE);
      out.u32(at + 8 + index * 8, records);
      out.u32(at + 12 + index * 8, edits.length);
      edits.forEach(({ operation, name, value }, number) => {
        this.#writeEdit(records + number * L.EDIT_SIZE, L.EDIT[operation], name, value);
      });
    });
    return at;
  }

  #writeOrigin(at: number, origin: CorsOrigin): void {
    const out = this.#out;
    out.u8(at, L.ORIGIN_KIND[origin.kind]);
    if (origin.kind === "any") return;
    out.u32(at + 4, out.text(origin.kind === "exact" ? origin.origin : origin.before));
    out.u32(at + 8, out.textLength);
    if (origin.kind === "exact") return;
    out.u32(at + 12, out.text(origin.after));
    out.u32(at + 16, out.textLength);
  }

  /** A part of a request target: what may not stand in one is percent-encoded. */
  #writeTarget(at: number, text: string | undefined): void {
    if (text === undefined) return;
    const safe = text.replace(/[^\u0021-\u007e]|[#\\]/gu, (char) => {
      return char === "#" ? "%23" : char === "\\" ? "%5C" : encodeURIComponent(char.toWellFormed());
    });
    this.#out.u32(at, this.#out.text(safe));
    this.#out.u32(at + 4, this.#out.textLength);
  }

  #writeEdits(at: number, edits: HeaderEdits | undefined): void {
    if (!edits) return;
    const count = edits.set.length + edits.add.length + edits.remove.length;
    if (count === 0) return;
    let record = this.#out.take(count * L.EDIT_SIZE);
    this.#out.u32(at, record);
    this.#out.u32(at + 4, count);
    for (const kind of ["set", "add"] as const) {
      for (const field of edits[kind]) {
        this.#writeEdit(record, L.EDIT[kind], field.name, field.value);
        record += L.EDIT_SIZE;
      }
    }
    for (const name of edits.remove) {
      this.#writeEdit(record, L.EDIT.remove, name, "");
      record += L.EDIT_SIZE;
    }
  }

  #writeEdit(at: number, operation: number, name: string, value: string): void {
    const out = this.#out;
    if (!TOKEN.test(name) || name.length > 65535) {
      throw this.#refuse("bad-text", `${JSON.stringify(name)} is no header name`);
    }
    if (FORBIDDEN_IN_VALUE.test(value)) {
      throw this.#refuse("bad-text", `the value for header ${name} holds a control character`);
    }
    out.u8(at, operation);
    out.u32(at + 4, out.text(name));
    out.u16(at + 2, out.textLength);
    out.u32(at + 8, out.text(value));
    out.u32(at + 12, out.textLength);
  }

  #refuse(code: CompileError["code"], what: string): CompileError {
    return new CompileError(code, this.#where, what);
  }
}

function isEmpty(filters: HttpFilters): boolean {
  return !filters.requestHeaders && !filters.responseHeaders && !filters.redirect &&
    !filters.rewrite && !filters.cors;
}
