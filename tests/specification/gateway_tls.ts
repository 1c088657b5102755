// TLS settings of a Gateway and its listeners: the specification's sentences, and what shows that they
// hold, or that what they are about is refused.

import { assertEquals, assertMatch } from "../assert.ts";
import { makePair, type Pair, secretYaml } from "../integration/certificates.ts";
import {
  freePort,
  routeYaml,
  serviceYaml,
  startEcho,
  startGateway,
} from "../integration/gateway_harness.ts";
import { openTls } from "../integration/tls_client.ts";
import { gatewayYaml } from "../integration/tls_stage.ts";
import type { SentenceCase } from "./cases.ts";
import { ACCEPTED, gateway, RESOLVED, route, to, unvalidated, type World, world } from "./world.ts";

function https(tls: string, protocol = "HTTPS"): string {
  return gateway(`{ name: x, protocol: ${protocol}, port: 443, tls: { ${tls} } }`);
}

function withRef(ref: string): string {
  return https(`certificateRefs: [{ ${ref} }]`);
}

/** As a document of its own, which `world` puts between others. */
function secret(name: string, pair: Pair, namespace = "default"): string {
  return secretYaml(name, pair, namespace).replace("\n---\n", "");
}

const resolved = (made: World) => made.listener("gw", "x", RESOLVED);

/** A Gateway with an HTTPS listener that asks for more by `spec.tls`. */
function withTls(tls: string): string {
  return withRef("name: cert").replace("spec: {", `spec: { tls: { ${tls} },`);
}

