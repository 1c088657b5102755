// Every sentence of the ReferenceGrant CRD that binds an implementation is quoted by a case, as in
// httproute_test.ts.

import { makePair, secretYaml } from "../integration/certificates.ts";
import { assertEquals } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { testQuotes } from "./quoted.ts";
import { gateway, goesTo, RESOLVED, route, service, world } from "./world.ts";

/** In namespace `far`; sides in YAML's flow style. */
function grant(from: string, to: string, version = "v1"): string {
  return `apiVersion: gateway.networking.k8s.io/${version}
kind: ReferenceGrant
metadata: { name: g, namespace: far }
spec: { from: [${from}], to: [${to}] }
`;
}

const ROUTES = "{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default }";
const OTHERS = "{ group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: other }";
const SERVICES = '{ group: "", kind: Service }';
const named = (name: string) => `{ group: "", kind: Service, name: ${name} }`;

/** A route of `default` to Services `x` and `y` of `far`, and what it comes to. */
async function across(...grants: readonly string[]) {
  const rule = (name: string) =>
    `{ matches: [{ path: { value: /${name} } }], ` +
    `backendRefs: [{ name: ${name}, namespace: far, port: 80 }] }`;
  const made = await world(
    gateway(),
    route("name: r", `rules: [${rule("x")}, ${rule("y")}]`),
    service("x", "", "far"),
    service("y", "", "far"),
    ...grants,
  );
  assertEquals(made.problems, []);
  return [...goesTo(made, "GET a.test/x", "GET a.test/y"), made.condition("r", RESOLVED)];
}

const REFUSED = "False RefNotPermitted";
const BOTH = ["far/x", "far/y", "True ResolvedRefs"];
const NEITHER = ["500", "500", REFUSED];

const CASES: readonly SentenceCase[] = [
  {
    name: "without a grant nothing is permitted; with one it is, until it is taken away",
    quotes: [
      "Implementations that support ReferenceGrant MUST NOT permit cross-namespace references which have no grant, and MUST respond to the removal of a grant by revoking the access that the grant allowed.",
      "Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values.",
    ],
    async prove() {
      assertEquals(await across(), NEITHER);
      assertEquals(await across(grant(ROUTES, SERVICES)), BOTH);
      assertEquals(await across(grant(ROUTES, SERVICES, "v1beta1")), BOTH);
      assertEquals(await across(), NEITHER, "after it was taken away");
      // A grant of the referring namespace, or of another group or kind, says nothing.
      const elsewhere = grant(ROUTES, SERVICES).replace("namespace: far }", "namespace: default }");
      assertEquals(await across(elsewhere), NEITHER);
      assertEquals(await across(grant(ROUTES, '{ group: "", kind: Secret }')), NEITHER);
      assertEquals(
        await across(grant(ROUTES.replace("HTTPRoute", "GRPCRoute"), SERVICES)),
        NEITHER,
      );
      assertEquals(await across(grant(OTHERS, SERVICES)), NEITHER);
    },
  },
  {
    name: "entries of from, and of to, each permit on their own, one Service or all",
    quotes: [
      "When empty, the Kubernetes core API group is inferred.",
      "When unspecified, this policy refers to all resources of the specified Group and Kind in the local namespace.",
      "Each entry in this list MUST be considered to be an additional place that references can be valid from, or to put this another way, entries MUST be combined using OR.",
      "Each entry in this list MUST be considered to be an additional place that references can be valid to, or to put this another way, entries MUST be combined using OR.",
    ],
    async prove() {
      assertEquals(await across(grant(`${OTHERS}, ${ROUTES}`, SERVICES)), BOTH);
      assertEquals(await across(grant(ROUTES, `${named("x")}, ${named("y")}`)), BOTH);
      assertEquals(await across(grant(ROUTES, named("x"))), ["far/x", "500", REFUSED]);
      assertEquals(await across(grant(ROUTES, `${named("z")}, ${SERVICES}`)), BOTH);
    },
  },
  {
    name: "Services are granted to HTTPRoutes, and Secrets to Gateways",
    quotes: [
      'Although implementations may support additional resources, the following types are part of the "Core" support level for this field.',
      'Although implementations may support additional resources, the following types are part of the "Core" support level for this field: Secret when used to permit a SecretObjectReference',
      'Although implementations may support additional resources, the following types are part of the "Core" support level for this field: Service when used to permit a BackendObjectReference',
    ],
    async prove() {
      assertEquals(await across(grant(ROUTES, SERVICES)), BOTH);
      const pair = await makePair("a.test");
      const listener = "{ name: https, protocol: HTTPS, port: 443, " +
        "tls: { certificateRefs: [{ name: cert, namespace: far }] } }";
      const resolved = async (...grants: readonly string[]) =>
        (await world(
          gateway(listener) + secretYaml("cert", pair, "far").trimEnd() + "\n",
          ...grants,
        )).listener("gw", "https", RESOLVED);
      const gateways = ROUTES.replace("HTTPRoute", "Gateway");
      const secrets = '{ group: "", kind: Secret, name: cert }';
      assertEquals(await resolved(), REFUSED);
      assertEquals(await resolved(grant(gateways, secrets)), "True ResolvedRefs");
      assertEquals(await resolved(grant(ROUTES, secrets)), REFUSED);
    },
  },
];

testQuotes({ title: "ReferenceGrant", plural: "referencegrants", cases: CASES, atLeast: 7 });
