// A question to explain, in words that a person or the admin server gives, and its answer as plain
// data. Takes a core with its tables; picks the port as a client would by the URL. Decides nothing.

import type { Snapshot } from "../ir/snapshot.ts";
import type { PortBinding } from "./compiler/bindings.ts";
import type { Decision, FieldList, RequestInput } from "./decision.ts";
import type { Explainer, Explanation } from "./explain.ts";
import type { HeadGate } from "./head_gate.ts";

export interface ExplainQuery {
  readonly method: string;
  /** `http://host[:port]/path[?query]` or `https://...`. */
  readonly url: string;
  /** `Name: value` each. */
  readonly headers: readonly string[];
  /** `IP:PORT`. */
  readonly client?: string;
  /** The balancing key: up to 16 hexadecimal digits. */
  readonly key?: string;
  /** The draw among weighted backends: at least 0, below 1. */
  readonly draw?: string;
}

/** The question can't be asked like this; the message says what is wrong and what to write. */
export class QueryError extends Error {
  override readonly name = "QueryError";
}

export interface Head {
  readonly method: string;
  readonly authority: string;
  readonly target: string;
  readonly fields: FieldList;
}

export type Outcome =
  | { readonly kind: "forward"; readonly head: Head; readonly timeouts: object }
  | {
    readonly kind: "respond";
    readonly status: number;
    readonly reason: string;
    /** Of a head that HTTP/1 refuses. */
    readonly why?: string;
    readonly fields: FieldList;
  };

export interface ExplainAnswer extends Omit<Explanation, "decision"> {
  readonly port: number;
  /** The URL names no port that is listened on: this one was taken. */
  readonly portAssumed: boolean;
  readonly client: string;
  /** 16 hexadecimal digits. */
  readonly key: string;
  readonly drawnAt: number;
  readonly before: Head;
  readonly after: Outcome;
}

/** What explain compares with: the tables of one moment. */
export interface ExplainTables {
  readonly snapshot: Snapshot;
  readonly bindings: readonly PortBinding[];
  readonly explainer: Explainer;
  /** Absent: the head is taken as one that HTTP/1 has let through. */
  readonly gate?: HeadGate;
}

/** What an answer says of its question. */
type Asked = Pick<
  ExplainAnswer,
  "port" | "portAssumed" | "client" | "key" | "drawnAt" | "before"
>;

const MAX_TEXT = 8192;
const MAX_HEAD_BYTES = 262_144;
/** The reason of an answer that HTTP/1 itself gives. */
const REFUSED_HEAD = "refused-head";
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export function toParams(query: ExplainQuery): URLSearchParams {
  const params = new URLSearchParams({ method: query.method, url: query.url });
  for (const header of query.headers) params.append("header", header);
  for (const name of ["client", "key", "draw"] as const) {
    const value = query[name];
    if (value !== undefined) params.set(name, value);
  }
  return params;
}

/** @throws {QueryError} where a name is not known or one that is needed is missing. */
export function fromParams(params: URLSearchParams): ExplainQuery {
  for (const name of params.keys()) {
    if (name !== "header" && params.getAll(name).length > 1) {
      throw new QueryError(`${name.slice(0, 60)} is given twice: only header may be`);
    }
    if (["method", "url", "header", "client", "key", "draw"].includes(name)) continue;
    throw new QueryError(
      `${name.slice(0, 60)} is not known: there is method, url, header, client, key, draw`,
    );
  }
  const url = params.get("url");
  if (!url) throw new QueryError("url is missing: write /explain?method=GET&url=http://HOST/PATH");
  const optional = (name: "client" | "key" | "draw") => {
    const value = params.get(name);
    return value === null ? {} : { [name]: value };
  };
  return {
    method: params.get("method") ?? "GET",
    url,
    headers: params.getAll("header"),
    ...optional("client"),
    ...optional("key"),
    ...optional("draw"),
  };
}

/** A text as the bytes that would be on the wire, a character each. */
function bytesOf(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text));
}

/** A host of other letters as it is sent: `xn--...` (RFC 5890), or as it is where it has no such form. */
function sentHost(authority: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(authority)) return authority;
  const url = URL.parse(`http://${authority}`);
  return url === null ? bytesOf(authority) : url.host;
}

