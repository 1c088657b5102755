// What a route's `retry` says: statuses, connections that end, endpoints that do not answer.

import { assertEquals } from "../assert.ts";
import { overFronts, WIRE_ONLY } from "./fronts.ts";
import { answering, connect, ok, RawEndpoint, statusOf } from "./raw.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 2\r\n\r\nhi";

function rules(retry: string, timeouts = ""): string {
  return `[{ backendRefs: [{ name: a, port: 80 }], retry: ${retry}${timeouts} }]`;
}

function answer(status: number, text: string): string {
  return `HTTP/1.1 ${status} Whatever\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
}

/** Answers with the statuses in turn, over all its connections, and 200 with what was sent after. */
class Turns {
  asked = 0;
  readonly endpoint: RawEndpoint;

  constructor(...statuses: readonly number[]) {
    this.endpoint = new RawEndpoint(answering(({ body }) => {
      const status = statuses[this.asked++];
      return status === undefined ? ok(`at last ${body}`) : answer(status, `no ${this.asked}`);
    }));
  }
}

async function exchange(port: number, request: string): Promise<string> {
  const client = await connect(port);
  await client.send(request);
  const { head, body } = await client.message();
  client.close();
  return `${statusOf(head)} ${body}`;
}

/** One endpoint that answers so, asked once by a route with such a retry: what the client gets. */
function turns(
  name: string,
  statuses: readonly number[],
  retry: string,
  expected: { readonly answer: string; readonly asked: number; readonly request?: string },
): void {
  let made: Turns;
  const endpoints = () => {
    made = new Turns(...statuses);
    return [made.endpoint];
  };
  overFronts(name, endpoints, async ({ port }) => {
    assertEquals(await exchange(port, expected.request ?? GET), expected.answer);
    assertEquals(made.asked, expected.asked);
  }, { rules: rules(retry) });
}

turns(
  "a status that the route names is asked again for",
  [500, 503],
  "{ codes: [500, 503], attempts: 2 }",
  {
    answer: "200 at last ",
    asked: 3,
  },
);

turns(
  "the last one is the answer when all attempts are used up",
  [500, 500, 500],
  "{ codes: [500], attempts: 2 }",
  {
    answer: "500 no 3",
    asked: 3,
  },
);

turns(
  "a status that it does not name is the answer",
  [503],
  "{ codes: [500, 502, 504], attempts: 2 }",
  {
    answer: "503 no 1",
    asked: 1,
  },
);

turns("a route that names no status asks again for none", [500], "{ attempts: 3 }", {
  answer: "500 no 1",
  asked: 1,
});

turns("attempts that are not stated are one", [500, 500], "{ codes: [500] }", {
  answer: "500 no 2",
  asked: 2,
});

turns("whatever the method, with the body that was sent", [502], "{ codes: [502], attempts: 1 }", {
  answer: "200 at last hi",
  asked: 2,
  request: POST,
});

turns(
  "statuses up to 599 are known, and those that only look alike are none",
  [599, 499],
  "{ codes: [599] }",
  {
    answer: "499 no 2",
    asked: 2,
  },
);

overFronts("another endpoint is asked where there is one", () => {
  const failing = () => new RawEndpoint(answering(() => answer(500, "no")));
  return [failing(), new RawEndpoint(answering(() => ok("yes")))];
}, async ({ port }) => {
  for (let round = 0; round < 20; round++) assertEquals(await exchange(port, GET), "200 yes");
}, { rules: rules("{ codes: [500], attempts: 1 }") });

/** Ends the first connections after a request, without a word. */
const leaving = (count: number) => (): readonly RawEndpoint[] => [
  new RawEndpoint(async (connection, ordinal) => {
    const { body } = await connection.message();
    if (ordinal >= count) await connection.send(ok(`stayed for ${body}`));
  }),
];

overFronts(
  "a connection that ends is asked again for, whatever the method",
  leaving(2),
  async (s) => {
    assertEquals(await exchange(s.port, POST), "200 stayed for hi");
  },
  { rules: rules("{ attempts: 2 }") },
);

overFronts("without retry it is not", leaving(2), async ({ port }) => {
  assertEquals((await exchange(port, POST)).slice(0, 3), "502");
});

/** Says nothing on its first connections. */
const mute = (count: number) => (): readonly RawEndpoint[] => [
  new RawEndpoint(async (connection, ordinal) => {
    await connection.message();
    if (ordinal >= count) await connection.send(ok("spoke"));
    else while (await connection.more());
  }),
];

overFronts(
  "an endpoint that does not answer in its time is asked again",
  mute(1),
  async (stage) => {
    assertEquals(await exchange(stage.port, GET), "200 spoke");
  },
  { rules: rules("{ attempts: 9 }", ", timeouts: { request: 60s, backendRequest: 300ms }") },
);

overFronts("the route's own time ends all attempts", mute(1_000), async ({ port }) => {
  assertEquals((await exchange(port, GET)).slice(0, 3), "504");
}, {
  rules: rules(
    "{ attempts: 10, backoff: 1ms }",
    ", timeouts: { request: 500ms, backendRequest: 100ms }",
  ),
});

overFronts("a pause is kept, and a client that leaves meanwhile ends it", () => {
  return [new Turns(500, 500).endpoint];
}, async ({ port, gateway }) => {
  const client = await connect(port);
  await client.send(GET);
  // Longer than the test: nothing but the drain, or the client's end, can end the exchange.
  const waiting = client.message().then(() => "answered", () => "ended");
  const other = await exchange(port, GET.replace(" / ", " /other "));
  assertEquals(other.slice(0, 3), "500");
  client.close();
  assertEquals(await waiting, "ended");
  assertEquals(await gateway.stop(5_000), 0, "nothing is left to wait for");
}, {
  fronts: WIRE_ONLY,
  rules: `[
    { matches: [{ path: { type: Exact, value: / } }], backendRefs: [{ name: a, port: 80 }],
      retry: { codes: [500], attempts: 1, backoff: 1h } },
    { backendRefs: [{ name: a, port: 80 }] }]`,
});
