// The llhttp cases of tests/testdata/http1 as typed data, and what the codec makes of each: the
// input read message by message until it ends, is refused, or becomes another protocol.

import { type Codec, type Kind, WHOLE } from "./http1.ts";

export interface LlhttpCase {
  readonly file: string;
  readonly line: number;
  readonly group: readonly string[];
  readonly title: string;
  readonly kind: Kind | "url";
  readonly lenient: string | null;
  readonly finish: boolean;
  readonly skipBody: boolean;
  readonly input: string;
  readonly outcome: "ok" | "error" | "upgrade";
}

/** ok: all of it taken, or the front of a message that may go on; error: refused; upgrade: a tunnel. */
export type Verdict = "ok" | "error" | "upgrade";

/**
 * llhttp's cases leave Host out, which RFC 9112 section 3.2 has a server refuse: requests without any
 * get one after each request-line, so that the case is about what its title says.
 */
function withHost(item: LlhttpCase): string {
  if (item.kind !== "request" || /\nHost *:/i.test(item.input)) return item.input;
  return item.input.replace(/^([A-Z-]+ \S+ HTTP\/1\.1\r\n)/gm, "$1Host: a\r\n");
}

export async function llhttpCases(): Promise<LlhttpCase[]> {
  const file = await Deno.readTextFile("tests/testdata/http1/llhttp.json");
  const { cases } = JSON.parse(file) as { cases: LlhttpCase[] };
  return cases.map((item) => ({ ...item, input: atob(item.input) }))
    .map((item) => ({ ...item, input: withHost(item) }));
}

export function verdict(codec: Codec, item: LlhttpCase, pieceBytes: number): Verdict {
  const kind = item.kind === "response" ? "response" : "request";
  const methodId = item.skipBody ? 2 : WHOLE.methodId;
  let rest = item.input;
  while (rest !== "") {
    const feed = { ...WHOLE, pieceBytes, methodId, closed: item.finish };
    const outcome = codec.read(kind, rest, feed);
    if (outcome.type === "refused") return "error";
    if (outcome.type === "incomplete") return item.finish ? "error" : "ok";
    const { body, taken, options, persistent } = outcome.message;
    if (body === "tunnel" || (options & 4) !== 0 && kind === "request") return "upgrade";
    rest = rest.slice(taken);
    if (!persistent && rest !== "") return "error";
  }
  return "ok";
}