export const GATEWAY_TLS: readonly SentenceCase[] = [
  {
    name: "tls goes with HTTPS and with no protocol that has none",
    quotes: [
      'This field is required if the Protocol field is "HTTPS" or "TLS".',
      'It is invalid to set this field if the Protocol field is "HTTP", "TCP", or "UDP".',
      'This field is required to have at least one element when the mode is set to "Terminate" (default) and is optional otherwise.',
    ],
    async prove() {
      const bare = await world(gateway("{ name: x, protocol: HTTPS, port: 443 }"));
      assertEquals(resolved(bare), "False InvalidCertificateRef");
      assertEquals(bare.snapshot.listeners, []);
      for (const protocol of ["HTTP", "TCP", "UDP"]) {
        const made = await world(https("certificateRefs: [{ name: cert }]", protocol));
        assertMatch(made.problems.join(), /tls must not be specified for protocols/);
      }
      const none = await world(https("certificateRefs: []"));
      assertMatch(none.problems.join(), /certificateRefs or options must be specified/);
    },
  },
  {
    name: "a certificate is a Secret: of the own namespace, or of one that grants it",
    quotes: [
      "When unspecified or empty string, core API group is inferred.",
      "When unspecified, the local namespace is inferred.",
      "The API object must be valid in the cluster; the Group and Kind must be registered in the cluster for this reference to be valid.",
      "References to objects with invalid Group and Kind are not valid, and must be rejected by the implementation, with appropriate Conditions set on the containing object.",
      "Note that when a namespace different than the local namespace is specified, a ReferenceGrant object is required in the referent namespace to allow that namespace's owner to accept the reference.",
      'If a ReferenceGrant does not allow this reference, the "ResolvedRefs" condition MUST be set to False for this listener with the "RefNotPermitted" reason.',
    ],
    async prove() {
      const pair = await makePair("a.test");
      const own = await world(withRef("name: cert"), secret("cert", pair));
      assertEquals(resolved(own), "True ResolvedRefs");
      for (
        const ref of [
          "name: gone",
          'name: cert, group: "", kind: ConfigMap',
          "name: cert, group: a.b",
        ]
      ) {
        const made = await world(withRef(ref), secret("cert", pair));
        assertEquals(resolved(made), "False InvalidCertificateRef", ref);
      }
      const far = await world(withRef("name: cert, namespace: far"), secret("cert", pair, "far"));
      assertEquals(resolved(far), "False RefNotPermitted");
    },
  },
  {
    name: "several certificates are served, each to those who ask for its names, the longest first",
    quotes: [
      "The GatewayClass MUST use the longest matching SNI out of all available certificates for any TLS handshake.",
      "Implementations MAY choose to support attaching multiple certificates to a Listener, but this behavior is implementation-specific.",
    ],
    async prove() {
      const names = ["*.example", "a.b.example", "*.b.example"];
      const pairs = await Promise.all(names.map((name) => makePair(name)));
      const port = freePort();
      const echo = startEcho("one");
      const secrets = names.map((_, index) => `s${index}`);
      const yaml = gatewayYaml(port, [{ name: "all", secrets }]) + serviceYaml("one", [echo.port]) +
        routeYaml({ name: "r", rules: "[{ backendRefs: [{ name: one, port: 80 }] }]" });
      const files = {
        "gate.yaml": yaml,
        "secrets.yaml": pairs.map((pair, index) => secretYaml(secrets[index], pair)).join(""),
      };
      const running = await startGateway(port, files, { RAUTA_WORKERS: "1", RAUTA_FRONT: "wire" });
      try {
        for (
          const [asked, served] of [["x.example", 0], ["a.b.example", 1], [
            "x.b.example",
            2,
          ]] as const
        ) {
          const client = await openTls(port, asked);
          assertEquals(client.socket.getPeerCertificate().subject.CN, names[served], asked);
          client.close();
        }
      } finally {
        await running.stop(200);
        await echo.close();
      }
    },
  },
  {
    name: "Passthrough is of protocol TLS, which is not served",
    quotes: ["The certificateRefs field is ignored in this mode."],
    async prove() {
      const made = await world(
        https("mode: Passthrough, certificateRefs: [{ name: gone }]", "TLS"),
      );
      assertEquals(made.listener("gw", "x", ACCEPTED), "False UnsupportedProtocol");
      assertEquals(resolved(made), "True ResolvedRefs");
    },
  },
  {
    name: "options are refused, whatever their names: none is known",
    quotes: [
      "A set of common keys MAY be defined by the API in the future.",
      "To avoid any ambiguity, implementation-specific definitions MUST use domain-prefixed names, such as `example.com/my-custom-option`.",
    ],
    async prove() {
      const pair = await makePair("a.test");
      for (const option of ["min_version", "example.com/my-custom-option"]) {
        const tls = `options: { ${option}: x }, certificateRefs: [{ name: cert }]`;
        const made = await unvalidated(https(tls), secret("cert", pair));
        assertEquals(made.listener("gw", "x", ACCEPTED), "False UnsupportedValue", option);
      }
    },
  },
  {
    name: "client certificates are not asked for here: HTTPS listeners that should are not served",
    quotes: [
      "AllowValidOnly: In this mode, the gateway will accept connections only if the client presents a valid certificate.",
      "AllowInsecureFallback: In this mode, the gateway will accept connections even if the client certificate is not presented or fails verification.",
      "Setting this field will result in mutual authentication when connecting to the gateway.",
      "A CACertificateRef is invalid if: It refers to a resource that cannot be resolved (e.g., the referenced resource does not exist) or is misconfigured (e.g., a ConfigMap does not contain a key named `ca.crt`).",
      "A CACertificateRef is invalid if: In this case, the Reason on all matching HTTPS listeners must be set to `InvalidCACertificateRef` and the Message of the Condition must indicate which reference is invalid and why.",
      "A CACertificateRef is invalid if: It refers to an unknown or unsupported kind of resource.",
      "A CACertificateRef is invalid if: In this case, the Reason on all matching HTTPS listeners must be set to `InvalidCACertificateKind` and the Message of the Condition must explain which kind of resource is unknown or unsupported.",
      "A CACertificateRef is invalid if: It refers to a resource in another namespace UNLESS there is a ReferenceGrant in the target namespace that allows the CA certificate to be attached.",
      "A CACertificateRef is invalid if: If a ReferenceGrant does not allow this reference, the `ResolvedRefs` on all matching HTTPS listeners condition MUST be set with the Reason `RefNotPermitted`.",
      "In all cases, the implementation MUST ensure that the `ResolvedRefs` condition is set to `status: False` on all targeted listeners (i.e., listeners serving HTTPS on a matching port).",
      "The condition MUST include a Reason and Message that indicate the cause of the error.",
      "If ALL CACertificateRefs are invalid, the implementation MUST also ensure the `Accepted` condition on the listener is set to `status: False`, with the Reason `NoValidCACertificate`.",
      "Implementations MAY choose to support attaching multiple CA certificates to a listener, but this behavior is implementation-specific.",
      "This certificate must successfully pass validation against the CA certificates specified in `CACertificateRefs`.",
      "It should be used in testing environments or on a temporary basis in non-testing environments.",
      "Defaults to AllowValidOnly.",
      "Implementations MAY choose to perform further validation of the certificate content (e.g., checking expiry or enforcing specific formats).",
      "In such cases, an implementation-specific Reason and Message MUST be set.",
    ],
    async prove() {
      const pair = await makePair("a.test");
      const reference = '{ group: "", kind: ConfigMap, name: ca }';
      for (const mode of ["", "mode: AllowInsecureFallback, "]) {
        const validation = `validation: { ${mode}caCertificateRefs: [${reference}] }`;
        for (
          const frontend of [
            `default: { ${validation} }`,
            `default: {}, perPort: [{ port: 443, tls: { ${validation} } }]`,
          ]
        ) {
          const made = await world(withTls(`frontend: { ${frontend} }`), secret("cert", pair));
          assertEquals(made.problems, []);
          assertEquals(made.listener("gw", "x", ACCEPTED), "False UnsupportedValue");
          assertEquals(made.snapshot.listeners, []);
        }
        const elsewhere = `default: {}, perPort: [{ port: 444, tls: { ${validation} } }]`;
        const made = await world(withTls(`frontend: { ${elsewhere} }`), secret("cert", pair));
        assertEquals(made.listener("gw", "x", ACCEPTED), "True Accepted", "another port's");
      }
    },
  },
  {
    name: "RAUTA shows backends no certificate: a Gateway that names one is not accepted",
    quotes: [
      "Note that this contains only details for the Gateway as a TLS client, and does _not_ imply behavior about how to choose which backend should get a TLS connection.",
      "A ClientCertificateRef is considered invalid if: It refers to a resource that cannot be resolved (e.g., the referenced resource does not exist) or is misconfigured (e.g., a Secret does not contain the keys named `tls.crt` and `tls.key`).",
      "A ClientCertificateRef is considered invalid if: In this case, the `ResolvedRefs` condition on the Gateway MUST be set to False with the Reason `InvalidClientCertificateRef` and the Message of the Condition MUST indicate why the reference is invalid.",
      "A ClientCertificateRef is considered invalid if: It refers to a resource in another namespace UNLESS there is a ReferenceGrant in the target namespace that allows the certificate to be attached.",
      "A ClientCertificateRef is considered invalid if: If a ReferenceGrant does not allow this reference, the `ResolvedRefs` condition on the Gateway MUST be set to False with the Reason `RefNotPermitted`.",
    ],
    async prove() {
      const pair = await makePair("a.test");
      const made = await world(
        withTls("backend: { clientCertificateRef: { name: gone } }"),
        secret("cert", pair),
        route("name: r", `rules: [${to("a")}]`),
      );
      const { shown, message } = made.gateway("gw", ACCEPTED);
      assertEquals(shown, "False Invalid");
      assertMatch(message!, /spec\.tls\.backend\.clientCertificateRef is not supported/);
      assertEquals(made.snapshot.listeners, []);
    },
  },
];
