// HTTPRoute fields that are not served yet: each of the specification's sentences about them has a
// case that shows the refusal, in the status and to the request. A field that comes to be served
// fails its case, which then has to make room for cases of the behaviour itself.

import { assertEquals, assertMatch } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { ACCEPTED, gateway, goesTo, route, to, world } from "./world.ts";

/** The rule is refused for what it states in `field`, and requests that it matches answered 500. */
async function refuses(rule: string, field: RegExp): Promise<void> {
  const good = to("b", "path: { value: /good }");
  const alone = await world(gateway(), route("name: r", `rules: [${rule}]`));
  assertEquals(alone.problems, []);
  assertEquals(alone.condition("r", ACCEPTED), "False UnsupportedValue");
  assertMatch(alone.message("r", ACCEPTED), field);
  const among = await world(gateway(), route("name: r", `rules: [${rule}, ${good}]`));
  assertEquals(among.condition("r", ACCEPTED), "True Accepted");
  assertEquals(goesTo(among, "GET a.test/", "GET a.test/good"), ["500", "b"]);
}

const withFilter = (filter: string) => to("a", "", `filters: [{ ${filter} }]`);
const ofBackend = (filter: string) =>
  `{ backendRefs: [{ name: a, port: 80, filters: [{ ${filter} }] }] }`;

const CORS = "type: CORS, cors: { allowOrigins: ['https://a.test'], allowMethods: [GET], " +
  "allowHeaders: [x-a], exposeHeaders: [x-b], allowCredentials: true, maxAge: 5 }";
const AUTH = (more: string) =>
  `type: ExternalAuth, externalAuth: { backendRef: { name: a, port: 80 }, ${more} }`;
const MIRROR = "type: RequestMirror, requestMirror: { backendRef: { name: b, port: 80 } }";

