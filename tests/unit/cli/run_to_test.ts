import { readFrom, readTarget, WordError, yamlFor } from "../../../src/cli/run_to.ts";
import { readText } from "../../../src/control/provider/file/read_all.ts";
import { joinObjects } from "../../../src/control/provider/file/object_set.ts";
import { check } from "../../../src/cli/check/check.ts";
import { loadValidator } from "../../../src/gatewayapi/validation/bundled.ts";
import { assertEquals, assertMatch } from "../../assert.ts";

Deno.test("--to: hosts, names, addresses and ports as people write them", () => {
  const cases: readonly [string, string, string, number][] = [
    ["localhost:3000", "", "localhost", 3000],
    ["3000", "", "localhost", 3000],
    [":3000", "", "localhost", 3000],
    ["192.0.2.7:80", "", "192.0.2.7", 80],
    ["[::1]:3001", "", "::1", 3001],
    ["[2001:DB8:0::1]:3001", "", "2001:db8::1", 3001],
    ["api_1:8080", "", "api_1", 8080],
    ["api.internal.:8080", "", "api.internal", 8080],
    ["API.internal:8080", "", "api.internal", 8080],
    ["http://localhost:3000", "", "localhost", 3000],
    ["http://localhost:3000/", "", "localhost", 3000],
    ["http://api.internal", "", "api.internal", 80],
    ["Shop.test=localhost:3000", "shop.test", "localhost", 3000],
    ["*.test=http://[::1]", "*.test", "::1", 80],
    ["shop.test=3000", "shop.test", "localhost", 3000],
  ];
  for (const [value, host, name, port] of cases) {
    assertEquals(readTarget(value), { host, name, port }, value);
  }
});

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof WordError) return error.message;
    throw error;
  }
  return "taken";
}

Deno.test("--to says what it can't take, and what to write", () => {
  const cases: readonly [string, RegExp][] = [
    ["", /write ADDRESS or HOST=ADDRESS, such as localhost:3000/],
    ["localhost", /the port is missing: write localhost:PORT/],
    ["[::1]", /the port is missing: write \[::1\]:PORT/],
    ["localhost:0", /0 is no port: write one from 1 to 65535/],
    ["localhost:65536", /65536 is no port/],
    ["localhost:http", /write ADDRESS or HOST=ADDRESS/],
    ["::1:3000", /write an IPv6 address in brackets, such as \[::1\]:3000/],
    ["[::g]:3000", /::g in brackets is no IPv6 address/],
    ["[fe80::1%eth0]:80", /in brackets is no IPv6 address/],
    ["[127.0.0.1]:80", /in brackets is no IPv6 address/],
    ["300.1.1.1:80", /300\.1\.1\.1 is neither an IP address nor a name/],
    ["0.0.0.0:80", /every address of a machine, and none to connect to: write 127\.0\.0\.1/],
    ["a b:80", /a b is neither an IP address nor a name/],
    ["user@localhost:80", /write ADDRESS or HOST=ADDRESS/],
    ["https://localhost:3000", /HTTPS to what runs there is not supported/],
    ["ftp://localhost:3000", /ftp is not supported/],
    ["http://localhost:3000/app", /a path can't be part of it.*: write only localhost:3000/],
    ["localhost:3000?x", /write only localhost:3000/],
    ["x_y=localhost:1", /x_y is no hostname: write one such as shop\.test/],
    ["shop.test:80=localhost:1", /HOST is without a port; --from says/],
    ["192.0.2.1=localhost:1", /an IP address, not a host that a route can have: leave it out/],
    ["=localhost:1", / is no hostname/],
  ];
  for (const [value, words] of cases) {
    const said = refusal(() => readTarget(value));
    assertMatch(said, words, value);
    assertEquals(said.startsWith(`--to ${value}: `), true, said);
  }
});

Deno.test("--from: a port, or an address and a port", () => {
  const cases: readonly [string, string, number][] = [
    ["80", "", 80],
    [":80", "", 80],
    ["*:80", "0.0.0.0", 80],
    ["localhost:80", "127.0.0.1", 80],
    ["0.0.0.0:80", "0.0.0.0", 80],
    ["[::]:80", "::", 80],
  ];
  for (const [value, address, port] of cases) {
    assertEquals(readFrom(value), { address, port }, value);
  }
  const wrong: readonly [string, RegExp][] = [
    ["", /write PORT or ADDRESS:PORT/],
    ["0", /0 is no port/],
    ["http://a.test:80", /write PORT or ADDRESS:PORT/],
    ["shop.test:80", /a hostname is part of --to, as in HOST=ADDRESS/],
    ["::1:80", /write PORT or ADDRESS:PORT/],
  ];
  for (const [value, words] of wrong) {
    assertMatch(refusal(() => readFrom(value)), words, value);
  }
});

Deno.test("--to stands for YAML in which nothing is wrong, a route for each host", async () => {
  const [v4, v6] = ["127.0.0.1", "::1"];
  const yaml = yamlFor({ address: "0.0.0.0", port: 8081 }, [
    { host: "", places: [{ address: v4, port: 3000 }, { address: v4, port: 3000 }] },
    {
      host: "api.test",
      places: [
        { address: v4, port: 80 },
        { address: "127.0.0.2", port: 80 },
        { address: v4, port: 81 },
        { address: v6, port: 80 },
      ],
    },
  ]);
  const { objects, problems } = readText("to", yaml, await loadValidator());
  const { snapshot, problems: found } = check(
    { placed: joinObjects([objects]).objects, problems },
    { hostAddresses: [], textOf: () => yaml },
  );
  assertEquals(found, []);
  const [listener] = snapshot.listeners;
  assertEquals([listener.addresses, listener.port], [["0.0.0.0"], 8081]);
  assertEquals(listener.routes.map(({ hostnames }) => hostnames), [[""], ["api.test"]]);
  assertEquals(
    snapshot.services.map(({ endpoints }) => endpoints.map((one) => `${one.address} ${one.port}`)),
    [["127.0.0.1 3000"], ["127.0.0.1 80", "127.0.0.1 81", "127.0.0.2 80", "::1 80"]],
  );
});
