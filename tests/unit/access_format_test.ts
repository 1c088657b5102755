import { jsonLine, textLine } from "../../src/data/access_format.ts";
import type { AccessRecord } from "../../src/data/access_log.ts";
import { assertEquals } from "../assert.ts";

const NAMES = {
  label: (id: number) => id === 1 ? { route: "demo/shop", pattern: "/cart" } : undefined,
  endpoint: (id: number) => id === 2 ? "127.0.0.1:80" : undefined,
};

const RECORD: AccessRecord = {
  atMs: Date.UTC(2026, 0, 2, 3, 4, 5),
  peer: "192.0.2.1",
  method: "GET",
  host: "a.example.com",
  target: '/x"\n\u001b[2J\u009b',
  status: 502,
  connectMs: 0.5,
  firstByteMs: 0.98765,
  durationMs: 1.23456,
  bytesIn: 80,
  bytesOut: 120,
  requestId: "r1",
  labelId: 1,
  endpointId: 2,
  reason: "reset",
};

Deno.test("a JSON line names route, pattern, endpoint and reason", () => {
  const line = jsonLine(RECORD, NAMES);
  assertEquals(line.split("\n").length, 2);
  assertEquals(JSON.parse(line), {
    time: "2026-01-02T03:04:05.000Z",
    peer: "192.0.2.1",
    method: "GET",
    host: "a.example.com",
    target: RECORD.target,
    status: 502,
    connect_ms: 0.5,
    first_byte_ms: 0.988,
    duration_ms: 1.235,
    bytes_in: 80,
    bytes_out: 120,
    request_id: "r1",
    route: "demo/shop",
    pattern: "/cart",
    endpoint: "127.0.0.1:80",
    reason: "reset",
  });
});

Deno.test("a text line holds no control character, whatever the client sent", () => {
  const line = textLine(RECORD, NAMES);
  // deno-lint-ignore no-control-regex
  assertEquals(/[\x00-\x1f\x7f-\x9f]/.test(line.slice(0, -1)), false);
  assertEquals(line.startsWith("03:04:05 502 1.2 ms GET a.example.com/x"), true);
  assertEquals(line.endsWith("-> 127.0.0.1:80 [demo/shop /cart] (reset)\n"), true);
});

Deno.test("what is not known is left out", () => {
  const { labelId: _l, endpointId: _e, reason: _r, ...bare } = RECORD;
  assertEquals(Object.keys(JSON.parse(jsonLine(bare, NAMES))).includes("route"), false);
  assertEquals(
    Object.keys(JSON.parse(jsonLine({ ...bare, connectMs: -1 }, NAMES))).includes("connect_ms"),
    false,
  );
  assertEquals(
    textLine({ ...bare, target: "/" }, NAMES),
    "03:04:05 502 1.2 ms GET a.example.com/\n",
  );
});