function readUrl(url: string) {
  const parts = /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(url);
  if (!parts || url.length > MAX_TEXT) {
    throw new QueryError(`${JSON.stringify(url.slice(0, 100))}: write http://HOST[:PORT]/PATH`);
  }
  const scheme = parts[1].toLowerCase() === "https" ? "https" as const : "http" as const;
  const authority = sentHost(parts[2]);
  const rest = bytesOf(parts[3]);
  const port = /:(\d{1,5})$/.exec(authority)?.[1];
  return {
    scheme,
    authority,
    target: rest.startsWith("/") ? rest : `/${rest}`,
    port: port === undefined ? undefined : Number(port),
  };
}

function readHeaders(headers: readonly string[]): FieldList {
  return headers.map((header) => {
    const colon = header.indexOf(":");
    const name = header.slice(0, Math.max(colon, 0)).trim();
    if (!TOKEN.test(name) || header.length > MAX_TEXT) {
      throw new QueryError(`header ${JSON.stringify(header.slice(0, 100))}: write 'NAME: VALUE'`);
    }
    const value = bytesOf(header.slice(colon + 1).trim());
    // deno-lint-ignore no-control-regex
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value)) {
      throw new QueryError(`header ${name}: its value holds a control character`);
    }
    return [name, value];
  });
}

function readClient(client: string): string {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|(\d{1,3}(?:\.\d{1,3}){3}))(?::(\d{1,5}))?$/.exec(client);
  const address = parts?.[1] ?? parts?.[2];
  const isAddress = parts?.[1] === undefined
    ? address?.split(".").every((octet) => Number(octet) <= 255)
    : URL.canParse(`http://[${address}]/`);
  if (address === undefined || !isAddress || Number(parts?.[3] ?? 0) > 65_535) {
    throw new QueryError(
      `client ${JSON.stringify(client.slice(0, 60))}: write IP:PORT, IPv6 in brackets`,
    );
  }
  return address;
}

/** FNV-1a, 64 bits: any spread will do for a key that stands for a fresh one. */
function keyOfClient(client: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < client.length; i++) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(client.charCodeAt(i))) * 0x100000001b3n);
  }
  return hash;
}

function readKey(key: string | undefined, client: string): bigint {
  if (key === undefined) return keyOfClient(client);
  if (!/^[0-9a-fA-F]{1,16}$/.test(key)) {
    throw new QueryError("key: write up to 16 hexadecimal digits");
  }
  return BigInt(`0x${key}`);
}

function readDraw(draw: string): number {
  const value = Number(draw);
  if (draw.trim() === "" || !(value >= 0 && value < 1)) {
    throw new QueryError("draw: write a number from 0, below 1");
  }
  return value;
}

function isOfScheme({ protocol }: PortBinding, scheme: "http" | "https"): boolean {
  return protocol === (scheme === "https" ? "HTTPS" : "HTTP");
}

/** The bindings to try, in order, and whether the URL named the port. */
function bindingsFor(
  bindings: readonly PortBinding[],
  scheme: "http" | "https",
  port: number | undefined,
): { candidates: readonly PortBinding[]; assumed: boolean } {
  const fitting = bindings.filter((each) => isOfScheme(each, scheme));
  const wanted = port ?? (scheme === "https" ? 443 : 80);
  const named = fitting.filter((each) => each.port === wanted);
  if (named.length > 0) return { candidates: named, assumed: false };
  const known = fitting.map((each) => each.port).sort((a, b) => a - b);
  if (port !== undefined || fitting.length === 0) {
    const other = bindings.map((each) => `${each.protocol} on ${each.port}`).join(", ");
    const there = known.length > 0
      ? `there is ${known.join(", ")}`
      : `there is ${other === "" ? "no listener at all" : other}`;
    throw new QueryError(`no ${scheme.toUpperCase()} listener has port ${wanted}: ${there}`);
  }
  return { candidates: fitting.toSorted((a, b) => a.port - b.port), assumed: true };
}

