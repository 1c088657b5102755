import { createTrust, parseTrustedProxies } from "../../src/data/trusted_proxies.ts";
import { assertEquals } from "../assert.ts";

function trust(text: string) {
  return createTrust(parseTrustedProxies(text)!);
}

Deno.test("a number, networks, both families, and what is neither", () => {
  assertEquals(parseTrustedProxies(""), { kind: "none" });
  assertEquals(parseTrustedProxies("0"), { kind: "none" });
  assertEquals(parseTrustedProxies("2"), { kind: "hops", hops: 2 });
  assertEquals(parseTrustedProxies("10.0.0.0/8, ::1"), {
    kind: "networks",
    networks: ["10.0.0.0/8", "::1"],
  });
  for (
    const wrong of [
      "33",
      "-1",
      "x",
      "10.0.0.1/8",
      "10.0.0.0/33",
      "1.2.3",
      "::1/129",
      "10.0.0.0/8,",
      "a::b::c",
    ]
  ) assertEquals(parseTrustedProxies(wrong), undefined, wrong);
});

Deno.test("without a setting nobody is trusted, whatever is claimed", () => {
  const nobody = trust("");
  assertEquals(nobody.isTrusted("127.0.0.1"), false);
  assertEquals(nobody.clientOf("192.0.2.1", "203.0.113.9, 192.0.2.1"), "192.0.2.1");
});

Deno.test("hops: the entry that the farthest trusted proxy appended is the client", () => {
  const one = trust("1");
  assertEquals(one.isTrusted("192.0.2.1"), true);
  assertEquals(one.clientOf("192.0.2.1", "203.0.113.66, 203.0.113.9, 192.0.2.1"), "203.0.113.9");
  const two = trust("2");
  assertEquals(two.clientOf("192.0.2.1", "203.0.113.66, 203.0.113.9, 192.0.2.1"), "203.0.113.66");
  assertEquals(two.clientOf("192.0.2.1", "192.0.2.1"), "192.0.2.1");
});

Deno.test("networks: the nearest entry that is no proxy is the client", () => {
  const inside = trust("10.0.0.0/8,2001:db8::/32");
  assertEquals(inside.isTrusted("10.1.2.3"), true);
  assertEquals(inside.isTrusted("::ffff:10.1.2.3"), true);
  assertEquals(inside.isTrusted("2001:db8::5"), true);
  assertEquals(inside.isTrusted("192.0.2.1"), false);
  assertEquals(
    inside.clientOf("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2, 10.0.0.1"),
    "203.0.113.9",
  );
  assertEquals(
    inside.clientOf("10.0.0.1", "[2001:db9::1]:99, 10.0.0.2:80, 10.0.0.1"),
    "2001:db9::1",
  );
});

Deno.test("an entry that is no address ends the trust", () => {
  const inside = trust("10.0.0.0/8");
  assertEquals(inside.clientOf("10.0.0.1", "203.0.113.9, unknown, 10.0.0.1"), "10.0.0.1");
});
