import { NO_VALUE } from "../../../src/core/exchange_core.ts";
import { type AccessFormat, JsonFormat, TextFormat } from "../../../src/data/access/format.ts";
import { LineBuffer } from "../../../src/data/access/line_buffer.ts";
import { assertEquals } from "../../assert.ts";
import fc from "../../property.ts";
import { readerAt, type Told, told } from "./stage.ts";

const NAMES = {
  label: (id: number) => id === 1 ? { route: "demo/shop", pattern: '/"cart"' } : undefined,
  endpoint: (id: number) => id === 2 ? "127.0.0.1:80" : undefined,
};

const TOLD: Told = {
  record: {
    atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 60),
    client: "192.0.2.1",
    status: 502,
    connectMs: 0.5,
    firstByteMs: 0.98765,
    totalMs: 1.23456,
    bytesIn: 80,
    bytesOut: 120,
    labelId: 1,
    endpointId: 2,
    reason: "reset",
  },
  strings: {
    method: "GET",
    host: "a.example.com",
    target: '/x"\\\n\u001b[2J\u009b\u00fc\u007f',
    id: "r1",
  },
};

function lineOf(format: AccessFormat, one: Told): string {
  const reader = readerAt(one);
  const buffer = new LineBuffer(format.bound(reader));
  format.line(reader, buffer);
  return new TextDecoder().decode(buffer.bytes.subarray(0, buffer.length));
}

/** The same line from the language's own parts. */
function expectedJson({ record, strings }: Told): string {
  const rounded = (ms: number) => Math.round(ms * 1000) / 1000;
  const label = NAMES.label(record.labelId);
  const endpoint = NAMES.endpoint(record.endpointId);
  return JSON.stringify({
    time: new Date(record.atMs).toISOString(),
    peer: record.client,
    method: strings.method,
    host: strings.host,
    target: strings.target,
    status: record.status,
    ...(record.connectMs < 0 ? {} : { connect_ms: rounded(record.connectMs) }),
    ...(record.firstByteMs < 0 ? {} : { first_byte_ms: rounded(record.firstByteMs) }),
    duration_ms: rounded(record.totalMs),
    bytes_in: record.bytesIn,
    bytes_out: record.bytesOut,
    request_id: strings.id,
    ...(label ?? {}),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(record.reason === undefined ? {} : { reason: record.reason }),
  });
}

Deno.test("a JSON line says all that was told, whatever the client sent", () => {
  const line = lineOf(new JsonFormat(NAMES), TOLD);
  assertEquals(line.split("\n").length, 2);
  assertEquals(JSON.parse(line), JSON.parse(expectedJson(TOLD)));
  assertEquals(JSON.parse(line).time, "2026-01-02T03:04:05.060Z");
  fc.assert(fc.property(told, (one) => {
    const made = lineOf(new JsonFormat(NAMES), one);
    assertEquals(made.indexOf("\n"), made.length - 1);
    assertEquals(JSON.parse(made), JSON.parse(expectedJson(one)));
  }));
});

Deno.test("a text line holds no control character, whatever the client sent", () => {
  const line = lineOf(new TextFormat(NAMES), TOLD);
  // deno-lint-ignore no-control-regex
  const CONTROL = /[\x00-\x1f\x7f-\x9f]/;
  assertEquals(CONTROL.test(line.slice(0, -1)), false);
  assertEquals(line.startsWith("03:04:05 502 1.2 ms GET a.example.com/x"), true);
  assertEquals(line.endsWith('\u00fc? -> 127.0.0.1:80 [demo/shop /"cart"] (reset)\n'), true);
  fc.assert(fc.property(told, (one) => {
    const made = lineOf(new TextFormat(NAMES), one);
    assertEquals([CONTROL.test(made.slice(0, -1)), made.at(-1)], [false, "\n"]);
  }));
});

Deno.test("what is not known is left out", () => {
  const record = { ...TOLD.record, labelId: NO_VALUE, endpointId: NO_VALUE, connectMs: -1 };
  const strings = { ...TOLD.strings, target: "/" };
  const bare: Told = { record: { ...record, reason: undefined }, strings };
  const json = JSON.parse(lineOf(new JsonFormat(NAMES), bare));
  for (const field of ["route", "pattern", "endpoint", "reason", "connect_ms"]) {
    assertEquals(field in json, false, field);
  }
  assertEquals(lineOf(new TextFormat(NAMES), bare), "03:04:05 502 1.2 ms GET a.example.com/\n");
});