function checkSize(method: string, fields: FieldList): void {
  if (!TOKEN.test(method) || method.length > MAX_TEXT) {
    throw new QueryError(`method ${JSON.stringify(method.slice(0, 100))}: write one such as GET`);
  }
  const sizeBytes = fields.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  if (sizeBytes > MAX_HEAD_BYTES) {
    throw new QueryError(`headers: at most ${MAX_HEAD_BYTES} bytes together`);
  }
}

/** A head that no rule sees. */
function refusedHead(
  asked: Asked,
  { status, why }: { status: number; why: string },
): ExplainAnswer {
  return {
    hosts: [],
    routesForOtherHosts: 0,
    matches: [],
    winnerLeads: false,
    filters: {},
    backends: [],
    ...asked,
    after: { kind: "respond", status, reason: REFUSED_HEAD, why, fields: [] },
  };
}

/** OPTIONS is answered for the endpoint, TRACE is not offered: RFC 9110 section 7.6.2. */
function usedUp(method: string): Outcome {
  const status = method === "OPTIONS" ? 200 : 501;
  return { kind: "respond", status, reason: "max-forwards", fields: [] };
}

/** @throws {QueryError} for a question that can't be asked. */
export function explainQuery(tables: ExplainTables, query: ExplainQuery): ExplainAnswer {
  const { scheme, authority: named, target, port } = readUrl(query.url);
  const all = readHeaders(query.headers);
  checkSize(query.method, all);
  const authority = all.find(([name]) => name.toLowerCase() === "host")?.[1] ?? named;
  if (authority === "") throw new QueryError("the URL names no host: write http://HOST/PATH");
  const fields = all.filter(([name]) => name.toLowerCase() !== "host");
  const client = query.client ?? "127.0.0.1:40000";
  const address = readClient(client);
  const key = readKey(query.key, client);
  const drawnAt = readDraw(query.draw ?? "0");
  const { candidates, assumed } = bindingsFor(tables.bindings, scheme, port);
  const input: Omit<RequestInput, "portGroup"> = {
    method: query.method,
    scheme,
    authority,
    target,
    fields,
    client: { address, requestId: "explained", isTrusted: false },
    keyLo: Number(key & 0xffffffffn),
    keyHi: Number(key >> 32n),
    rand32: Math.floor(drawnAt * 2 ** 32),
  };
  const asked = (port: number): Asked => ({
    port,
    portAssumed: assumed,
    client,
    key: key.toString(16).padStart(16, "0"),
    drawnAt,
    before: { method: query.method, authority, target, fields },
  });
  const { snapshot, explainer, gate } = tables;
  let taken: { binding: PortBinding; explanation: Explanation } | undefined;
  for (const binding of candidates) {
    const explanation = explainer.explain(snapshot, { ...input, portGroup: binding.portGroup });
    taken ??= { binding, explanation };
    if (explanation.listener === undefined) continue;
    taken = { binding, explanation };
    break;
  }
  const { binding, explanation } = taken!;
  const { port: boundPort, portGroup } = binding;
  const hosts = all.filter(([name]) => name.toLowerCase() === "host");
  const onWire: FieldList = hosts.length > 0 ? all : [["host", authority], ...fields];
  const passage = gate?.pass(
    {
      method: query.method,
      scheme,
      // CONNECT asks for an authority (RFC 9112 section 3.2.3).
      target: query.method === "CONNECT"
        ? `${authority.replace(/:\d*$/, "")}:${boundPort}`
        : target,
      fields: onWire,
      portGroup,
    },
    input,
  );
  if (passage?.kind === "refused") return refusedHead(asked(boundPort), passage);
  const { decision, ...rest } = explanation;
  const isUsedUp = decision.kind === "forward" && passage?.isForwarded === false &&
    ["OPTIONS", "TRACE"].includes(query.method);
  return {
    ...rest,
    ...asked(boundPort),
    after: isUsedUp ? usedUp(query.method) : outcomeOf(decision),
  };
}

function outcomeOf(decision: Decision): Outcome {
  if (decision.kind === "respond") {
    const { status, reason, fields } = decision;
    return { kind: "respond", status, reason, fields };
  }
  const { method, authority, target, fields, timeouts } = decision;
  return { kind: "forward", head: { method, authority, target, fields }, timeouts };
}
