import { check } from "../../../src/cli/check/check.ts";
import { describe, labelOf } from "../../../src/cli/check/describe.ts";
import { runCheck } from "../../../src/cli/check/main.ts";
import { joinObjects } from "../../../src/control/provider/file/object_set.ts";
import { readText } from "../../../src/control/provider/file/read_all.ts";
import { loadValidator } from "../../../src/gatewayapi/validation/bundled.ts";
import { assertEquals } from "../../assert.ts";
import { REFUSALS } from "../validation/invalid_examples.ts";

const TESTDATA = "tests/testdata/gatewayapi";

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) files.push(...await filesBelow(`${folder}/${name}`));
    else if (name.endsWith(".yaml")) files.push(`${folder}/${name}`);
  }
  return files.sort();
}

async function checkText(text: string) {
  const { objects, problems } = readText("a.yaml", text, await loadValidator());
  const joined = joinObjects([objects]);
  return check(
    { placed: joined.objects, problems: [...problems, ...joined.problems] },
    { hostAddresses: ["192.0.2.1"], textOf: () => text },
  );
}

async function problemsOf(text: string): Promise<string[]> {
  return (await checkText(text)).problems.map((problem) =>
    `${problem.severity} ${problem.line}:${problem.column} ${problem.field}: ${problem.message}` +
    (problem.fix === "" ? "" : ` -> ${problem.fix}`)
  );
}

const GATEWAY = `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: c }
spec: { controllerName: rauta.io/gateway-controller }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: g }
spec:
  gatewayClassName: c
  listeners:
    - { name: http, protocol: HTTP, port: 80, hostname: a.test }
---
`;

function routeOf(spec: string): string {
  return `${GATEWAY}apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: r }
spec:
${spec}`;
}

Deno.test("check refuses every invalid example with the rule's own message, and exits with 1", async () => {
  const folder = `${TESTDATA}/hack/invalid-examples`;
  const files = await filesBelow(folder);
  assertEquals(files.map((file) => file.slice(folder.length + 1)), Object.keys(REFUSALS).sort());
  for (const file of files) {
    const { code, out } = await runCheck([file, "--output", "json"]);
    assertEquals(code, 1, file);
    const { ok, problems } = JSON.parse(out!);
    assertEquals(ok, false, file);
    for (const [place, field, , detail] of REFUSALS[file.slice(folder.length + 1)]) {
      const found = problems.find((one: Record<string, unknown>) =>
        `${one.line}:${one.column}` === place && one.field === field &&
        String(one.message).endsWith(detail)
      );
      assertEquals(found?.severity, "error", `${file} ${place} ${field} ${detail}`);
      assertEquals(found.fix !== "", true, `${file} ${place}: what to write instead`);
    }
  }
});

Deno.test("check passes every valid example", async () => {
  for (const file of await filesBelow(`${TESTDATA}/examples`)) {
    const { code, out } = await runCheck([file]);
    assertEquals(code, 0, `${file}\n${out}`);
  }
});

Deno.test("a status that isn't well is told with file, line, field and what to write", async () => {
  const found = await problemsOf(routeOf(`  parentRefs: [{ name: g }]
  rules:
    - backendRefs:
        - { name: gone, port: 80 }
    - filters:
        - type: RequestMirror
          requestMirror: { backendRef: { name: gone, port: 80 } }
`));
  assertEquals(found, [
    "error 21:11 spec.rules[0].backendRefs[0]: Service default/gone does not exist -> " +
    "name a Service and a TCP port that exist in that namespace, or add them",
    "error 23:11 spec.rules[1].filters[0].type: Dropped Rule 1: spec.rules[1].filters[0].type " +
    "RequestMirror is not supported on a rule (what it matches is answered 500) -> " +
    "remove it, or write a value that is served: docs/control_plane.md",
  ]);
});

Deno.test("a ListenerSet that is not admitted, or attached to nothing, is told where it says so", async () => {
  const set = (name: string, gateway: string) =>
    `---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: { name: ${name} }
spec:
  parentRef: { name: ${gateway} }
  listeners: [{ name: http, protocol: HTTP, port: 80, hostname: b.test }]
`;
  assertEquals(await problemsOf(GATEWAY + set("s", "g") + set("lost", "nowhere")), [
    "error 19:3 spec.parentRef: allowedListeners of the Gateway admits no ListenerSets of namespace default " +
    "-> let spec.allowedListeners of the Gateway admit its namespace",
    "warning 26:3 spec.parentRef: the set is attached to nothing: Gateway default/nowhere is not there",
  ]);
  const open = GATEWAY.replace(
    "  listeners:",
    "  allowedListeners: { namespaces: { from: All } }\n$&",
  )
    .replace("hostname: a.test", "hostname: b.test");
  assertEquals(await problemsOf(open + set("s", "g")), [
    "error 21:55 spec.listeners[0].hostname: port 80 with hostname b.test is held by the Gateway or " +
    "by an older ListenerSet of it -> give one of the two another port or hostname",
  ]);
});

