// What people get wrong in files, and what they are told: place, message, what to write instead.

import { decodeFile } from "../../../src/control/provider/file/file_text.ts";
import { readDocument } from "../../../src/control/provider/file/read_document.ts";
import { loadValidator } from "../../../src/gatewayapi/validation/bundled.ts";
import { assertEquals, assertMatch } from "../../assert.ts";

const ROUTE = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: r }
spec:
  parentRefs: [{ name: gw }]
  rules: [{ backendRefs: [{ name: a, port: 80 }] }]
`;

const validator = await loadValidator();

/** `severity line:column message -> what to write instead`, of each problem. */
function told(source: string): string[] {
  return readDocument(source, validator).problems.map(
    ({ severity, line, column, message, fix }) =>
      `${severity} ${line}:${column} ${message}${fix === "" ? "" : ` -> ${fix}`}`,
  );
}

const nested = (depth: number) => `a: ${"[".repeat(depth)}${"]".repeat(depth)}\n`;
const laughs = "abcdef".split("").reduce(
  (text, name, index, names) =>
    text +
    `${name}: &${name} [${Array(9).fill(index === 0 ? "x" : `*${names[index - 1]}`)}]\n`,
  "",
);

const SLIPS: readonly (readonly [name: string, source: string, told: RegExp])[] = [
  [
    "a key twice",
    ROUTE.replace("spec:\n", "spec:\n  parentRefs: []\n"),
    /^error 6:3 the key parentRefs stands twice in one mapping -> keep one of the two$/,
  ],
  [
    "a quote that is never closed",
    ROUTE.replace("name: r }", 'name: "r }'),
    /^error 3:19 a quote is opened here and never closed -> close it$/,
  ],
  [
    "a tab",
    ROUTE.replace("  parentRefs", "\tparentRefs"),
    /^error 5:1 .*Tabs.* -> indent with spaces$/,
  ],
  [
    "a key that is further in",
    ROUTE.replace("  rules", "   rules"),
    /^error 6:1 .*same column -> let all keys of a mapping/,
  ],
  ["a bracket too few", "a: [\n", /^error 2:1 .* -> close it with \]$/],
  ["a billion laughs", laughs, /^error 1:1 .*its aliases .* stand for too much -> write out what/],
  ["nesting without end", nested(20_000), /^error 1:\d+ .*nested too deeply -> nothing here needs/],
  [
    "a template",
    ROUTE.replace("name: r }", "name: {{ .Release.Name }} }"),
    /^error 3:13 .*must be of type string.* -> this is a template: read what it renders to/,
  ],
  [
    "a kind in other letters",
    ROUTE.replace("HTTPRoute", "HttpRoute"),
    /^error 2:1 no matches for kind "HttpRoute".* -> write kind: HTTPRoute$/,
  ],
  [
    "a kind that there is not",
    ROUTE.replace("HTTPRoute", "HTTPRute"),
    /^error 2:1 no matches for kind "HTTPRute".* -> write kind: HTTPRoute$/,
  ],
  [
    "a group that is nearly right",
    ROUTE.replace("HTTPRoute", "Gateway").replace("networking.k8s", "networking.k8"),
    /^error 1:1 no matches for kind "Gateway" in version .* -> write apiVersion: gateway\.networking/,
  ],
  [
    "a name that an API server would make up",
    ROUTE.replace("name: r }", "generateName: r- }"),
    /^error 3:13 .*generateName.* file.* -> write name: and a name of its own/,
  ],
  [
    "an experimental kind that is nearly right",
    "apiVersion: gateway.networking.x-k8s.io/v1alpha1\nkind: XBackendTraficPolicy\nmetadata: { name: x }\n",
    /^error 2:1 no matches for kind "XBackendTraficPolicy" .* -> write kind: XBackendTrafficPolicy$/,
  ],
  [
    "a kind that has moved",
    "apiVersion: gateway.networking.x-k8s.io/v1alpha1\nkind: XListenerSet\nmetadata: { name: x }\n",
    /^warning 2:1 .*XListenerSet is no kind that RAUTA knows.* -> it has become gateway\.networking\.k8s\.io\/v1 ListenerSet$/,
  ],
  [
    "part of a value's name",
    ROUTE.replace("rules: [{", "rules: [{ matches: [{ path: { type: Prefix, value: / } }],"),
    /^error 6:\d+ .*Unsupported value: "Prefix".* -> write PathPrefix, or another of Exact, RegularExpression$/,
  ],
  [
    "the one of two",
    ROUTE.replace(
      "rules: [{",
      "rules: [{ matches: [{ headers: [{ type: RegularExpresion, name: a, value: b }] }],",
    ),
    /^error 6:\d+ .* -> write RegularExpression or Exact$/,
  ],
  [
    "the group of Ingress",
    ROUTE.replace("gateway.networking", "networking"),
    /^error 1:1 no matches for kind "HTTPRoute" .* -> write apiVersion: gateway\.networking/,
  ],
];

for (const [name, source, words] of SLIPS) {
  Deno.test(`slips: ${name}`, () => {
    const all = told(source);
    assertEquals(all.length, 1, all.join("\n"));
    assertMatch(all[0], words);
  });
}

Deno.test("slips: objects of others are left alone, with a word where their kind is ours too", () => {
  assertEquals(told("apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: d }\n"), [
    "warning 2:1 apps/v1 Deployment is no kind that RAUTA knows: it is ignored",
  ]);
  assertEquals(told("apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: { name: g }\n"), [
    "warning 2:1 networking.istio.io/v1 Gateway is no kind that RAUTA knows: it is ignored -> " +
    "where RAUTA's is meant, apiVersion: gateway.networking.k8s.io/v1",
  ]);
  assertEquals(told("apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: { name: s }\n"), [
    "warning 2:1 serving.knative.dev/v1 Service is no kind that RAUTA knows: it is ignored -> " +
    "where RAUTA's is meant, apiVersion: v1",
  ]);
});

Deno.test("slips: items of a typed list need no kind of their own, as an API server writes them", () => {
  const list = `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRouteList
