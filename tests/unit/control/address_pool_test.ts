import { AddressPool } from "../../../src/control/address/address_pool.ts";
import { parseAddressPool } from "../../../src/control/address/ranges.ts";
import { assertEquals } from "../../assert.ts";

function pool(text: string, recorded: Record<string, string[]> = {}): AddressPool {
  const ranges = parseAddressPool(text);
  if (ranges === undefined) throw new Error(`no pool: ${text}`);
  return new AddressPool(ranges, (key) => recorded[key] ?? []);
}

function claim(key: string, createdAtMs = 0, stated: string[] = []) {
  return { key, createdAtMs, stated };
}

Deno.test("pools are lists of IPv4 addresses and networks, and nothing else", () => {
  for (const text of ["", "x", "10.0.0.256", "10.0.0.0/33", "10.0.0.1/24", "10.0.0.1,", "::1"]) {
    assertEquals(parseAddressPool(text), undefined, text);
  }
  const [network, one] = parseAddressPool("10.0.0.0/30, 10.1.0.7")!;
  assertEquals(network, { first: 0x0a000001, last: 0x0a000002 });
  assertEquals(one.first, one.last);
});

Deno.test("each Gateway has an address of its own, the oldest the first", () => {
  const assigned = pool("10.0.0.0/29").assign([claim("a/new", 9), claim("a/old", 1)]);
  assertEquals(assigned.get("a/old")?.addresses, ["10.0.0.1"]);
  assertEquals(assigned.get("a/new")?.addresses, ["10.0.0.2"]);
});

Deno.test("what a status records is kept, also across a restart", () => {
  const recorded = { "a/new": ["10.0.0.1"], "a/stray": ["192.0.2.9"] };
  const assigned = pool("10.0.0.0/29", recorded).assign([
    claim("a/old", 1),
    claim("a/new", 9),
    claim("a/stray", 10),
  ]);
  assertEquals(assigned.get("a/new")?.addresses, ["10.0.0.1"]);
  assertEquals(assigned.get("a/old")?.addresses, ["10.0.0.2"]);
  assertEquals(assigned.get("a/stray")?.addresses, ["10.0.0.3"]);
});

Deno.test("an address stays while its Gateway does, whoever comes or goes", () => {
  const one = pool("10.0.0.0/29");
  one.assign([claim("a/b", 5)]);
  const assigned = one.assign([claim("a/a", 1), claim("a/b", 5)]);
  assertEquals(assigned.get("a/b")?.addresses, ["10.0.0.1"]);
  assertEquals(assigned.get("a/a")?.addresses, ["10.0.0.2"]);
});

Deno.test("a stated address is honoured, and given to no other", () => {
  const assigned = pool("10.0.0.1,10.0.0.2").assign([
    claim("a/a", 1),
    claim("a/b", 2, ["10.0.0.1"]),
    claim("a/c", 3),
  ]);
  assertEquals(assigned.get("a/b")?.addresses, ["10.0.0.1"]);
  assertEquals(assigned.get("a/a")?.addresses, ["10.0.0.2"]);
  assertEquals(assigned.get("a/c")?.addresses, []);
});

Deno.test("an address that a Gateway has is not taken from it by another that states it", () => {
  const recorded = { "a/has": ["10.0.0.1"] };
  const assigned = pool("10.0.0.0/29", recorded).assign([
    claim("a/has", 9),
    claim("a/wants", 1, ["10.0.0.1", "10.0.0.2"]),
  ]);
  assertEquals(assigned.get("a/has"), { addresses: ["10.0.0.1"] });
  assertEquals(assigned.get("a/wants"), {
    addresses: ["10.0.0.2"],
    unusable: "10.0.0.1 is in use by Gateway a/has: state another address",
  });
});

Deno.test("who states an address and has it keeps it, whatever another's status says", () => {
  const recorded = { "a/states": ["10.0.0.1"], "a/old": ["10.0.0.1"] };
  const assigned = pool("10.0.0.0/29", recorded).assign([
    claim("a/old", 1),
    claim("a/states", 9, ["10.0.0.1"]),
  ]);
  assertEquals(assigned.get("a/states"), { addresses: ["10.0.0.1"] });
  assertEquals(assigned.get("a/old"), { addresses: ["10.0.0.2"] });
});

Deno.test("a stated address that is not in the pool can't be had", () => {
  for (const address of ["192.0.2.1", "10.0.0.0", "10.0.0.7", "2001:db8::1"]) {
    const assigned = pool("10.0.0.0/29").assign([claim("a/a", 1, [address])]);
    assertEquals(assigned.get("a/a"), {
      addresses: [],
      unusable: `${address} is not in RAUTA_ADDRESS_POOL: state one that is, or none`,
    });
  }
});