Deno.test("each of several faults has its own place and its own advice", async () => {
  const service = (name: string, spec: string) =>
    `---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: ${spec}
`;
  const text = routeOf(`  parentRefs: [{ name: g }]
  rules:
    - backendRefs:
        - { name: sv, port: 80 }
        - { name: sv, kind: Servce, port: 80 }
        - { name: sv, port: 81 }
        - { name: sv, namespace: other, port: 80 }
        - { name: ext, port: 80 }
        - { name: two, port: 80 }
    - matches: [{ path: { type: RegularExpression, value: "(a; b" } }]
`) + service("sv", "{ ports: [{ port: 80 }] }") +
    service("ext", "{ type: ExternalName, externalName: a.test, ports: [{ port: 80 }] }") +
    service("two", "{ ports: [{ port: 80, appProtocol: kubernetes.io/h2c }] }");
  assertEquals(await problemsOf(text), [
    "error 22:11 spec.rules[0].backendRefs[1]: backendRef default/sv: kind Servce is not supported, " +
    "use a Service -> name a kind that is served: a Service that is not ExternalName",
    "error 23:11 spec.rules[0].backendRefs[2]: Service default/sv has no TCP port 81 -> " +
    "name a Service and a TCP port that exist in that namespace, or add them",
    "error 24:11 spec.rules[0].backendRefs[3]: backendRef to Service other/sv is not permitted: no " +
    "ReferenceGrant in namespace other allows HTTPRoutes of default -> " +
    "add a ReferenceGrant in the namespace that is referred to, or refer to the own namespace",
    "error 25:11 spec.rules[0].backendRefs[4]: Service default/ext is of type ExternalName, which is " +
    "not supported -> name a kind that is served: a Service that is not ExternalName",
    "error 26:11 spec.rules[0].backendRefs[5]: Service default/two port 80: appProtocol " +
    "kubernetes.io/h2c is not supported -> write appProtocol http, kubernetes.io/ws or none in the " +
    "Service's port",
    "error 27:52 spec.rules[1].matches[0].path.value: Dropped Rule 1: " +
    "spec.rules[1].matches[0].path.value: missing closing ): `(a; b`: write RE2 syntax (no back " +
    "references and no lookaround) -> write another pattern: docs/regular_expressions.md",
  ]);
});

Deno.test("a listener's fault is told at its field", async () => {
  const listener = async (text: string) =>
    await problemsOf(
      GATEWAY.replace("{ name: http, protocol: HTTP, port: 80, hostname: a.test }", text),
    );
  assertEquals(await listener("{ name: http, protocol: HTTP, port: 80, hostname: 192.0.2.1 }"), [
    "error 12:47 spec.listeners[0].hostname: hostname 192.0.2.1 is an IP address: use a name -> " +
    "write a host name, or remove it to serve every host",
  ]);
  assertEquals(await listener("{ name: http, protocol: TCP, port: 80 }"), [
    "error 12:21 spec.listeners[0].protocol: protocol TCP is not supported: use HTTP or HTTPS -> " +
    "write protocol: HTTP or HTTPS",
  ]);
  const options = "tls: { options: { a.test/b: c }, certificateRefs: [{ name: x }] }";
  assertEquals(
    (await listener(`{ name: http, protocol: HTTPS, port: 80, ${options} }`)).map((line) =>
      line.split(": ")[0]
    ),
    ["error 12:55 spec.listeners[0].tls.options"],
  );
});

Deno.test("a parent that has errors of its own isn't said to be missing", async () => {
  const text = routeOf("  parentRefs: [{ name: g }]\n").replace("port: 80", "port: 800000");
  assertEquals(
    (await problemsOf(text)).at(-1),
    "warning 18:3 spec.parentRefs: the route is attached " +
      "to nothing: Gateway default/g has errors of its own",
  );
});

Deno.test("several paths are judged as one configuration", async () => {
  const objectsOf = async (...paths: string[]) => {
    const { code, out } = await runCheck([...paths, "--output", "json"]);
    const { objects, problems } = JSON.parse(out!);
    return [code, objects, problems];
  };
  const folder = "deploy/examples";
  const files = ["gateway", "services", "shop"].map((name) => `${folder}/${name}.yaml`);
  const whole = await objectsOf(folder);
  assertEquals(await objectsOf(...files), whole);
  assertEquals(await objectsOf(files[2], folder, files[2]), whole, "a file counts once");
});

Deno.test("a route that can't attach is told at its parentRef or hostnames", async () => {
  const section = await problemsOf(routeOf("  parentRefs: [{ name: g, sectionName: https }]\n"));
  assertEquals(section, [
    "error 18:16 spec.parentRefs[0]: Gateway default/g has no listener named https -> " +
    "name a sectionName and a port that a listener of the Gateway has",
  ]);
  const hostname = await problemsOf(
    routeOf("  parentRefs: [{ name: g }]\n  hostnames: [b.test]\n"),
  );
  assertEquals(hostname.map((line) => line.split(": ")[0]), ["error 19:3 spec.hostnames"]);
});

