// Hostile requests against a running front: the answer, that the connection ends, and that an endpoint
// receives nothing that the sender did not say openly. On the `serve` front the runtime's server reads
// first and repairs what the `wire` front refuses (docs/http1_differences.md): there it is only asked that
// nothing hidden arrives.

import assert from "node:assert/strict";
import { assertEquals } from "../../assert.ts";
import { type FrontOptions, overFronts, SUITE_FRONT, WIRE_ONLY } from "../fronts.ts";
import { fieldOf, type RawEndpoint } from "../raw.ts";
import { BROKEN_CHUNKS } from "./chunks.ts";
import { CODING_DISGUISES, type Disguise, LENGTH_DISGUISES } from "./disguises.ts";
import { REFUSED } from "./refused.ts";
import {
  type Answer,
  attempt,
  HOST,
  noting,
  PROBE,
  type Received,
  request,
  SMUGGLED,
} from "./stage.ts";

const isWire = SUITE_FRONT === "wire";

/** Runs every row over one gateway; what an endpoint received of a row is there when it is checked. */
function overRows<Row extends { readonly name: string }>(
  title: string,
  rows: readonly Row[],
  check: (row: Row, port: number, received: () => readonly Received[]) => Promise<void>,
  options: FrontOptions = {},
): void {
  const all: Received[] = [];
  const endpoints = (): readonly RawEndpoint[] => [noting(all)];
  overFronts(title, endpoints, async ({ port }) => {
    for (const row of rows) {
      all.length = 0;
      await check(row, port, () => all).catch((cause) => {
        throw new Error(`${title}: ${row.name}`, { cause });
      });
    }
  }, options);
}

/** The one answer of a refusal, after which nothing is said. */
function assertRefused(answers: readonly Answer[], status: number): void {
  assertEquals(answers.map((answer) => answer.status), [status], answers[0]?.head);
  assertEquals(fieldOf(answers[0]!.head, "connection")?.toLowerCase(), "close");
}

function assertNothingHidden(received: readonly Received[]): void {
  for (const { line, head } of received) {
    assert.ok(!line.includes("/smuggled") && !line.includes("X-Hidden"), head);
  }
}

overRows("is refused", REFUSED, async ({ bytes, status }, port, received) => {
  const answers = await attempt(port, bytes + SMUGGLED + PROBE);
  if (isWire) {
    assertRefused(answers, status);
    assertEquals(received(), []);
  } else if (answers[0] !== undefined && answers[0].status >= 400) {
    for (const { line } of received()) assert.match(line, /^GET \/(smuggled|probe) /);
  }
});

/** A body that holds a request for whoever reads the framing in the other way. */
function hiding(lines: string, body: string): string {
  return request("POST /", lines, body);
}

overRows(
  "a disguised Transfer-Encoding beside Content-Length",
  CODING_DISGUISES,
  async ({ lines, isPlain, name }, port, received) => {
    const body = `0\r\n\r\n${SMUGGLED}`;
    const bytes = hiding(`Content-Length: ${body.length}\r\n${lines}`, body);
    const answers = await attempt(port, bytes + PROBE);
    assertNothingHidden(received());
    if (!isWire) return;
    if (isPlain && name.startsWith("an escape")) {
      // A field of another name: the length alone counts, and the body arrives as one.
      assertEquals(received().map((each) => each.body), [body, ""]);
    } else {
      assertRefused(answers, answers[0]?.status === 501 ? 501 : 400);
      assertEquals(received(), []);
    }
  },
);

overRows(
  "a disguised Transfer-Encoding alone",
  CODING_DISGUISES,
  async ({ lines, isPlain, name }, port, received) => {
    const answers = await attempt(
      port,
      hiding(lines, `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`) + PROBE,
    );
    if (!isWire) return assertNothingHidden(received());
    if (isPlain && !name.startsWith("an escape")) {
      assertEquals(answers.map(({ status }) => status), [200, 200]);
      assertEquals(received().map(({ line }) => line), ["POST / HTTP/1.1", "GET /probe HTTP/1.1"]);
    } else if (!isPlain) {
      assertRefused(answers, answers[0]?.status === 501 ? 501 : 400);
      assertEquals(received(), []);
    }
  },
);

