import { forwardedFields, withoutHopByHop } from "../../src/data/serve/forwarded_fields.ts";
import { assertEquals } from "../assert.ts";

const CLIENT = { peerAddress: "192.0.2.1", scheme: "http", authority: "a.example.com" } as const;

function forwarded(fields: [string, string][]): Map<string, string> {
  return new Map(forwardedFields(fields, CLIENT).fields);
}

Deno.test("hop-by-hop fields go, and so do those that Connection names", () => {
  const kept = withoutHopByHop([
    ["Connection", "close, X-Mine , host, content-length"],
    ["Keep-Alive", "timeout=5"],
    ["TE", "trailers"],
    ["Transfer-Encoding", "chunked"],
    ["Upgrade", "websocket"],
    ["Proxy-Authorization", "Basic x"],
    ["x-mine", "1"],
    ["host", "a"],
    ["content-length", "3"],
    ["accept", "*/*"],
  ]);
  assertEquals(kept.map(([name]) => name), ["host", "content-length", "accept"]);
});

Deno.test("the peer is appended to X-Forwarded-For", () => {
  assertEquals(forwarded([]).get("x-forwarded-for"), "192.0.2.1");
  assertEquals(
    forwarded([["x-forwarded-for", "203.0.113.9, 10.0.0.1"]]).get("x-forwarded-for"),
    "203.0.113.9, 10.0.0.1, 192.0.2.1",
  );
});

Deno.test("X-Forwarded-Proto and -Host are what this hop saw, whatever the client claims", () => {
  const fields = forwarded([["x-forwarded-proto", "https"], ["x-forwarded-host", "evil"]]);
  assertEquals(fields.get("x-forwarded-proto"), "http");
  assertEquals(fields.get("x-forwarded-host"), "a.example.com");
});

Deno.test("a well-formed x-request-id is kept, another is replaced", () => {
  assertEquals(forwarded([["x-request-id", "abc-1"]]).get("x-request-id"), "abc-1");
  for (const bad of ["", "a b", "x".repeat(129), "a\u00e9"]) {
    const made = forwarded([["x-request-id", bad]]).get("x-request-id") ?? "";
    assertEquals(/^[0-9a-f-]{36}$/.test(made), true, bad);
  }
});
