// Hard cases for the request reader: bytes, the answer, and the sentence that asks for it.
// `status` 0: accepted; otherwise the status of the refusal. RFC 9112 unless another is named.

export interface Case {
  readonly name: string;
  readonly input: string;
  readonly status: number;
  readonly rule: string;
}

export const HOST = "Host: a\r\n";

/** A GET with these field lines after Host. */
export function get(lines: string, host = HOST): string {
  return `GET / HTTP/1.1\r\n${host}${lines}\r\n`;
}

/** A POST with these field lines and this body. */
export function post(lines: string, body: string): string {
  return `POST / HTTP/1.1\r\n${HOST}${lines}\r\n${body}`;
}

/** A request of this request-line and a Host. */
export function line(requestLine: string): string {
  return `${requestLine}\r\n${HOST}\r\n`;
}

/** A POST with this chunked body. */
export function chunked(body: string): string {
  return post("Transfer-Encoding: chunked\r\n", body);
}

/** Cases of one rule with one answer: name to bytes. */
export function rows(rule: string, status: number, cases: Record<string, string>): Case[] {
  return Object.entries(cases).map(([name, input]) => ({ name, input, status, rule }));
}