overRows(
  "a disguised Content-Length",
  LENGTH_DISGUISES,
  async ({ lines, isPlain }: Disguise, port, received) => {
    const answers = await attempt(port, hiding(lines, `abc${SMUGGLED}`) + PROBE);
    if (!isWire) return;
    if (isPlain) {
      // Three bytes are the body, and what follows is a request that everybody sees.
      const seen = received().map(({ line, body }) => `${line} ${body}`);
      assertEquals(seen, [
        "POST / HTTP/1.1 abc",
        "GET /smuggled HTTP/1.1 ",
        "GET /probe HTTP/1.1 ",
      ]);
    } else {
      assertRefused(answers, 400);
      assertEquals(received(), []);
    }
  },
);

overRows(
  "a broken chunked body",
  Object.entries(BROKEN_CHUNKS).map(([name, body]) => ({ name, body })),
  async ({ body }, port, received) => {
    const bytes = hiding("Transfer-Encoding: chunked\r\n", body) + PROBE;
    const answers = await attempt(port, bytes, !isWire);
    if (isWire) {
      assertRefused(answers, 400);
      assertEquals(received(), [], "no whole request");
    } else assertNothingHidden(received().filter(({ line }) => line.startsWith("POST")));
  },
);

interface Harmless {
  readonly name: string;
  readonly bytes: string;
  /** Start lines and bodies that the endpoint receives before the probe. */
  readonly receives: readonly string[];
  /** The runtime's server takes such a request for itself. */
  readonly isWireOnly?: true;
}

const BODY = `x=${SMUGGLED}`;

const HARMLESS: readonly Harmless[] = [
  {
    name: "a request in the body of a GET",
    bytes: request("GET /", `Content-Length: ${BODY.length}\r\n`, BODY),
    receives: [`GET / HTTP/1.1|${BODY}`],
  },
  {
    name: "a request in the body of OPTIONS",
    bytes: request("OPTIONS /", `Content-Length: ${BODY.length}\r\n`, BODY),
    receives: [`OPTIONS / HTTP/1.1|${BODY}`],
  },
  {
    name: "a request in the body of DELETE",
    bytes: request("DELETE /", `Content-Length: ${BODY.length}\r\n`, BODY),
    receives: [`DELETE / HTTP/1.1|${BODY}`],
  },
  {
    name: "a request in a body that is announced by Expect",
    bytes: request("POST /", `Expect: 100-continue\r\nContent-Length: ${BODY.length}\r\n`, BODY),
    receives: [`POST / HTTP/1.1|${BODY}`],
  },
  {
    name: "a request in a body beside an offer of h2c",
    isWireOnly: true,
    bytes: request(
      "POST /",
      `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: ${BODY.length}\r\n`,
      BODY,
    ),
    receives: [`POST / HTTP/1.1|${BODY}`],
  },
  {
    name: "a prefix of a request in a body",
    bytes: request("GET /", `Content-Length: 18\r\n`, "GET /smuggled HTTP"),
    receives: ["GET / HTTP/1.1|GET /smuggled HTTP"],
  },
  {
    name: "no length at all",
    bytes: request("POST /", "", ""),
    receives: ["POST / HTTP/1.1|"],
  },
  {
    name: "two requests at once",
    bytes: request("GET /1", "") + request("GET /2", ""),
    receives: ["GET /1 HTTP/1.1|", "GET /2 HTTP/1.1|"],
  },
  {
    name: "a range in a POST",
    bytes: request("POST /", "Range: bytes=0-0\r\nContent-Length: 3\r\n", "abc"),
    receives: ["POST / HTTP/1.1|abc"],
  },
];

const HARMLESS_HERE = HARMLESS.filter(({ isWireOnly }) => isWire || !isWireOnly);

