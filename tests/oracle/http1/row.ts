// What a row of the oracle's table is: bytes that a client sends, an endpoint's script, and what the
// `wire` front makes of them. Plain data; differences.ts says who makes something else of them.

import type { Script } from "./backend.ts";

/** The proxies that are asked; `wire` is the one that the others are compared with. */
export const PROXIES = ["wire", "serve", "nginx", "HAProxy", "Envoy"] as const;
export type ProxyName = typeof PROXIES[number];
export type OtherName = Exclude<ProxyName, "wire">;

/**
 * The releases whose behaviour is listed: nginx and HAProxy come from a distribution that goes on, and
 * another release may do otherwise without anything being wrong here.
 */
export const KNOWN_RELEASES = { nginx: "1.30", HAProxy: "3.2", Envoy: "1.40" } as const;

export interface Row {
  readonly name: string;
  /** One character, one byte. A list: each part is sent when something has come back for the last. */
  readonly send: string | readonly string[];
  /**
   * What the `wire` front does: interim and final statuses, what became of the connection, and what the
   * backend received, such as `200 kept | GET /`. The words are those of `summary.ts`.
   */
  readonly wire: string;
  /** The sentence that asks for it, where it is no choice of RAUTA's. */
  readonly must?: string;
  readonly backend?: Script;
  /** Names of request fields that are part of what the backend received, lower case. */
  readonly fields?: readonly string[];
  /** Names of response fields that are part of what the client received, lower case. */
  readonly answerFields?: readonly string[];
  /** The response's body is part of what the client received. */
  readonly showBody?: boolean;
  /** Methods of the requests in `send`, where they are not one that has a response with a body. */
  readonly methods?: readonly string[];
  /** Final responses that are waited for; default 1. */
  readonly responses?: number;
  /** Sent after a 101, with an answer of the same length to come. */
  readonly tunnel?: string;
}

export interface Group {
  readonly name: string;
  readonly rows: readonly Row[];
}

export const HOST = "Host: a.example\r\n";

/** A request line, Host, other fields and the empty line. */
export function get(target: string, fields = ""): string {
  return `GET ${target} HTTP/1.1\r\n${HOST}${fields}\r\n`;
}

export function post(fields: string, body = ""): string {
  return `POST / HTTP/1.1\r\n${HOST}${fields}\r\n${body}`;
}

export function chunked(chunks: string): string {
  return post("Transfer-Encoding: chunked\r\n", chunks);
}

/** What one or several other proxies make of a row. */
export interface Difference {
  readonly who: readonly OtherName[];
  /** The row's id: its group and name. */
  readonly id: string;
  /** In the words of `Row.wire`; several where timing decides. */
  readonly does: readonly string[];
}

/** Differences that have one reason. */
export interface Reason {
  readonly reason: string;
  readonly cases: readonly Difference[];
}

/** `who`: names with a space between. */
export function differs(who: string, id: string, ...does: string[]): Difference {
  return { who: who.split(" ") as OtherName[], id, does };
}

type Extras = Omit<Row, "name" | "send" | "wire">;

/** A row with what few rows state. */
export function row(name: string, send: Row["send"], wire: string, extras: Extras = {}): Row {
  return { name, send, wire, ...extras };
}