export const UNSERVED: readonly SentenceCase[] = [
  {
    name: "CORS is not served on a backendRef: its rule is refused",
    quotes: [],
    prove: () => refuses(ofBackend(CORS), /backendRefs\[0\]\.filters\[0\]\.type CORS/),
  },
  {
    name: "ExternalAuth is not served: its rule is refused, and fails closed",
    quotes: [
      "When empty or unspecified, no prefix is added.",
      "The external service MUST authenticate the request, and MAY authorize the request as well.",
      "If there is any problem communicating with the external service, this filter MUST fail closed.",
      "The backend must speak the selected protocol (GRPC or HTTP) on the referenced port.",
      "ForwardBody controls if requests to the authorization server should include the body of the client request; and if so, how big that body is allowed to be.",
      "It is expected that implementations will buffer the request body up to `forwardBody.maxSize` bytes.",
      "Bodies over that size must be rejected with a 4xx series error (413 or 403 are common examples), and fail processing of the filter.",
      "If unset, or `forwardBody.maxSize` is set to `0`, then the body will not be forwarded.",
      "If the body size is larger than `maxSize`, then the body sent to the authorization server must be truncated to `maxSize` bytes.",
      "If unset, implementations must assume the default behavior for each included field is intended.",
      "If this list is empty, then all headers must be sent.",
      "If the list has entries, only those entries must be sent.",
      "The following headers must always be sent to the authorization server, regardless of this setting: `Host`",
      "The following headers must always be sent to the authorization server, regardless of this setting: `Method`",
      "The following headers must always be sent to the authorization server, regardless of this setting: `Path`",
      "The following headers must always be sent to the authorization server, regardless of this setting: `Content-Length`",
      "The following headers must always be sent to the authorization server, regardless of this setting: `Authorization`",
      "If this list is empty, then only those headers must be sent.",
      "Note that `Content-Length` has a special behavior, in that the length sent must be correct for the actual request to the external authorization server - that is, it must reflect the actual number of bytes sent in the body of the request to the authorization server.",
      "So if the `forwardBody` stanza is unset, or `forwardBody.maxSize` is set to `0`, then `Content-Length` must be `0`.",
      "If `forwardBody.maxSize` is set to anything other than `0`, then the `Content-Length` of the authorization request must be set to the actual number of bytes forwarded.",
      "If this list is empty, then all headers from the authorization server except Authority or Host must be copied.",
      "Even with the validation, implementations MUST sanitize this input before using it directly.",
      "When this is set to GRPC, each backend must use the Envoy ext_authz protocol on the port specified in `backendRefs`.",
      "When this is set to HTTP, each backend must respond with a `200` status code in on a successful authorization.",
      "Any other code is considered an authorization failure.",
    ],
    async prove() {
      const http = AUTH(
        "protocol: HTTP, http: { path: /auth, allowedHeaders: [x] }, " +
          "forwardBody: { maxSize: 1024 }",
      );
      const grpc = AUTH("protocol: GRPC, grpc: { allowedHeaders: [x] }");
      for (const filter of [http, grpc]) {
        await refuses(withFilter(filter), /filters\[0\]\.type ExternalAuth is not supported/);
      }
      await refuses(ofBackend(http), /backendRefs\[0\]\.filters\[0\]\.type ExternalAuth/);
    },
  },
  {
    name: "RequestMirror is not served: its rule is refused",
    quotes: [
      "Only one of Fraction or Percent may be specified.",
      "If neither field is specified, 100% of requests will be mirrored.",
      "Requests are sent to the specified destination, but responses from that destination are ignored.",
      "Note that not all implementations will be able to support mirroring to multiple backends.",
      "Mirrored requests must be sent only to a single destination endpoint within this BackendRef, irrespective of how many endpoints are present within this BackendRef.",
      "If the referent cannot be found, this BackendRef is invalid and must be dropped from the Gateway.",
      'The controller must ensure the "ResolvedRefs" condition on the Route status is set to `status: False` and not configure this backend in the underlying implementation.',
      'If there is a cross-namespace reference to an *existing* object that is not allowed by a ReferenceGrant, the controller must ensure the "ResolvedRefs" condition on the Route is set to `status: False`, with the "RefNotPermitted" reason and not configure this backend in the underlying implementation.',
      "In either error case, the Message of the `ResolvedRefs` Condition should be used to provide more detail about the problem.",
      "Fraction represents the fraction of requests that should be mirrored to BackendRef.",
      "Percent represents the percentage of requests that should be mirrored to BackendRef.",
    ],
    async prove() {
      await refuses(withFilter(MIRROR), /filters\[0\]\.type RequestMirror is not supported/);
      await refuses(withFilter(MIRROR.replace(" }", " }, percent: 5")), /RequestMirror/);
      await refuses(ofBackend(MIRROR), /backendRefs\[0\]\.filters\[0\]\.type RequestMirror/);
    },
  },
  {
    name: "sessionPersistence is not served: its rule is refused",
    quotes: [
      'When set to "Permanent", AbsoluteTimeout indicates the cookie\'s lifetime via the Expires or Max-Age cookie attributes and is required.',
      'Defaults to "Session".',
      "Users should avoid reusing session names to prevent unintended consequences, such as rejection or unpredictable behavior.",
      "Defaults to cookie based session persistence.",
    ],
    async prove() {
      const persistent = (more: string) => to("a", "", `sessionPersistence: { ${more} }`);
      await refuses(
        persistent("sessionName: s, type: Cookie"),
        /spec\.rules\[0\]\.sessionPersistence is not supported/,
      );
      const permanent = persistent("cookieConfig: { lifetimeType: Permanent }");
      const made = await world(gateway(), route("name: r", `rules: [${permanent}]`));
      assertMatch(made.problems.join(), /AbsoluteTimeout must be specified/);
    },
  },
  {
    name: "no Gateway is a default one: useDefaultGateways attaches a route to nothing",
    quotes: [
      "If unset (the default) or set to None, the Route will not be attached to any default Gateway; if set, it will be attached to any default Gateway supporting the named scope, subject to the usual rules about which Routes a Gateway is allowed to claim.",
      "The set of default Gateways supporting the requested scope can change over time without any notice to the Route author, and in many situations it will not be appropriate to request a default Gateway for a given Route -- for example, a Route with specific security requirements should almost certainly not use a default Gateway.",
    ],
    async prove() {
      for (const scope of ["None", "All"]) {
        const made = await world(
          gateway(),
          `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: r }
spec: { useDefaultGateways: ${scope}, rules: [${to("a")}] }
`,
        );
        assertEquals([made.problems, made.parents("r")], [[], []]);
        assertEquals(goesTo(made, "GET a.test/"), ["404"]);
      }
    },
  },
];