items:
  - metadata: { name: r }
    spec: { rules: [{}] }
  - metadata: { name: s }
    spec: { rules: [] }
`;
  const { objects } = readDocument(list, validator);
  assertEquals(objects.map(({ kind, key }) => `${kind} ${key}`), ["HTTPRoute default/r"]);
  assertEquals(told(list).map((line) => line.slice(0, 10)), ["error 7:13"]);
  assertEquals(told("apiVersion: v1\nkind: List\nitems: [{ metadata: { name: r } }]\n").length, 1);
});

Deno.test("slips: line ends of Windows and a byte order mark are no slips", () => {
  assertEquals(told(ROUTE.replaceAll("\n", "\r\n")), []);
});

Deno.test("slips: what is no UTF-8 text is refused, not repaired", () => {
  const bytes = (...parts: (string | number[])[]) =>
    new Uint8Array(
      parts.flatMap((part) =>
        typeof part === "string" ? [...new TextEncoder().encode(part)] : part
      ),
    );
  assertEquals(decodeFile(bytes("a: caf\u00e9\n")), { text: "a: caf\u00e9\n" });
  assertEquals(decodeFile(bytes([0xef, 0xbb, 0xbf], "a: b")), { text: "a: b" });
  const fault = (file: Uint8Array) => {
    const decoded = decodeFile(file);
    return "fault" in decoded ? decoded.fault.message : decoded.text;
  };
  const latin = decodeFile(bytes("a: 1\nb: caf", [0xe9], "\n"));
  assertEquals(latin, {
    fault: { message: "this line is not UTF-8", fix: "save it as text in UTF-8", line: 2 },
  });
  assertEquals(fault(bytes([0xff, 0xfe, 0x61, 0])), "the file is in UTF-16, not in UTF-8");
  assertEquals(fault(bytes("ELF", [0], "x")), "the file is not text: its byte 4 is NUL");
});
