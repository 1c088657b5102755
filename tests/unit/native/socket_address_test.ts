// Addresses between text and the kernel's form.

import { throws } from "node:assert/strict";
import { assertEquals } from "../../assert.ts";
import { decodeAddress, encodeAddress } from "../../../src/data/native/socket_address.ts";

Deno.test("an address survives the way into the kernel's form and back, shortened by RFC 5952", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["127.0.0.1", "127.0.0.1"],
    ["255.0.10.1", "255.0.10.1"],
    ["::", "::"],
    ["::1", "::1"],
    ["2001:0DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["fe80::", "fe80::"],
    ["::ffff:10.1.2.3", "::ffff:10.1.2.3"],
  ];
  for (const [given, expected] of cases) {
    assertEquals(decodeAddress(encodeAddress(given, 8080)), { hostname: expected, port: 8080 });
  }
});

Deno.test("the family is in the machine's order, the port in the network's", () => {
  const bytes = encodeAddress("1.2.3.4", 0x1f90);
  assertEquals([...bytes.subarray(0, 8)], [2, 0, 0x1f, 0x90, 1, 2, 3, 4]);
});

Deno.test("what is no address is refused", () => {
  for (
    const text of ["", "1.2.3", "1.2.3.256", "01.2.3.4", "1::2::3", ":::", "g::", "1:2:3:4:5:6:7"]
  ) {
    throws(() => encodeAddress(text, 1), TypeError);
  }
});
