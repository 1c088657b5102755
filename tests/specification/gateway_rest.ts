// A Gateway beside its listeners: addresses, what it asks of infrastructure, its status. The
// specification's sentences, and what shows that they hold, or that what they are about is refused.

import type { Statuses } from "../../src/control/translator/statuses.ts";
import { statusToWrite } from "../../src/control/status/merge.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import {
  ACCEPTED,
  gateway,
  goesTo,
  HOST_ADDRESS,
  HTTP_80,
  RESOLVED,
  route,
  to,
  type World,
  world,
} from "./world.ts";

const PROGRAMMED = "Programmed";
const SECOND = "{ name: second, protocol: HTTP, port: 81 }";

/** A Gateway of two listeners with more in its spec. */
function asking(more: string): string {
  return gateway(`${HTTP_80}, ${SECOND}`).replace("spec: {", `spec: { ${more},`);
}

/** The only Gateway's entry. */
function gatewayIn(statuses: Statuses) {
  for (const one of statuses) if (one.kind === "Gateway") return one;
  throw new Error("there is no Gateway");
}

function addressesOf(made: World) {
  return {
    status: gatewayIn(made.statuses).status.addresses.map(({ value }) => value),
    bound: made.snapshot.listeners.map((listener) => listener.addresses),
  };
}

