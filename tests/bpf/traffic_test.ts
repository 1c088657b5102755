// Real HTTP between network namespaces at 5,000 requests a second: every captured head is one that
// the backend saw, and what is missing is counted, to the request.

import { assertEquals } from "../assert.ts";
import { account } from "./account.ts";
import { Lab, SERVER_IPV6 } from "./lab.ts";
import { Loader, type LoaderOptions } from "./loader.ts";
import { bpfTest } from "./prepare.ts";
import type { Plan } from "./traffic/client.ts";

const REQUESTS = 10_000;
const REQUEST_ON_INGRESS = 0, REQUEST_ON_EGRESS = 1;
const NATIVE = 1, GENERIC = 2, TCX = 1, CLSACT = 2;
const FIN = 3, RST = 4;

interface Scenario {
  readonly name: string;
  readonly plan?: Partial<Plan>;
  readonly loader?: LoaderOptions;
  readonly tags?: "one" | "two";
  readonly modes?: [xdp: number, tc: number];
  readonly requests?: 0 | 1;
}

const SCENARIOS: Scenario[] = [
  { name: "keep-alive", plan: { connections: 4 } },
  { name: "parallel connections", plan: { connections: 256 } },
  { name: "a connection for each request", plan: { closes: true, connections: 32 } },
  { name: "bodies behind heads", plan: { kinds: ["small", "post"] } },
  { name: "chunked, both ways", plan: { kinds: ["chunked", "small"] } },
  {
    name: "large, both ways, among small ones",
    plan: { kinds: [...Array(99).fill("small"), "large"] },
  },
  { name: "IPv6", plan: { hostname: SERVER_IPV6, kinds: ["small", "post", "chunked"] } },
  { name: "one VLAN tag", tags: "one", plan: { kinds: ["small", "post"] } },
  { name: "two VLAN tags, IPv6", tags: "two", plan: { hostname: SERVER_IPV6 } },
  {
    name: "generic XDP and clsact",
    loader: { args: ["--mode", "generic", "--tc", "clsact"] },
    modes: [GENERIC, CLSACT],
  },
  {
    name: "on the client's interface",
    loader: { place: "client" },
    requests: REQUEST_ON_EGRESS,
    plan: { kinds: ["small", "post", "chunked"] },
  },
];

for (const scenario of SCENARIOS) {
  bpfTest(`traffic: ${scenario.name}: captured heads are what the backend saw`, async () => {
    await using lab = await Lab.create();
    if (scenario.tags) await lab.tagTraffic(scenario.tags);
    const loader = new Loader(lab, scenario.loader);
    const reader = await loader.connect();
    const [{ xdp, tc }] = (await reader.hello()).interfaces;
    assertEquals([xdp, tc], scenario.modes ?? [NATIVE, TCX]);

    const server = await lab.startServer();
    const { answered } = await lab.send({ requests: REQUESTS, ...scenario.plan });
    assertEquals(answered, REQUESTS);
    const seen = await server.seen();
    assertEquals(Object.keys(seen.requests).length, REQUESTS);

    const counters = await reader.settledCounters();
    account(reader.records, counters, seen, scenario.requests ?? REQUEST_ON_INGRESS);
    assertEquals((await loader.stop()).code, 0);
  });
}

bpfTest("traffic: every closed connection that had HTTP says so", async () => {
  await using lab = await Lab.create();
  const loader = new Loader(lab);
  const reader = await loader.connect();
  await reader.hello();
  const server = await lab.startServer();
  await lab.send({ requests: 1000, closes: true });
  await server.seen();
  await reader.settledCounters();
  const ended = new Set(
    reader.records.filter((r) => r.kind === FIN || r.kind === RST)
      .map((r) => r.direction === 0 ? r.sourcePort : r.destinationPort),
  );
  assertEquals(ended.size, 1000);
  await loader.stop();
});

bpfTest("traffic: a node between the ends sees each request come and go", async () => {
  await using lab = await Lab.create(true);
  const loader = new Loader(lab, { place: "node", interfaces: ["eth0", "eth1"] });
  const reader = await loader.connect();
  const { interfaces } = await reader.hello();
  assertEquals(interfaces.map(({ name }) => name), ["eth0", "eth1"]);
  const server = await lab.startServer();
  await lab.send({ requests: 2000, kinds: ["small", "post"] });
  await server.seen();
  await reader.settledCounters();
  const [towardsClient, towardsServer] = interfaces.map(({ index }) => index);
  const counts = new Map<string, number>();
  for (const { kind, direction, interfaceIndex } of reader.records) {
    if (kind > 2) continue;
    const what = `${kind === 1 ? "request" : "answer"} ${direction === 0 ? "in" : "out"} ${
      interfaceIndex === towardsClient ? "eth0" : interfaceIndex === towardsServer ? "eth1" : "?"
    }`;
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  assertEquals(Object.fromEntries(counts), {
    "request in eth0": 2000,
    "request out eth1": 2000,
    "answer in eth1": 2000,
    "answer out eth0": 2000,
  });
  await loader.stop();
});
