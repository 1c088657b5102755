import { assertEquals } from "../../assert.ts";
import { Pairing } from "../../../src/observe/pairing/pairing.ts";
import type {
  Exchange,
  HttpSegment,
  PairingCounts,
  RequestSegment,
  ResponseSegment,
} from "../../../src/observe/pairing/types.ts";

const CLIENT_TO_SERVER = new Uint32Array([0, 0, 0xffff, 1, 0, 0, 0xffff, 2, (40000 << 16) | 80, 1]);
const SERVER_TO_CLIENT = new Uint32Array([
  0,
  0,
  0xffff,
  2,
  0,
  0,
  0xffff,
  1,
  ((80 << 16) | 40000) >>> 0,
  1,
]);

/** Writes a connection's records the way the kernel numbers them. */
class Script {
  readonly pairing: Pairing;
  readonly exchanges: Exchange[] = [];
  #ordinal = 0;
  #tsUs = 1_000_000;

  constructor() {
    this.pairing = new Pairing((exchange) => this.exchanges.push(exchange));
  }

  #base(seq: number, ack: number, payloadLength: number) {
    this.#ordinal++;
    this.#tsUs += 1000;
    return {
      tsUs: this.#tsUs,
      seq: seq | 0,
      ack: ack | 0,
      payloadLength,
      ordinal: this.#ordinal,
    };
  }

  request(
    seq: number,
    ack: number,
    { length = 100, body = 0 as number | null, method = "GET", target = "/" } = {},
  ): RequestSegment {
    const head = {
      method,
      target,
      host: "a",
      userAgent: "",
      mayUpgrade: false,
      headLength: 100,
      bodyLength: body,
    };
    return { kind: "request", ...this.#base(seq, ack, length), head, next: null };
  }

  response(
    seq: number,
    ack: number,
    { length = 50, body = 0 as number | null, status = 200, head = 50 as number | null } = {},
  ): ResponseSegment {
    return {
      kind: "response",
      ...this.#base(seq, ack, length),
      head: { status, headLength: head, bodyLength: body },
      candidates: null,
    };
  }

  end(kind: "fin" | "rst", seq: number, ack: number): HttpSegment {
    return { kind, ...this.#base(seq, ack, 0) };
  }

  push(...segments: HttpSegment[]): this {
    for (const segment of segments) {
      const toServer = segment.kind === "request" || segment.kind === "rst";
      this.pairing.push(toServer ? CLIENT_TO_SERVER : SERVER_TO_CLIENT, segment);
    }
    return this;
  }

  pushFromClient(segment: HttpSegment): this {
    this.pairing.push(CLIENT_TO_SERVER, segment);
    return this;
  }

  verdicts(): string[] {
    return this.exchanges.map((exchange) =>
      exchange.outcome === "known"
        ? `${exchange.request.head.target} ${exchange.response.head.status}`
        : `unknown ${exchange.reason}`
    );
  }
}

Deno.test("keep-alive exchanges pair one by one, with their latency", () => {
  const script = new Script();
  for (let index = 0; index < 3; index++) {
    script.push(script.request(1000 + index * 100, 5000 + index * 50, { target: `/${index}` }));
    script.push(script.response(5000 + index * 50, 1100 + index * 100, { status: 200 + index }));
  }
  assertEquals(script.verdicts(), ["/0 200", "/1 201", "/2 202"]);
  const [first] = script.exchanges;
  assertEquals(first.outcome === "known" && first.latencyUs, 1000);
});

Deno.test("pipelined requests pair in order, also when the client acks half of a response", () => {
  const script = new Script();
  script.push(
    script.request(1000, 5000, { target: "/a" }),
    script.request(1100, 5000, { target: "/b" }),
    script.response(5000, 1200, { body: 1000, length: 1050 }),
    script.request(1200, 5500, { target: "/c" }),
    script.response(6050, 1300, { status: 404 }),
    script.response(6100, 1300, { status: 500 }),
  );
  assertEquals(script.verdicts(), ["/a 200", "/b 404", "/c 500"]);
});

Deno.test("responses that share a segment leave the hidden ones unknown", () => {
  const script = new Script();
  script.push(
    script.request(1000, 5000, { target: "/a" }),
    script.request(1100, 5000, { target: "/b" }),
    script.response(5000, 1200, { length: 100 }),
    script.request(1200, 5100, { target: "/c" }),
    script.response(5100, 1300),
  );
  script.pairing.tick(1_000_000_000);
  assertEquals(script.verdicts(), [
    "/a 200",
    "unknown response_not_seen",
    "unknown evidence_missing",
  ]);
});

Deno.test("heads behind others in the same captures pair too", () => {
  const script = new Script();
  const second = script.request(1100, 5000, { target: "/b" });
  const first = { ...script.request(1000, 5000, { target: "/a", length: 200 }), next: second };
  const behind = script.response(5050, 1200, { status: 404 });
  const whole = script.response(5000, 1200, { length: 100 });
  script.push({ ...first, ordinal: 1 }, { ...whole, ordinal: 2, candidates: [behind] });
  script.push({ ...script.request(1200, 5100, { target: "/c" }), ordinal: 3 });
  script.push({ ...script.response(5100, 1300), ordinal: 4 });
  assertEquals(script.verdicts(), ["/a 200", "/b 404", "/c 200"]);
  assertEquals(script.pairing.counts.coalesced, 2);
});

Deno.test("a body that looks like a head is none, wherever it lies in a capture", () => {
  const script = new Script();
  const phantom = script.response(5050, 1100, { status: 503 });
  const whole = script.response(5000, 1100, { length: 300, body: 250 });
  script.push({ ...script.request(1000, 5000, { target: "/a" }), ordinal: 1 });
  script.push({ ...whole, ordinal: 2, candidates: [phantom] });
  assertEquals(script.verdicts(), ["/a 200"]);
});

Deno.test("a request that the network brings before one sent earlier is never paired with its response", () => {
  const script = new Script();
  script.push(
    script.request(1100, 5000, { target: "/second" }),
    script.request(1000, 5000, { target: "/first" }),
    script.response(5000, 1200),
  );
  script.pairing.flush();
  assertEquals(script.verdicts(), []);
  assertEquals(script.pairing.counts.ambiguous, 3);
});

Deno.test("heads that the network reorders on a known connection pair in the order of their bytes", () => {
  const script = new Script();
  script.push(script.request(1000, 5000, { target: "/a" }), script.response(5000, 1100));
  script.push(
    script.request(1200, 5050, { target: "/c" }),
    script.request(1100, 5050, { target: "/b" }),
    script.response(5100, 1300, { status: 503 }),
    script.response(5050, 1300, { status: 404 }),
  );
  assertEquals(script.verdicts(), ["/a 200", "/b 404", "/c 503"]);
});

Deno.test("a head that waits for an earlier one that never comes is matched when its time is up", () => {
  const script = new Script();
  script.push(script.request(1000, 5000, { target: "/a" }), script.response(5000, 1100));
  const early = script.request(1200, 5050, { target: "/c" });
  script.push(early);
  script.pairing.tick(early.tsUs + 99_000);
  assertEquals(script.exchanges.length, 1);
  script.pairing.tick(early.tsUs + 100_000);
  script.push(script.response(5050, 1300, { status: 404 }));
  script.pairing.flush();
  // What lay in the gap may have been a request, and the response its own.
  assertEquals(script.verdicts(), ["/a 200", "unknown ambiguous"]);
});

Deno.test("what the server has acknowledged is no longer waited for", () => {
  const script = new Script();
  script.push(script.request(1000, 5000, { target: "/a" }), script.response(5000, 1100));
  script.push(script.request(1200, 5050, { target: "/c" }), script.response(5050, 1300));
  script.pairing.flush();
  assertEquals(script.verdicts(), ["/a 200", "unknown ambiguous"]);
});

Deno.test("exchanges seen in doubt are told of once each, as unknown", () => {
  const script = new Script();
  script.push(script.request(1000, 5000, { target: "/a" }), script.response(5000, 1100));
  script.request(1100, 5050, { target: "/lost" });
  script.push(script.response(5050, 1200), script.request(1200, 5100, { target: "/c" }));
  script.response(5100, 1300);
  const last = script.request(1300, 5150, { target: "/d" });
  script.push(last, script.response(5150, 1400));
  script.pairing.tick(last.tsUs + 2_000_000);
  script.pairing.flush();
  assertEquals(script.verdicts()[0], "/a 200");
  assertEquals(script.exchanges.length, 4);
  assertEquals(script.exchanges.slice(1).every(({ outcome }) => outcome === "unknown"), true);
});

Deno.test("a numbering that begins anew is another connection, also before a gap was given up", () => {
  const script = new Script();
  const opening = script.request(1000, 5000, { target: "/old" });
  script.request(1100, 5050);
  const waiting = script.response(5050, 1200);
  const again = { ...script.request(9000, 700, { target: "/new" }), ordinal: 1 };
  const answer = { ...script.response(700, 9100), ordinal: 2 };
  script.push(opening, waiting, { ...again, tsUs: again.tsUs + 200_000 });
  script.push({ ...answer, tsUs: answer.tsUs + 200_000 });
  assertEquals(script.verdicts(), ["unknown response_not_seen", "/new 200"]);
});

Deno.test("a request given up for an interim response leaves its final one to nobody else", () => {
  const script = new Script();
  const first = script.request(1000, 5000, { target: "/a", method: "POST", body: 500 });
  script.request(1100, 5000);
  const interim = script.response(5000, 1100, { status: 100 });
  script.push(first, interim);
  script.pairing.tick(interim.tsUs + 200_000);
  script.push(script.request(1600, 5050, { target: "/b" }), script.response(5050, 1700));
  script.pairing.flush();
  assertEquals(script.verdicts().filter((verdict) => verdict.startsWith("/b")), []);
});

Deno.test("behind a request for an upgrade nothing is a request before its response is seen", () => {
  const script = new Script();
  const upgrade = script.request(1000, 5000, { target: "/ws" });
  const head = { ...upgrade.head, mayUpgrade: true };
  script.push({ ...upgrade, head });
  script.response(5000, 1100, { status: 101 });
  const phantom = script.request(1100, 5050, { target: "/phantom" });
  script.push(phantom);
  script.pairing.tick(phantom.tsUs + 200_000);
  script.pairing.flush();
  assertEquals(script.verdicts().includes("/phantom 200"), false);
  assertEquals(script.exchanges.every(({ request }) => request?.head.target === "/ws"), true);
});

Deno.test("an interim response is not the final one", () => {
  const script = new Script();
  script.push(
    script.request(1000, 5000, { target: "/a", method: "POST", body: 10 }),
    script.response(5000, 1100, { status: 100, length: 50 }),
    script.response(5050, 1110, { status: 201 }),
  );
  assertEquals(script.verdicts(), ["/a 201"]);
});

Deno.test("body segments that look like messages are neither requests nor responses", () => {
  const script = new Script();
  script.push(
    script.request(1000, 5000, { target: "/up", method: "POST", body: 5000 }),
    script.request(2460, 5000, { target: "/phantom" }),
    script.response(5000, 6100, { body: 9000, length: 1460 }),
    script.response(6460, 6100, { status: 503 }),
  );
  assertEquals(script.verdicts(), ["/up 200"]);
  assertEquals(script.pairing.counts.insideBody, 2);
});

Deno.test("a phantom in a chunked body of a request is never an exchange", () => {
  const script = new Script();
  script.push(
    script.request(1000, 5000, { target: "/up", method: "POST", body: null }),
    script.request(2460, 5000, { target: "/phantom" }),
    script.response(5000, 4000),
  );
  assertEquals(script.verdicts(), ["/up 200"]);
});

Deno.test("a retransmitted request or response counts once", () => {
  const script = new Script();
  const request = script.request(1000, 5000);
  const again = script.request(1000, 5000);
  script.push(request, again, script.response(5000, 1100), script.response(5000, 1100));
  assertEquals(script.verdicts(), ["/ 200"]);
  assertEquals(script.pairing.counts.retransmissions, 2);
});

Deno.test("records that come out of order are put back in the kernel's order", () => {
  const script = new Script();
  const first = script.request(900, 4950, { target: "/a" });
  const answer = script.response(4950, 1000);
  const second = script.request(1000, 5000, { target: "/b" });
  const last = script.response(5000, 1100, { status: 404 });
  script.push(first, last, second, answer);
  assertEquals(script.verdicts(), ["/a 200", "/b 404"]);
});

Deno.test("after a lost request the next response is not taken for an older one", () => {
  const script = new Script();
  script.push(script.request(1000, 5000, { target: "/a" }), script.response(5000, 1100));
  script.request(1100, 5050, { target: "/lost" });
  const late = script.response(5050, 1200, { status: 500 });
  script.push(late);
  script.pairing.tick(late.tsUs + 200_000);
  assertEquals(script.verdicts(), ["/a 200", "unknown request_not_seen"]);
});

Deno.test("after a lost response a client known not to pipeline is paired again", () => {
  const script = new Script();
  for (let index = 0; index < 5; index++) {
    script.push(script.request(500 + index * 100, 4750 + index * 50, { target: `/${index}` }));
    script.push(script.response(4750 + index * 50, 600 + index * 100));
  }
  script.push(script.request(1000, 5000, { target: "/a" }));
  script.response(5000, 1100);
  const next = script.request(1100, 5050, { target: "/b" });
  script.push(next);
  script.pairing.tick(next.tsUs + 200_000);
  script.push(script.response(5050, 1200, { status: 404 }));
  script.push(script.request(1200, 5100, { target: "/c" }), script.response(5100, 1300));
  assertEquals(script.verdicts().slice(5), ["unknown response_not_seen", "/b 404", "/c 200"]);
});

Deno.test("after a lost response a client that may pipeline is not guessed at", () => {
  const script = new Script();
  script.push(script.request(1000, 5000, { target: "/a" }));
  script.response(5000, 1100);
  const next = script.request(1100, 5050, { target: "/b" });
  script.push(next);
  script.pairing.tick(next.tsUs + 200_000);
  script.push(script.response(5050, 1200, { status: 404 }));
  script.pairing.flush();
  assertEquals(script.verdicts(), ["unknown response_not_seen", "unknown ambiguous"]);
});

Deno.test("sequence numbers wrap", () => {
  const script = new Script();
  script.push(
    script.request(0xffff_ffce, 0xffff_fff0, { target: "/a" }),
    script.response(0xffff_fff0, 0x32),
    script.request(0x32, 0x22, { target: "/b" }),
    script.response(0x22, 0x96),
  );
  assertEquals(script.verdicts(), ["/a 200", "/b 200"]);
});

Deno.test("a reset before the response leaves the request unanswered, with the reason", () => {
  const script = new Script();
  script.push(script.request(1000, 5000), script.end("rst", 1100, 5000));
  assertEquals(script.verdicts(), ["unknown reset"]);
  assertEquals(script.pairing.flowCount, 0);
});

Deno.test("a client that closes its side still gets its response paired", () => {
  const script = new Script();
  script.push(script.request(1000, 5000));
  script.pushFromClient(script.end("fin", 1100, 5000));
  script.push(script.response(5000, 1101), script.end("fin", 5050, 1101));
  assertEquals(script.verdicts(), ["/ 200"]);
  assertEquals(script.pairing.flowCount, 0);
});

Deno.test("a reused four-tuple starts over", () => {
  const script = new Script();
  script.push(script.request(1000, 5000, { target: "/old" }));
  script.push(script.request(3_000_000_000, 77, { target: "/new" }));
  script.push(script.response(77, 3_000_000_100));
  assertEquals(script.verdicts(), ["unknown evidence_missing", "/new 200"]);
});

Deno.test("after 101 nothing more is read on the connection", () => {
  const script = new Script();
  script.push(
    script.request(1000, 5000, { target: "/ws" }),
    script.response(5000, 1100, { status: 101 }),
    script.response(5050, 1100, { status: 503 }),
    script.request(1100, 5100, { target: "/frame" }),
  );
  assertEquals(script.verdicts(), ["/ws 101"]);
});

Deno.test("idle connections are forgotten, full tables evict the least recently used", () => {
  const counted: Exchange[] = [];
  const pairing = new Pairing((exchange) => counted.push(exchange), { maxFlows: 2, idleUs: 1000 });
  const script = new Script();
  for (let port = 1; port <= 3; port++) {
    const words = CLIENT_TO_SERVER.slice();
    words[8] = ((port << 16) | 80) >>> 0;
    pairing.push(words, { ...script.request(1000, 5000), ordinal: 1 });
  }
  assertEquals(pairing.flowCount, 2);
  pairing.tick(10_000_000);
  const counts: Partial<PairingCounts> = pairing.counts;
  assertEquals([counts.flowsEvicted, counts.flowsAged, counted.length], [1, 2, 3]);
});
