// Every sentence of the ListenerSet CRD that binds an implementation is quoted by a case, as in
// httproute_test.ts. What it says of listeners in a Gateway's words is shown by the Gateway's cases:
// both go through the same code.

import { assertEquals, assertMatch } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { LISTENERS } from "./gateway_listeners.ts";
import { GATEWAYS } from "./gateway_rest.ts";
import { GATEWAY_TLS } from "./gateway_tls.ts";
import { testQuotes } from "./quoted.ts";
import { ACCEPTED, gateway, goesTo, HTTP_80, route, to, type World, world } from "./world.ts";

/** A Gateway that admits sets of the namespaces that it says. */
function open(from: string, listeners = HTTP_80): string {
  const allowed = `spec: { allowedListeners: { namespaces: { from: ${from} } },`;
  return gateway(listeners).replace("spec: {", allowed);
}

function set(metadata: string, listeners: string, parent = "{ name: gw }"): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: { ${metadata} }
spec: { parentRef: ${parent}, listeners: [${listeners}] }
`;
}

function statusOf(made: World, key: string) {
  for (const one of made.statuses) {
    if (one.kind === "ListenerSet" && one.key === key) return one.status;
  }
  return undefined;
}

function accepted(made: World, key: string): string | undefined {
  const found = statusOf(made, key)?.conditions.find(({ type }) => type === ACCEPTED);
  return found && `${found.status} ${found.reason}`;
}

const forHost = (name: string, host: string) =>
  `{ name: ${name}, protocol: HTTP, port: 80, hostname: ${host} }`;
const toSet = (name: string, service: string) =>
  route(`name: ${name}-r`, `rules: [${to(service)}]`, `{ kind: ListenerSet, name: ${name} }`);
const aged = (name: string, day: number) =>
  `name: ${name}, creationTimestamp: "2026-01-0${day}T00:00:00Z"`;

const CASES: readonly SentenceCase[] = [
  {
    name: "a set is taken where the Gateway allows it, of the own namespace unless it says else",
    quotes: [
      "The parent Gateway must explicitly allow ListenerSet attachment through its AllowedListeners configuration.",
      "If not present, the namespace of the referent is assumed to be the same as the namespace of the referring object.",
    ],
    async prove() {
      const mine = set("name: s", forHost("x", "s.test"));
      const closed = await world(gateway(), mine, toSet("s", "a"));
      assertEquals(accepted(closed, "default/s"), "False NotAllowed");
      assertEquals(goesTo(closed, "GET s.test/"), ["404"]);
      const same = await world(open("Same"), mine, toSet("s", "a"));
      assertEquals(accepted(same, "default/s"), "True Accepted");
      assertEquals(goesTo(same, "GET s.test/"), ["a"]);
      const far = set("name: s, namespace: far", forHost("x", "s.test"));
      // Without a namespace it means a Gateway of its own, which is not there.
      assertEquals(accepted(await world(open("All"), far), "far/s"), undefined);
      const named = far.replace("{ name: gw }", "{ name: gw, namespace: default }");
      assertEquals(accepted(await world(open("All"), named), "far/s"), "True Accepted");
      assertEquals(accepted(await world(open("Same"), named), "far/s"), "False NotAllowed");
    },
  },
  {
    name: "the Gateway's own listeners come first, then the older set, then the first by its name",
    quotes: [
      'Implementations MUST treat the parent Gateway as having the merged list of all listeners from itself and attached ListenerSets using the following precedence: "parent" Gateway',
      "Implementations MUST treat the parent Gateway as having the merged list of all listeners from itself and attached ListenerSets using the following precedence: ListenerSet ordered by creation time (oldest first)",
      'Implementations MUST treat the parent Gateway as having the merged list of all listeners from itself and attached ListenerSets using the following precedence: ListenerSet ordered alphabetically by "{namespace}/{name}".',
      "An implementation MAY reject listeners by setting the ListenerEntryStatus `Accepted` condition to False with the Reason `TooManyListeners`",
    ],
    async prove() {
      const made = await world(
        open("Same", forHost("own", "gw.test")),
        set(aged("young", 2), `${forHost("x", "gw.test")}, ${forHost("y", "old.test")}`),
        set(aged("old", 1), `${forHost("x", "old.test")}, ${forHost("z", "own.test")}`),
        set(aged("s-b", 3), forHost("x", "name.test")),
        set(aged("s-a", 3), forHost("x", "name.test")),
        toSet("old", "a"),
        toSet("s-a", "b"),
        toSet("s-b", "c"),
      );
      assertEquals(accepted(made, "default/young"), "False ListenersNotValid");
      assertEquals(accepted(made, "default/old"), "True Accepted");
      assertEquals(accepted(made, "default/s-a"), "True Accepted");
      assertEquals(accepted(made, "default/s-b"), "False ListenersNotValid");
      const lines = ["old.test", "own.test", "name.test", "gw.test"].map((host) => `GET ${host}/`);
      assertEquals(goesTo(made, ...lines), ["a", "a", "b", "404"]);
    },
  },
  {
    name: "names are unique within a set, and only there",
    quotes: [
      "This name MUST be unique within a ListenerSet.",
      "Name is not required to be unique across a Gateway and ListenerSets.",
    ],
    async prove() {
      const twice = `${forHost("x", "a.test")}, ${forHost("x", "b.test")}`;
      assertMatch((await world(open("Same"), set("name: s", twice))).problems.join(), /unique/);
      const made = await world(
        open("Same", forHost("x", "gw.test")),
        set("name: one", forHost("x", "a.test")),
        set("name: two", forHost("x", "b.test")),
      );
      assertEquals(made.problems, []);
      assertEquals(accepted(made, "default/one"), "True Accepted");
      assertEquals(accepted(made, "default/two"), "True Accepted");
      assertEquals(new Set(made.snapshot.listeners.map(({ id }) => id)).size, 3);
    },
  },
  {
    name: "conditions have the Gateway API's types and reasons, and tell nothing of other sets",
    quotes: [
      "Implementations MUST express ListenerSet conditions using the `ListenerSetConditionType` and `ListenerSetConditionReason` constants so that operators and tools can converge on a common vocabulary to describe ListenerSet state.",
      "Implementations SHOULD be cautious about what information from the parent or siblings are reported to avoid accidentally leaking sensitive information that the child would not otherwise have access to.",
      "If an implementation cannot apply a policy to specific listeners, it should reject the policy",
    ],
    async prove() {
      const made = await world(
        open("Same"),
        set(aged("secret-name", 1), forHost("hidden", "a.test")),
        set(aged("late", 2), forHost("x", "a.test")),
      );
      const status = statusOf(made, "default/late")!;
      assertEquals(status.conditions.map(({ type, reason }) => `${type} ${reason}`), [
        "Accepted ListenersNotValid",
        "Programmed ListenersNotValid",
      ]);
      const said = JSON.stringify(status);
      assertEquals([said.includes("secret-name"), said.includes("hidden")], [false, false]);
    },
  },
  {
    name: "routes are counted that are accepted, whatever the listener's own conditions",
    quotes: [
      'Listener status does not impact successful attachment, i.e. the AttachedRoutes field count MUST be set for Listeners, even if the Accepted condition of an individual Listener is set to "False".',
    ],
    async prove() {
      const strange = "{ name: strange, protocol: HTTP, port: 81, hostname: 192.0.2.1 }";
      const made = await world(
        open("Same"),
        set("name: s", `${forHost("x", "a.test")}, ${strange}`),
        toSet("s", "a"),
      );
      const listeners = statusOf(made, "default/s")!.listeners;
      assertEquals(
        listeners.map(({ name, attachedRoutes, conditions }) => [
          name,
          attachedRoutes,
          conditions.find(({ type }) => type === ACCEPTED)?.status,
        ]),
        [["x", 1, "True"], ["strange", 1, "False"]],
      );
    },
  },
  {
    name: "hostnames of HTTPS listeners are held against SNI and Host, as a Gateway's are",
    quotes: [
      "Implementations MUST apply Hostname matching appropriately for each of the following protocols: HTTPS: The Listener Hostname SHOULD match at both the TLS and HTTP protocol layers as described above.",
      "Implementations MUST apply Hostname matching appropriately for each of the following protocols: If an implementation does not ensure that both the SNI and Host header match the Listener hostname, it MUST clearly document that.",
    ],
    prove: () => LISTENERS.find(({ name }) => name.startsWith("under TLS"))!.prove(),
  },
];

testQuotes({
  title: "ListenerSet",
  plural: "listenersets",
  cases: CASES,
  shownElsewhere: [LISTENERS, GATEWAY_TLS, GATEWAYS].flat(),
  atLeast: 60,
});