export const GATEWAYS: readonly SentenceCase[] = [
  {
    name: "any name that an API server takes will do, in both versions of the kind",
    quotes: [
      "A Gateway name SHOULD be compliant with RFC 1035, consisting of a maximum of 63 lower case alphanumeric characters or hyphens ('-'), and MUST start and end with an alphanumeric character.",
      "Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values.",
    ],
    async prove() {
      const made = await world(
        gateway(HTTP_80, "name: my-gateway"),
        gateway(SECOND, "name: a.b").replace("/v1\n", "/v1beta1\n"),
        gateway(HTTP_80, "name: -a"),
      );
      assertEquals(made.gateway("my-gateway", ACCEPTED).shown, "True Accepted");
      assertEquals(made.gateway("a.b", ACCEPTED).shown, "True Accepted");
      assertMatch(made.problems.join(), /^metadata\.name: Invalid value: "-a"/);
    },
  },
  {
    name: "all listeners are bound to every address, and the status names them",
    quotes: [
      "If no Addresses are specified, the implementation MAY schedule the Gateway in an implementation-specific manner, assigning an appropriate set of Addresses.",
      "The implementation MUST bind all Listeners to every GatewayAddress that it assigns to the Gateway and add a corresponding entry in GatewayStatus.Addresses.",
      "When a value is unspecified, an implementation SHOULD automatically assign an address matching the requested type if possible.",
      'If an implementation does not support an empty value, they MUST set the "Programmed" condition in status to False with a reason of "AddressNotAssigned".',
    ],
    async prove() {
      const none = await world(gateway(`${HTTP_80}, ${SECOND}`));
      // Nothing stated: the process's own address, which the snapshot leaves to the data plane.
      assertEquals(addressesOf(none), { status: [HOST_ADDRESS], bound: [[], []] });
      const two = await world(asking("addresses: [{ value: 192.0.2.8 }, { value: 192.0.2.9 }]"));
      const both = ["192.0.2.8", "192.0.2.9"];
      assertEquals(addressesOf(two), { status: both, bound: [both, both] });
      const empty = await world(asking("addresses: [{ type: IPAddress }]"));
      assertEquals(addressesOf(empty), addressesOf(none));
      assertEquals(empty.gateway("gw", PROGRAMMED).shown, "True Programmed");
    },
  },
  {
    name: "an address that can't be had is told in a condition",
    quotes: [
      "If a value is set in the spec and the requested address is invalid or unavailable, the implementation MUST indicate this in an associated entry in GatewayStatus.Conditions.",
    ],
    async prove() {
      const named = await world(asking("addresses: [{ type: Hostname, value: a.test }]"));
      assertEquals(named.gateway("gw", ACCEPTED).shown, "False UnsupportedAddress");
      const wrong = await world(asking("addresses: [{ value: 192.0.2.400 }]"));
      assertMatch(wrong.problems.join(), /spec\.addresses\[0\]/);
      // Listeners that the data plane could not bind.
      const taken = await world(asking("addresses: [{ value: 192.0.2.8 }]"));
      const unbound = taken.statusesWith({
        unbound: "192.0.2.8 is not an address of this machine",
      });
      const { conditions } = gatewayIn(unbound).status;
      const programmed = conditions.find(({ type }) => type === PROGRAMMED)!;
      assertEquals([programmed.status, programmed.reason], ["False", "AddressNotUsable"]);
      assertMatch(programmed.message, /192\.0\.2\.8/);
    },
  },
  {
    name: "nothing is created for a Gateway, so there is nothing to label",
    quotes: [
      "Annotations that SHOULD be applied to any resources created in response to this Gateway.",
      "For implementations creating other Kubernetes objects, this should be the `metadata.annotations` field on resources.",
      "An implementation may chose to add additional implementation-specific annotations as they see fit.",
      "Labels that SHOULD be applied to any resources created in response to this Gateway.",
      "For implementations creating other Kubernetes objects, this should be the `metadata.labels` field on resources.",
      "An implementation may chose to add additional implementation-specific labels as they see fit.",
      "If an implementation maps these labels to Pods, or any other resource that would need to be recreated when labels change, it SHOULD clearly warn about this behavior in documentation.",
      "must be 63 characters or less (can be empty),",
      "unless empty, must begin and end with an alphanumeric character ([a-z0-9A-Z]),",
    ],
    async prove() {
      const labelled = (value: string) =>
        world(asking(`infrastructure: { labels: { a: "${value}" }, annotations: { b: c } }`));
      for (const value of ["", "x", "x".repeat(63)]) {
        const made = await labelled(value);
        assertEquals(made.gateway("gw", ACCEPTED).shown, "True Accepted", value);
      }
      for (const value of ["x".repeat(64), "-x", "x."]) {
        assertMatch((await labelled(value)).problems.join(), /spec\.infrastructure\.labels\.a/);
      }
      const rules = await Deno.readTextFile("deploy/daemonset/rbac.yaml");
      const created = [...rules.matchAll(/resources: \[(.*)\]\s+verbs: \[.*create.*\]/g)]
        .map(([, resources]) => resources);
      assertEquals(created, ["events", "leases"]);
    },
  },
  {
    name: "parameters are not taken: a Gateway that names some is not accepted",
    quotes: [
      'If the referent cannot be found, refers to an unsupported kind, or when the data within that resource is malformed, the Gateway SHOULD be rejected with the "Accepted" status condition set to "False" and an "InvalidParameters" reason.',
    ],
    async prove() {
      const made = await world(
        asking('infrastructure: { parametersRef: { group: "", kind: ConfigMap, name: x } }'),
        route("name: r", `rules: [${to("a")}]`),
      );
      assertEquals(made.gateway("gw", ACCEPTED).shown, "False InvalidParameters");
      assertEquals(made.snapshot.listeners, []);
    },
  },
  {
    name: "conditions have the Gateway API's types and reasons, and the time of their last change",
    quotes: [
      "Implementations should prefer to express Gateway conditions using the `GatewayConditionType` and `GatewayConditionReason` constants so that operators and tools can converge on a common vocabulary to describe Gateway state.",
      "This should be when the underlying condition changed.",
      "Producers of specific condition types may define expected values and meanings for this field, and whether the values are considered a guaranteed API.",
      "The value should be a CamelCase string.",
      "This field may not be empty.",
    ],
    async prove() {
      const made = await world(gateway());
      const wanted = gatewayIn(made.statuses);
      const { conditions } = wanted.status;
      assertEquals(conditions.map(({ type, reason }) => `${type} ${reason}`), [
        "Accepted Accepted",
        "Programmed Programmed",
      ]);
      const [before, now] = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"];
      const older = {
        ...wanted.status,
        conditions: conditions.map((condition) => ({
          ...condition,
          status: condition.type === ACCEPTED ? "True" : "False",
          lastTransitionTime: before,
        })),
      };
      const written = statusToWrite(wanted, older, now) as {
        conditions: { type: string; lastTransitionTime: string }[];
      };
      assertEquals(
        written.conditions.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
        [[ACCEPTED, before], [PROGRAMMED, now]],
      );
    },
  },
  {
    name: "routes are counted that are accepted, whatever the listener's own conditions",
    quotes: [
      'Listener or Route status does not impact successful attachment, i.e. the AttachedRoutes field count MUST be set for Listeners, even if the Accepted condition of an individual Listener is set to "False".',
      "Routes with any other value for the Accepted condition MUST NOT be included in this count.",
    ],
    async prove() {
      const broken = "{ name: broken, protocol: HTTPS, port: 443, " +
        "tls: { certificateRefs: [{ name: gone }] } }";
      const strange = "{ name: strange, protocol: HTTP, port: 81, hostname: 192.0.2.1 }";
      const made = await world(
        gateway(`${HTTP_80}, ${broken}, ${strange}`),
        route("name: good", `rules: [${to("a")}]`),
        route("name: dangling", `rules: [{ backendRefs: [{ name: gone, port: 80 }] }]`),
        route("name: refused", `rules: [${to("a", "", "sessionPersistence: { sessionName: s }")}]`),
      );
      assertEquals(made.condition("refused", ACCEPTED), "False UnsupportedValue");
      assertEquals(made.condition("dangling", RESOLVED), "False BackendNotFound");
      assertEquals(made.attachedRoutes("gw", "http"), 2);
      assertEquals(made.attachedRoutes("gw", "broken"), 2);
      assertEquals(made.listener("gw", "strange", ACCEPTED), "False UnsupportedValue");
      assertEquals(made.attachedRoutes("gw", "strange"), 2);
    },
  },
  {
    name: "supportedKinds are those that are served and asked for",
    quotes: [
      "When unspecified or empty, the kinds of Routes selected are determined using the Listener protocol.",
      "This MUST represent the kinds supported by an implementation for that Listener configuration.",
      'If kinds are specified in Spec that are not supported, they MUST NOT appear in this list and an implementation MUST set the "ResolvedRefs" condition to "False" with the "InvalidRouteKinds" reason.',
      "If both valid and invalid Route kinds are specified, the implementation MUST reference the valid Route kinds that have been specified.",
    ],
    async prove() {
      const kindsOf = async (kinds: string) => {
        const allowed = kinds === "" ? "" : `, allowedRoutes: { kinds: [${kinds}] }`;
        const made = await world(gateway(`{ name: x, protocol: HTTP, port: 80${allowed} }`));
        const found = made.statuses.find(({ kind }) => kind === "Gateway");
        const [listener] = found?.kind === "Gateway" ? found.status.listeners : [];
        return [
          made.listener("gw", "x", RESOLVED),
          ...listener.supportedKinds.map(({ kind }) => kind),
        ];
      };
      assertEquals(await kindsOf(""), ["True ResolvedRefs", "HTTPRoute"]);
      assertEquals(await kindsOf("{ kind: HTTPRoute }"), ["True ResolvedRefs", "HTTPRoute"]);
      assertEquals(await kindsOf("{ kind: GRPCRoute }"), ["False InvalidRouteKinds"]);
      assertEquals(await kindsOf("{ kind: GRPCRoute }, { kind: HTTPRoute }"), [
        "False InvalidRouteKinds",
        "HTTPRoute",
      ]);
    },
  },
  {
    name: "no Gateway is a default one here: a route that asks for them is attached to none",
    quotes: [
      "If unset (the default) or set to None, the Gateway will not act as a default Gateway; if set, the Gateway will claim any Route with a matching scope set in its UseDefaultGateway field, subject to the usual rules about which routes the Gateway can attach to.",
    ],
    async prove() {
      for (const scope of ["None", "All"]) {
        const made = await world(
          asking(`defaultScope: ${scope}`),
          route("name: r", `useDefaultGateways: All, rules: [${to("a")}]`, ""),
        );
        assertEquals([made.problems, made.parents("r")], [[], []], scope);
        assertEquals(goesTo(made, "GET a.test/"), ["404"]);
      }
    },
  },
];
