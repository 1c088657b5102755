// HTTPRoute sentences that only a real exchange can show: a gateway with its workers, real backends,
// HTTP over loopback. Takes nothing; every gateway is stopped again.

import {
  freePort,
  gatewayYaml,
  routeYaml,
  serviceYaml,
  startBackend,
  startEcho,
  startGateway,
} from "../integration/gateway_harness.ts";
import { connect } from "../integration/raw.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { gateway, route, to, world } from "./world.ts";

interface Received {
  readonly name: string;
}

type Send = (path: string) => Promise<Response>;
/** Sends what no client of Deno's would, and gives head and body of what comes back. */
type ByHand = (request: string) => Promise<string>;

/** A gateway with the rules; behind the Service `a` an echo, `slow` answers once it is released. */
async function exchanging(
  rules: string,
  test: (send: Send, byHand: ByHand, release: () => void) => Promise<void>,
): Promise<void> {
  const echo = startEcho("a");
  const released = Promise.withResolvers<void>();
  const slow = startBackend(async () => {
    await released.promise;
    return new Response("late");
  });
  const port = freePort();
  const yaml = gatewayYaml(port) + routeYaml({ name: "r", rules }) + serviceYaml("a", [echo.port]) +
    serviceYaml("slow", [slow.port]) + serviceYaml("empty", []);
  const running = await startGateway(port, { "all.yaml": yaml }, {
    RAUTA_WORKERS: "1",
    RAUTA_REQUEST_TIMEOUT_SECONDS: "0.2",
  });
  try {
    await test(
      (path) => running.fetch(path, { redirect: "manual" }),
      async (request) => {
        const connection = await connect(port);
        await connection.send(request);
        const head = await connection.until("\r\n\r\n");
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        const body = await connection.exactly(length);
        connection.conn.close();
        return head + body;
      },
      released.resolve,
    );
  } finally {
    released.resolve();
    await running.stop(200);
    await echo.close();
    await slow.close();
  }
}

async function statusOf(response: Promise<Response>): Promise<number> {
  const { status, body } = await response;
  await body?.cancel();
  return status;
}

const timed = (service: string, timeouts: string, match = "") =>
  to(service, match, `timeouts: { ${timeouts} }`);

export const EXCHANGES: readonly SentenceCase[] = [
  {
    name: "on the wire: Host goes on unmodified, and 404, 500, 503 and redirects are answered",
    quotes: [
      "Implementations MUST ignore any port value specified in the HTTP Host header while performing a match and (absent of any applicable header modification configuration) MUST forward this header unmodified to the backend.",
      "If *all* entries in BackendRefs are invalid, and there are also no filters specified in this route rule, *all* traffic which matches this rule MUST receive a 500 status code.",
      "When a HTTPBackendRef refers to a Service that has no ready endpoints, implementations SHOULD return a 503 for requests to that backend instead.",
      "StatusCode is the HTTP status code to be used in response.",
      "When no rules matching a request have been successfully attached to the parent a request is coming from, a HTTP 404 status code MUST be returned.",
    ],
    prove: () =>
      exchanging(
        `[${to("a", "path: { value: /a }")}, ${to("gone", "path: { value: /gone }")}, ` +
          `${to("empty", "path: { value: /empty }")}, { matches: [{ path: { value: /r } }], ` +
          "filters: [{ type: RequestRedirect, requestRedirect: { statusCode: 308 } }] }]",
        async (send, byHand) => {
          const received: Received = await (await send("/a")).json();
          assertEquals(received.name, "a");
          const text = await byHand("GET /a HTTP/1.1\r\nHost: Shop.test:8081\r\n\r\n");
          assertMatch(text, /"host":"Shop\.test:8081"/);
          const paths = ["/none", "/gone", "/empty", "/r"];
          assertEquals(await Promise.all(paths.map((path) => statusOf(send(path)))), [
            404,
            500,
            503,
            308,
          ]);
        },
      ),
  },
  {
    name: "a request that is not answered in time is answered 504",
    quotes: [
      "If the gateway has not been able to respond before this deadline is met, the gateway MUST return a timeout error.",
      "This timeout is intended to cover as close to the whole request-response transaction as possible although an implementation MAY choose to start the timeout after the entire request stream has been received instead of immediately after the transaction is initiated by the client.",
    ],
    prove: () =>
      exchanging(
        `[${timed("slow", "request: 50ms")}]`,
        async (send) => assertEquals(await statusOf(send("/")), 504),
      ),
  },
  {
    name: "a timeout of zero is none",
    quotes: [
      'Setting a timeout to the zero duration (e.g. "0s") SHOULD disable the timeout completely.',
      "Implementations that cannot completely disable the timeout MUST instead interpret the zero duration as the longest possible value to which the timeout can be set.",
    ],
    prove: () =>
      exchanging(
        `[${timed("slow", "request: 0s, backendRequest: 0s", "path: { value: /zero }")}, ` +
          `${to("slow", "path: { value: /default }")}]`,
        async (send, _, release) => {
          const patient = statusOf(send("/zero"));
          // The default is over by now, for a request that came later.
          assertEquals(await statusOf(send("/default")), 504);
          release();
          assertEquals(await patient, 200);
        },
      ),
  },
  {
    name: "durations are GEP-2257's, and a backend's timeout no longer than the request's",
    quotes: [
      "The value of BackendRequest must be a Gateway API Duration string as defined by GEP-2257.",
      "When this field is unspecified, its behavior is implementation-specific; when specified, the value of BackendRequest must be no more than the value of the Request timeout (since the Request timeout encompasses the BackendRequest timeout).",
    ],
    async prove() {
      const problems = async (timeouts: string) =>
        (await world(gateway(), route("name: r", `rules: [${timed("a", timeouts)}]`))).problems
          .join();
      assertEquals(await problems("request: 1m30s, backendRequest: 500ms"), "");
      for (const wrong of ["1.5s", "10", "-1s", "100us", "'5 s'"]) {
        assertMatch(await problems(`backendRequest: ${wrong}`), /timeouts\.backendRequest/, wrong);
      }
      assertMatch(
        await problems("request: 1s, backendRequest: 2s"),
        /backendRequest timeout cannot be longer than request timeout/,
      );
    },
  },
];
