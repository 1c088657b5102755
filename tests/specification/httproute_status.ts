// HTTPRoute status: the specification's sentences, and what shows that they hold. How an entry is
// written over an older one is shown on the writer's merge, which is a function of both.

import { CONTROLLER_NAME } from "../../src/gatewayapi/supported_features.ts";
import { statusToWrite } from "../../src/control/status/merge.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { ACCEPTED, gateway, PARTIAL, RESOLVED, route, to, type World, world } from "./world.ts";

const [BEFORE, NOW] = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"];

interface WrittenParent {
  readonly controllerName: string;
  readonly conditions: readonly { readonly type: string; readonly lastTransitionTime: string }[];
}

function written(made: World, before: Record<string, unknown>): readonly WrittenParent[] {
  const wanted = made.statuses.find(({ kind }) => kind === "HTTPRoute")!;
  return (statusToWrite(wanted, before, NOW)?.parents ?? []) as WrittenParent[];
}

const good = () => world(gateway(), route("name: r", `rules: [${to("a")}]`));

export const STATUS: readonly SentenceCase[] = [
  {
    name: "a route has an entry for each parent of ours, with Accepted and why, and no others",
    quotes: [
      "When this route attaches to a parent, the controller that manages the parent must add an entry to this list when the controller first sees the route and should update the entry as appropriate when the route or gateway is modified.",
      "If the Route's ParentRef specifies an existing Gateway that supports Routes of this kind AND that Gateway's controller has sufficient access, then that Gateway's controller MUST set the \"Accepted\" condition on the Route, to indicate whether the route has been accepted or rejected by the Gateway, and why.",
      "Controllers MUST populate this field when writing status.",
    ],
    async prove() {
      const made = await good();
      assertEquals(made.condition("r", ACCEPTED), "True Accepted");
      assertEquals(written(made, {}).map(({ controllerName }) => controllerName), [
        CONTROLLER_NAME,
      ]);
      const bad = await world(
        gateway(),
        route("name: r", `rules: [${to("a")}]`, "{ name: gw, sectionName: none }"),
      );
      assertEquals(bad.condition("r", ACCEPTED), "False NoMatchingParent");
    },
  },
  {
    name: "a parent that is not there gets no entry",
    quotes: [
      "Implementations of this API can only populate Route status for the Gateways/parent resources they are responsible for.",
      "Note that parent references that cannot be resolved by an implementation of this API will not be added to this list.",
      'There are a number of cases where the "Accepted" condition may not be set due to lack of controller visibility, that includes when: The Route refers to a nonexistent parent.',
    ],
    async prove() {
      const made = await world(
        gateway(),
        route("name: r", `rules: [${to("a")}]`, "{ name: gone }"),
      );
      assertEquals(made.parents("r"), []);
    },
  },
  {
    name: "one rule that is served is enough for Accepted",
    quotes: [
      'A Route MUST be considered "Accepted" if at least one of the Route\'s rules is implemented by the Gateway.',
    ],
    async prove() {
      const made = await world(
        gateway(),
        route(
          "name: r",
          `rules: [${to("a")}, ${to("b", "", "sessionPersistence: { sessionName: s }")}]`,
        ),
      );
      assertEquals(made.condition("r", ACCEPTED), "True Accepted");
      assertEquals(made.condition("r", PARTIAL), "True UnsupportedValue");
    },
  },
  {
    name: "routes of kinds that are not served get no status",
    quotes: [
      'There are a number of cases where the "Accepted" condition may not be set due to lack of controller visibility, that includes when: The Route is of a type that the controller does not support.',
    ],
    async prove() {
      const made = await world(
        gateway(),
        `apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: { name: g }
spec: { parentRefs: [{ name: gw }], rules: [{ backendRefs: [{ name: a, port: 80 }] }] }
`,
      );
      assertMatch(made.problems.join(), /GRPCRoute is not served yet/);
      assertEquals(made.statuses.map(({ kind }) => kind), ["GatewayClass", "Gateway"]);
    },
  },
  {
    name: "routes of every namespace are seen: one that is not admitted is told so",
    quotes: [
      "Cross-namespace references are only valid if they are explicitly allowed by something in the namespace they are referring to.",
      'There are a number of cases where the "Accepted" condition may not be set due to lack of controller visibility, that includes when: The Route is in a namespace to which the controller does not have access.',
    ],
    async prove() {
      const made = await world(
        gateway(),
        route("name: r, namespace: far", `rules: [${to("a")}]`, "{ name: gw, namespace: default }"),
      );
      assertEquals(made.condition("far/r", ACCEPTED), "False NotAllowedByListeners");
    },
  },
  {
    name: "lastTransitionTime is when the status changed, and stays where it did not",
    quotes: ["This should be when the underlying condition changed."],
    async prove() {
      const made = await good();
      const older = written(made, {}).map((parent) => ({
        ...parent,
        conditions: parent.conditions.map((condition) => ({
          ...condition,
          status: condition.type === ACCEPTED ? "False" : "True",
          lastTransitionTime: BEFORE,
        })),
      }));
      const [{ conditions }] = written(made, { parents: older });
      assertEquals(
        conditions.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
        [[ACCEPTED, NOW], [RESOLVED, BEFORE]],
      );
    },
  },
  {
    name: "every reason is the Gateway API's own, a word in CamelCase",
    quotes: [
      "Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values.",
      "Producers of specific condition types may define expected values and meanings for this field, and whether the values are considered a guaranteed API.",
      "The value should be a CamelCase string.",
      "This field may not be empty.",
    ],
    async prove() {
      const { ConditionType, ...reasons } = await import("../../src/gatewayapi/conditions.ts");
      const words = Object.values(reasons)
        .filter((value) => typeof value === "object").flatMap((value) => Object.values(value));
      assertEquals(words.length > 30, true);
      for (const word of words) assertMatch(word, /^[A-Z][A-Za-z]+$/);
      // A type that is not the Gateway API's has its domain in front.
      for (const type of Object.values(ConditionType)) {
        assertMatch(type, /^(?:rauta\.io\/)?[A-Z][A-Za-z]+$/);
      }
      // Both versions of the kind are read as one.
      const v1beta1 = route("name: r", `rules: [${to("a")}]`).replace("/v1", "/v1beta1");
      assertEquals((await world(gateway(), v1beta1)).condition("r", ACCEPTED), "True Accepted");
    },
  },
  {
    name: "entries of ours go with their parentRef; those of others stay",
    quotes: [
      "Controllers should ensure that entries to status populated with their ControllerName are cleaned up when they are no longer necessary.",
    ],
    async prove() {
      const made = await good();
      const stale = { parentRef: { name: "old" }, controllerName: CONTROLLER_NAME, conditions: [] };
      const other = { parentRef: { name: "gw" }, controllerName: "example.com/x", conditions: [] };
      assertEquals(
        written(made, { parents: [stale, other] }).map(({ controllerName }) => controllerName),
        ["example.com/x", CONTROLLER_NAME],
      );
    },
  },
];
