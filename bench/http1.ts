// Times the HTTP/1 codec alone: ns to read a request head of about 350 bytes, to decide its framing and
// hop-by-hop fields, and to write it for the next hop. Takes no arguments; writes a table to stdout and
// bench/results/http1.md. Bounded: nine rounds of about 100 ms each row.

import { instantiate } from "../tests/wasm/compile.ts";
import { provenance } from "./proxy/machine.ts";
import { spreadOf, writeSpread } from "./proxy/statistics.ts";

const COMMAND = "deno task bench:http1";
const RESULT_PATH = "bench/results/http1.md";
const ROUNDS = 9;
const CALLS = 200_000;

const REQUEST = [
  "GET /api/v1/items/12345?limit=20 HTTP/1.1",
  "Host: api.example.com",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9",
  "Accept-Language: en-US,en;q=0.5",
  "Accept-Encoding: gzip, deflate, br",
  "Connection: keep-alive",
  "Cookie: session=abcdef0123456789abcdef",
  "X-Request-Id: 01234567",
  "",
  "",
].join("\r\n");

const RESPONSE = [
  "HTTP/1.1 200 OK",
  "Server: nginx/1.30.6",
  "Date: Tue, 24 Nov 2026 11:00:00 GMT",
  "Content-Type: application/json; charset=utf-8",
  "Content-Length: 64",
  "Connection: keep-alive",
  'ETag: "5f3a-1b2c3d4e5f"',
  "Cache-Control: public, max-age=60",
  "Vary: Accept-Encoding",
  "",
  "",
].join("\r\n");

const LIMITS = 0x10000;
const HEAD = 0x11000;
const BODY = 0x15000;
const SCRATCH = 0x16000;
const OUT = 0x80000;
const OUT_BYTES = 0x4000;
const INPUT = 0x100000;
const CAPACITY = 100;
const METHOD_GET = 1;

const { memory, call } = await instantiate("core.as/http1/testing.ts");
call.setDefaultLimits(LIMITS);

function put(text: string): number {
  const bytes = new TextEncoder().encode(text);
  new Uint8Array(memory.buffer).set(bytes, INPUT);
  return bytes.length;
}

function read(kind: "request" | "response", len: number): void {
  call.headReset(HEAD, CAPACITY, SCRATCH, SCRATCH + 0x1000);
  const taken = kind === "request"
    ? call.readRequestHead(HEAD, INPUT, len, LIMITS)
    : call.readResponseHead(HEAD, INPUT, len, LIMITS);
  if (taken !== len) throw new Error(`the ${kind} head was not read: ${taken}`);
}

function pass(kind: "request" | "response", len: number): void {
  read(kind, len);
  if (kind === "request") call.requestBody(HEAD, BODY);
  else call.responseBody(HEAD, BODY, METHOD_GET);
  call.takeHopByHop(HEAD);
  if (kind === "request") call.judgeRequestFields(HEAD, BODY);
  const write = kind === "request" ? call.writeRequestHead : call.writeResponseHead;
  if (write(HEAD, BODY, OUT, OUT_BYTES, 0) <= 0) throw new Error(`the ${kind} was not written`);
}

function chunks(len: number): void {
  call.bodyStart(BODY, 2, 0n);
  if (call.bodyNext(BODY, INPUT, len, LIMITS, 1) !== len) throw new Error("chunks were not read");
}

const CHUNKS = "400\r\n".concat("x".repeat(1024), "\r\n").repeat(16) + "0\r\n\r\n";

interface Row {
  readonly name: string;
  readonly input: string;
  readonly run: (len: number) => void;
}

const ROWS: readonly Row[] = [
  { name: "request head, read", input: REQUEST, run: (len) => read("request", len) },
  {
    name: "request head, read, framed, judged, hop-by-hop taken, written",
    input: REQUEST,
    run: (len) => pass("request", len),
  },
  { name: "response head, read", input: RESPONSE, run: (len) => read("response", len) },
  {
    name: "response head, read, framed, hop-by-hop taken, written",
    input: RESPONSE,
    run: (len) => pass("response", len),
  },
  { name: "16 chunks of 1 KiB, checked in place", input: CHUNKS, run: chunks },
];

function roundNs(row: Row): number {
  const len = put(row.input);
  const startMs = performance.now();
  for (let i = 0; i < CALLS; i++) row.run(len);
  return (performance.now() - startMs) * 1e6 / CALLS;
}

const machine = await provenance(COMMAND);
const rounds = ROWS.map(() => [] as number[]);
for (const row of ROWS) roundNs(row); // the optimising compiler has its say first
for (let round = 0; round < ROUNDS; round++) {
  ROWS.forEach((row, index) => rounds[index]!.push(roundNs(row)));
}

const lines = [
  "# HTTP/1 codec, ns a message",
  "",
  `\`${COMMAND}\`, commit ${machine.commit}, ${machine.date}. ${machine.cpu}, ${machine.cores} cores,`,
  `Linux ${machine.kernel}, Deno ${machine.deno}; load average before: ${machine.loadAverage}.`,
  `Median [range] of ${ROUNDS} rounds in turn, ${CALLS} calls each, every step a call from JavaScript.`,
  "",
  "| what | bytes | ns |",
  "| --- | ---: | ---: |",
  ...ROWS.map((row, index) =>
    `| ${row.name} | ${row.input.length} | ${writeSpread(spreadOf(rounds[index]!), 0)} |`
  ),
  "",
];
console.log(lines.join("\n"));
await Deno.mkdir("bench/results", { recursive: true });
await Deno.writeTextFile(RESULT_PATH, lines.join("\n"));
