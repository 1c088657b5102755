// HTTPRoute sentences about `retry`, each shown by real exchanges: a gateway with its worker, a backend
// that fails as often as it is told, HTTP over loopback. Asserts no time.

import {
  freePort,
  gatewayYaml,
  routeYaml,
  serviceYaml,
  startBackend,
  startGateway,
} from "../integration/gateway_harness.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { ACCEPTED, gateway, route, to, world } from "./world.ts";

interface Answers {
  /** Statuses in turn; 0 stays silent until the test is over; afterwards 200. */
  readonly turns: readonly number[];
  readonly retry: string;
  readonly timeouts?: string;
}

/** What a request is answered, and when the backend was asked for it, ms since the start. */
async function asked(
  { turns, retry, timeouts = "request: 60s" }: Answers,
): Promise<{ status: number; atMs: readonly number[] }> {
  const atMs: number[] = [];
  const over = Promise.withResolvers<void>();
  const backend = startBackend(async () => {
    const status = turns[atMs.length] ?? 200;
    atMs.push(performance.now());
    if (status === 0) await over.promise;
    return new Response("", { status: status === 0 ? 200 : status });
  });
  const port = freePort();
  const rule = to("a", "", `retry: { ${retry} }, timeouts: { ${timeouts} }`);
  const yaml = gatewayYaml(port) + routeYaml({ name: "r", rules: `[${rule}]` }) +
    serviceYaml("a", [backend.port]);
  const running = await startGateway(port, { "all.yaml": yaml }, { RAUTA_WORKERS: "1" });
  try {
    const response = await running.fetch("/");
    await response.body?.cancel();
    return { status: response.status, atMs };
  } finally {
    over.resolve();
    await running.stop(200);
    await backend.close();
  }
}

async function outcome(answers: Answers): Promise<readonly [status: number, asked: number]> {
  const { status, atMs } = await asked(answers);
  return [status, atMs.length];
}

export const RETRIES: readonly SentenceCase[] = [
  {
    name: "on the wire: retried as often as attempts says, and then the error is the answer",
    quotes: [
      "Attempts specifies the maximum number of times an individual request from the gateway to a backend should be retried.",
      "If the maximum number of retries has been attempted without a successful response from the backend, the Gateway MUST return an error.",
    ],
    async prove() {
      const retry = "codes: [503], attempts: 2";
      assertEquals(await outcome({ turns: [503, 503], retry }), [200, 3]);
      assertEquals(await outcome({ turns: [503, 503, 503, 503], retry }), [503, 3]);
    },
  },
  {
    name: "on the wire: the codes that are stated are retried, and no others",
    quotes: [
      "Codes defines the HTTP response status codes for which a backend request should be retried.",
      "HTTPRouteRetryStatusCode defines an HTTP response status code for which a backend request should be retried.",
      "Implementations MUST support the following status codes as retriable: 500",
      "Implementations MUST support the following status codes as retriable: 502",
      "Implementations MUST support the following status codes as retriable: 503",
      "Implementations MUST support the following status codes as retriable: 504",
      "Implementations MAY support specifying additional discrete values in the 500-599 range.",
      "Implementations MAY support specifying discrete values in the 400-499 range, which are often inadvisable to retry.",
    ],
    async prove() {
      for (const code of [500, 502, 503, 504, 599, 429]) {
        const turns = [code];
        assertEquals(await outcome({ turns, retry: `codes: [${code}]` }), [200, 2], `${code}`);
        assertEquals(await outcome({ turns, retry: "codes: [501]" }), [code, 1], `${code}`);
      }
    },
  },
  {
    name: "on the wire: nothing is retried before the backoff is over",
    quotes: [
      "Backoff specifies the minimum duration a Gateway should wait between retry attempts and is represented in Gateway API Duration formatting.",
      "An implementation MAY use an exponential or alternative backoff strategy for subsequent retry attempts, MAY cap the maximum backoff duration to some amount greater than the specified minimum, and MAY add arbitrary jitter to stagger requests, as long as unsuccessful backend requests are not retried before the configured minimum duration.",
    ],
    async prove() {
      const retry = "codes: [500], attempts: 2, backoff: 300ms";
      const { status, atMs } = await asked({ turns: [500, 500], retry });
      assertEquals([status, atMs.length], [200, 3]);
      const tooEarly = atMs.slice(1).filter((at, index) => at - atMs[index]! < 300);
      assertEquals(tooEarly, []);
    },
  },
  {
    name: "on the wire: the request's timeout covers all attempts",
    quotes: [
      "If a Request timeout (`rules[].timeouts.request`) is configured on the route, the entire duration of the initial request and any retry attempts MUST not exceed the Request timeout duration.",
      "If any retry attempts are still in progress when the Request timeout duration has been reached, these SHOULD be canceled if possible and the Gateway MUST immediately return a timeout error.",
    ],
    async prove() {
      const retry = "codes: [500], attempts: 10, backoff: 1h";
      assertEquals(await outcome({ turns: [500], retry, timeouts: "request: 300ms" }), [504, 1]);
      const silent = { turns: [500, 0], retry: "codes: [500], attempts: 10, backoff: 1ms" };
      assertEquals((await asked({ ...silent, timeouts: "request: 2s" })).status, 504);
    },
  },
  {
    name: "on the wire: an attempt that outlasts the backend's timeout is followed by another",
    quotes: [
      "If a BackendRequest timeout (`rules[].timeouts.backendRequest`) is configured on the route, any retry attempts which reach the configured BackendRequest timeout duration without a response SHOULD be canceled if possible and the Gateway should wait for at least the specified backoff duration before attempting to retry the backend request again.",
      "If a BackendRequest timeout is _not_ configured on the route, retry attempts MAY time out after an implementation default duration, or MAY remain pending until a configured Request timeout or implementation default duration for total request time is reached.",
    ],
    async prove() {
      const timeouts = "request: 60s, backendRequest: 500ms";
      const { status } = await asked({ turns: [0], retry: "attempts: 9", timeouts });
      assertEquals(status, 200);
    },
  },
  {
    name: "more attempts than are served are refused, not cut down",
    quotes: [],
    async prove() {
      const rule = to("a", "", "retry: { attempts: 11 }");
      const made = await world(gateway(), route("name: r", `rules: [${rule}]`));
      assertEquals(made.condition("r", ACCEPTED), "False UnsupportedValue");
      assertMatch(made.message("r", ACCEPTED), /retry\.attempts 11 is not supported: from 1 to 10/);
    },
  },
];
