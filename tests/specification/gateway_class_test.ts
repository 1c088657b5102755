// Every sentence of the GatewayClass CRD that binds an implementation is quoted by a case, as in
// httproute_test.ts.

import { statusToWrite } from "../../src/control/status/merge.ts";
import { loadValidator } from "../../src/gatewayapi/validation/bundled.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { testQuotes } from "./quoted.ts";
import { ACCEPTED, gateway, goesTo, route, to, type World, world } from "./world.ts";

function classOf(name: string, spec = "controllerName: rauta.io/gateway-controller"): string {
  return `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: ${name} }
spec: { ${spec} }
`;
}

function statusOf(made: World, name: string) {
  const found = made.statuses.find(({ kind, key }) => kind === "GatewayClass" && key === name);
  return found?.kind === "GatewayClass" ? found.status : undefined;
}

function accepted(made: World, name: string): string | undefined {
  const condition = statusOf(made, name)?.conditions.find(({ type }) => type === ACCEPTED);
  return condition && `${condition.status} ${condition.reason}`;
}

const OURS = "rauta.io/gateway-controller";
const PARAMETERS = `controllerName: ${OURS}, parametersRef: { group: "", kind: ConfigMap, name: x`;

const CASES: readonly SentenceCase[] = [
  {
    name: "what becomes of a class becomes of its Gateways at once, and the documents say so",
    quotes: [
      "If implementations choose to propagate GatewayClass changes to existing Gateways, that MUST be clearly documented by the implementation.",
      "Whenever one or more Gateways are using a GatewayClass, implementations SHOULD add the `gateway-exists-finalizer.gateway.networking.k8s.io` finalizer on the associated GatewayClass.",
    ],
    async prove() {
      const routes = route("name: r", `rules: [${to("a")}]`);
      const own = gateway().replace("gatewayClassName: rauta", "gatewayClassName: own");
      assertEquals(goesTo(await world(classOf("own"), own, routes), "GET a.test/"), ["a"]);
      const without = await world(own, routes);
      assertEquals(without.snapshot.listeners, []);
      assertEquals(without.statuses.some(({ kind }) => kind === "Gateway"), false);
      const documents = await Deno.readTextFile("docs/kubernetes.md");
      assertMatch(documents, /A GatewayClass's changes reach its Gateways at once/);
      assertMatch(documents, /gateway-exists-finalizer/);
    },
  },
  {
    name: "any name that an API server takes will do",
    quotes: [
      "A GatewayClass name SHOULD be compliant with RFC 1035, consisting of a maximum of 63 lower case alphanumeric characters or hyphens ('-'), and MUST start and end with an alphanumeric character.",
    ],
    async prove() {
      const made = await world(classOf("my-class"), classOf("a.b"), classOf("-a"));
      assertEquals(accepted(made, "my-class"), "True Accepted");
      assertEquals(accepted(made, "a.b"), "True Accepted");
      assertEquals(made.problems.map((problem) => problem.slice(0, 33)), [
        'metadata.name: Invalid value: "-a',
      ]);
    },
  },
  {
    name: "controllerName is a path under a domain",
    quotes: [
      "The value of this field MUST be a domain prefixed path.",
      "This field is not mutable and cannot be empty.",
    ],
    async prove() {
      for (const value of ["rauta", '""', "rauta.io", "/x", "Rauta.io/x"]) {
        const made = await world(classOf("own", `controllerName: ${value}`));
        assertMatch(made.problems.join(), /spec\.controllerName/, value);
        assertEquals(statusOf(made, "own"), undefined);
      }
      // That it doesn't change is the CRD's own rule, which needs the object as it was.
      const { schema } = (await loadValidator()).find(
        "gateway.networking.k8s.io/v1",
        "GatewayClass",
      )!;
      const field = schema.properties!.get("spec")!.properties!.get("controllerName")!;
      assertEquals(field.rules?.map(({ rule }) => rule), ["self == oldSelf"]);
    },
  },
  {
    name:
      "parameters are not taken: a class that names some is not accepted, nor its Gateways served",
    quotes: [
      'If the referent cannot be found, refers to an unsupported kind, or when the data within that resource is malformed, the GatewayClass SHOULD be rejected with the "Accepted" status condition set to "False" and an "InvalidParameters" reason.',
      "This field is required when referring to a Namespace-scoped resource and MUST be unset when referring to a Cluster-scoped resource.",
    ],
    async prove() {
      for (const more of ["}", ", namespace: default }"]) {
        const own = gateway().replace("gatewayClassName: rauta", "gatewayClassName: own");
        const made = await world(classOf("own", PARAMETERS + more), own);
        assertEquals(accepted(made, "own"), "False InvalidParameters");
        assertEquals(made.snapshot.listeners, []);
      }
    },
  },
  {
    name: "every class of ours has a status, and none of another's",
    quotes: [
      "Implementations MUST populate status on all GatewayClass resources which specify their controller name.",
    ],
    async prove() {
      const made = await world(
        classOf("one"),
        classOf("two"),
        classOf("other", "controllerName: example.com/x"),
      );
      const keys = made.statuses.map(({ kind, key }) => `${kind} ${key}`);
      assertEquals(keys, ["GatewayClass one", "GatewayClass rauta", "GatewayClass two"]);
    },
  },
  {
    name: "conditions have the Gateway API's types and reasons, and the time of their last change",
    quotes: [
      "Controllers should prefer to publish conditions using values of GatewayClassConditionType for the type of each Condition.",
      "Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values.",
      "This should be when the underlying condition changed.",
      "Producers of specific condition types may define expected values and meanings for this field, and whether the values are considered a guaranteed API.",
      "The value should be a CamelCase string.",
      "This field may not be empty.",
    ],
    async prove() {
      const made = await world(classOf("own").replace("/v1\n", "/v1beta1\n"));
      const wanted = made.statuses.find(({ key }) => key === "own")!;
      const shown = statusOf(made, "own")!.conditions.map(({ type, reason }) => [type, reason]);
      assertEquals(shown, [["Accepted", "Accepted"], ["SupportedVersion", "SupportedVersion"]]);
      const [before, now] = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"];
      const conditions = statusOf(made, "own")!.conditions.map((condition) => ({
        ...condition,
        status: condition.type === ACCEPTED ? "False" : condition.status,
        lastTransitionTime: before,
      }));
      const written = statusToWrite(wanted, { conditions }, now) as {
        conditions: { type: string; lastTransitionTime: string }[];
      };
      assertEquals(
        written.conditions.map(({ type, lastTransitionTime }) => [type, lastTransitionTime]),
        [["Accepted", now], ["SupportedVersion", before]],
      );
    },
  },
  {
    name: "supportedFeatures are in the order of their names",
    quotes: ["It MUST be sorted in ascending alphabetical order by the Name key."],
    async prove() {
      const names = statusOf(await world(classOf("own")), "own")!.supportedFeatures
        .map(({ name }) => name);
      assertEquals(names, [...names].sort());
      assertEquals([names.length > 20, new Set(names).size], [true, names.length]);
    },
  },
];

testQuotes({ title: "GatewayClass", plural: "gatewayclasses", cases: CASES, atLeast: 15 });