overRows("stays one message", HARMLESS_HERE, async ({ bytes, receives }, port, received) => {
  await attempt(port, bytes + PROBE);
  const isGetWithBody = !isWire && bytes.startsWith("GET ") && bytes.includes("Content-Length");
  const expected = isGetWithBody ? receives.map((each) => each.replace(/\|[^]*/, "|")) : receives;
  const seen = received().map(({ line, head, body }) =>
    `${line}|${/transfer-encoding: chunked/i.test(head) ? body.replace(/^0\r\n\r\n$/, "") : body}`
  );
  assertEquals(seen, [...expected, "GET /probe HTTP/1.1|"]);
});

interface Told {
  readonly name: string;
  readonly lines: string;
  /** Field names that the endpoint must not be told, in lower case. */
  readonly hides: readonly string[];
}

const TOLD: readonly Told[] = [
  {
    name: "h2c",
    lines: "Connection: Upgrade\r\nUpgrade: h2c\r\n",
    hides: ["upgrade", "connection"],
  },
  {
    name: "h2c among others",
    lines:
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: websocket, h2c\r\nHTTP2-Settings: x\r\n",
    hides: ["upgrade", "http2-settings", "connection"],
  },
  {
    name: "TLS",
    lines: "Connection: Upgrade\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n",
    hides: ["upgrade", "connection"],
  },
  { name: "Upgrade alone", lines: "Upgrade: websocket\r\n", hides: ["upgrade"] },
  {
    name: "what Connection names",
    lines: "Connection: X-Secret, Cookie\r\nX-Secret: 1\r\nCookie: a=b\r\n",
    hides: ["x-secret", "cookie", "connection"],
  },
  {
    name: "fields of the hop",
    lines: "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\n",
    hides: ["keep-alive", "proxy-connection", "te"],
  },
  { name: "an expectation without content", lines: "Expect: 100-continue\r\n", hides: ["expect"] },
  {
    name: "second spellings of what RAUTA tells",
    lines: "X_Forwarded_For: 10.0.0.1\r\nX_FORWARDED_PROTO: https\r\nX_Real-IP: 10.0.0.1\r\n",
    hides: ["x_forwarded_for", "x_forwarded_proto", "x_real-ip"],
  },
];

overRows("is not passed on", TOLD, async ({ lines, hides }, port, received) => {
  const answers = await attempt(port, request("GET /", lines) + PROBE);
  assertEquals(answers[0]?.status, 200);
  const { head } = received()[0]!;
  for (const name of hides) {
    if (!isWire && name === "te") continue;
    assertEquals(fieldOf(head, name), undefined, head);
  }
});

overRows("is counted down", [
  { name: "OPTIONS with two hops left", line: "OPTIONS /", hops: "2", status: 200, left: "1" },
  { name: "TRACE with one hop left", line: "TRACE /", hops: "01", status: 200, left: "0" },
  { name: "OPTIONS at its last hop", line: "OPTIONS /", hops: "0", status: 200, left: undefined },
  { name: "TRACE at its last hop", line: "TRACE /", hops: "0", status: 501, left: undefined },
  { name: "no number", line: "OPTIONS /", hops: "x", status: 200, left: "x" },
  { name: "another method", line: "GET /", hops: "0", status: 200, left: "0" },
], async ({ line, hops, status, left }, port, received) => {
  const answers = await attempt(port, request(line, `Max-Forwards: ${hops}\r\n`) + PROBE);
  assertEquals(answers[0]?.status, status);
  const first = received()[0]!;
  const reached = first.line.includes("/probe") ? undefined : fieldOf(first.head, "max-forwards");
  assertEquals(reached, left);
});

overRows("is not passed on for HTTP/1.0", [
  {
    name: "an expectation",
    lines: "Expect: 100-continue\r\nContent-Length: 2\r\n",
    hides: "expect",
  },
  { name: "an unknown one", lines: "Expect: tea\r\nContent-Length: 2\r\n", hides: "expect" },
  {
    name: "an upgrade",
    lines: "Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n",
    hides: "upgrade",
  },
], async ({ lines, hides }, port, received) => {
  const answers = await attempt(port, `POST / HTTP/1.0\r\n${HOST}${lines}\r\nhi`);
  assertEquals(answers.map(({ status }) => status), [200]);
  assertEquals(fieldOf(received()[0]!.head, hides), undefined);
}, { fronts: WIRE_ONLY });