Deno.test("a route of nobody's and a Gateway of another's are warnings that say why", async () => {
  const text = routeOf("  parentRefs: [{ name: other }]\n")
    .replace("gatewayClassName: c", "gatewayClassName: d");
  assertEquals(await problemsOf(text), [
    "warning 10:3 spec.gatewayClassName: GatewayClass d is not there: nobody serves this Gateway",
    "warning 18:3 spec.parentRefs: the route is attached to nothing: Gateway default/other is not there",
  ]);
});

Deno.test("an EndpointSlice that serves nobody is a warning that says why", async () => {
  const slice = (metadata: string, rest: string) =>
    `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: ${metadata}
${rest}
`;
  const label = "labels: { kubernetes.io/service-name: a }";
  const address = "addressType: IPv4\nendpoints: [{ addresses: [192.0.2.1] }]";
  assertEquals(await problemsOf(slice(`{ name: a, ${label} }`, address)), []);
  assertEquals(await problemsOf(slice("{ name: a }", address)), [
    "warning 3:1 metadata.labels: the slice belongs to no Service -> " +
    "add the label kubernetes.io/service-name: the Service's name",
  ]);
  const named = "addressType: FQDN\nendpoints: [{ addresses: [a.test] }]";
  assertEquals(await problemsOf(slice(`{ name: a, ${label} }`, named)), [
    "warning 4:1 addressType: addresses of type FQDN are not served: these endpoints are left out -> " +
    "write addresses of type IPv4 or IPv6",
  ]);
});

Deno.test("objects in a List are found at their own lines", async () => {
  const route = `apiVersion: v1
kind: List
items:
  - apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: { name: one }
    spec: { parentRefs: [{ name: g }] }
  - apiVersion: gateway.networking.k8s.io/v1
    kind: HTTPRoute
    metadata: { name: two }
    spec:
      parentRefs: [{ name: g }]
      hostnames: [b.test]
`;
  const found = await problemsOf(GATEWAY + route);
  assertEquals(found.map((line) => line.split(": ")[0]), ["error 26:7 spec.hostnames"]);
});

Deno.test("an object is worded as kubectl describe words it", () => {
  const text = describe({
    kind: "HTTPRoute",
    apiVersion: "gateway.networking.k8s.io/v1",
    namespace: "demo",
    name: "shop",
    status: {
      parents: [{
        parentRef: { name: "gw" },
        controllerName: "rauta.io/gateway-controller",
        conditions: [{ type: "Accepted", status: "True", observedGeneration: 1 }],
      }],
    },
  });
  assertEquals(
    text,
    `Name:         shop
Namespace:    demo
API Version:  gateway.networking.k8s.io/v1
Kind:         HTTPRoute
Status:
  Parents:
    Conditions:
      Observed Generation:  1
      Status:               True
      Type:                 Accepted
    Controller Name:        rauta.io/gateway-controller
    Parent Ref:
      Name:  gw
`,
  );
  assertEquals(labelOf("apiVersion"), "API Version");
});

Deno.test("a wrong command line is exit code 2 and says what is wrong", async () => {
  for (
    const [args, said] of [
      [[], "a PATH is needed"],
      [["-", "deploy/examples"], "- stands alone"],
      [["no/such/path"], "there is no file or folder no/such/path"],
      [["deploy/examples", "--output", "xml"], "--output is json or text, not xml"],
      [["deploy/examples", "--verbose"], "--verbose is not known"],
    ] as const
  ) {
    const { code, error } = await runCheck(args);
    assertEquals([code, error?.includes(said)], [2, true], error);
  }
});

Deno.test("a route that asks for default Gateways is told that there are none", async () => {
  assertEquals(await problemsOf(routeOf("  useDefaultGateways: All\n")), [
    "warning 17:1 spec.parentRefs: the route is attached to nothing: it asks for default Gateways, " +
    "and no Gateway is one here",
  ]);
});

Deno.test("problems of many objects of one file are placed without reading it again for each", async () => {
  const route = (name: string) =>
    `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: g }]
  rules: [{ backendRefs: [{ name: gone, port: 80 }] }]
`;
  const routes = Array.from({ length: 200 }, (_, index) => route(`r${index}`));
  const text = GATEWAY + routes.join("");
  const { objects } = readText("a.yaml", text, await loadValidator());
  let reads = 0;
  const { problems } = check({ placed: joinObjects([objects]).objects, problems: [] }, {
    hostAddresses: [],
    textOf: () => {
      reads++;
      return text;
    },
  });
  assertEquals([problems.length, reads], [200, 1]);
  assertEquals(problems.map(({ line }) => line), routes.map((_, index) => 20 + 7 * index));
});
