// HTTPS listeners while their certificates, grants and listeners change under open connections.

import { assertEquals } from "../assert.ts";
import { makePair, makePairOf, secretYaml } from "./certificates.ts";
import { serviceYaml, startBackend, until } from "./gateway_harness.ts";
import { handshake, openTls, statusOf, type TlsClient } from "./tls_client.ts";
import { gatewayYaml, tlsTest } from "./tls_stage.ts";

const [old, next, other] = await Promise.all([
  makePair("a.example"),
  makePair("a.example"),
  makePair("b.example"),
]);

const ONE = {
  listeners: [{ name: "a", hostname: "a.example", secrets: ["a"] }],
  files: { "secret.yaml": secretYaml("a", old) },
};

tlsTest(
  "a changed certificate is shown to who comes next, and drops no connection",
  () => ONE,
  async ({ gateway, port }) => {
    const before = await openTls(port, "a.example");
    await gateway.edit("secret.yaml", secretYaml("a", next));
    const after = await until(
      "the new certificate is shown",
      () => openTls(port, "a.example"),
      ({ shown }) => shown !== before.shown,
    );
    for (const client of [before, after]) {
      assertEquals(statusOf(await client.get("/x", "a.example")), 200);
      client.close();
    }
  },
);

tlsTest(
  "a response under way when the certificate changes comes to its end",
  () => ONE,
  async ({ gateway, port }) => {
    const gate = Promise.withResolvers<void>();
    const backend = startBackend(() => {
      const body = new ReadableStream({
        async start(controller) {
          controller.enqueue(new TextEncoder().encode("first "));
          await gate.promise;
          controller.enqueue(new TextEncoder().encode("last"));
          controller.close();
        },
      });
      return new Response(body, { headers: { "content-length": "10" } });
    });
    try {
      const was = await openTls(port, "a.example");
      await gateway.edit("services.yaml", serviceYaml("two", [backend.port]) + SLOW_ROUTE);
      const slow = await until(
        "the slow route answers",
        () => askSlowly(port),
        ({ text }) => /content-length: 10\r/i.test(text()),
      );
      await gateway.edit("secret.yaml", secretYaml("a", next));
      const after = await until(
        "the new certificate is shown",
        () => openTls(port, "a.example"),
        ({ shown }) => shown !== was.shown,
      );
      assertEquals(slow.text().endsWith("last"), false);
      gate.resolve();
      await until("the rest arrives", slow.text, (text) => text.endsWith("\r\n\r\nfirst last"));
      for (const client of [was, slow.client, after]) client.close();
    } finally {
      gate.resolve();
      await backend.close();
    }
  },
);

/** A request whose response is kept as it comes, once its beginning is there. */
async function askSlowly(port: number): Promise<{ client: TlsClient; text: () => string }> {
  const client = await openTls(port, "a.example");
  let text = "";
  const begun = Promise.withResolvers<void>();
  client.socket.on("data", (chunk: Uint8Array) => {
    text += new TextDecoder().decode(chunk);
    begun.resolve();
  });
  client.socket.write("GET /slow HTTP/1.1\r\nHost: a.example\r\n\r\n");
  await begun.promise;
  return { client, text: () => text };
}

const SLOW_ROUTE = `
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: slow, namespace: test }
spec:
  parentRefs: [{ name: gate }]
  rules:
    - matches: [{ path: { type: PathPrefix, value: /slow } }]
      backendRefs: [{ name: two, port: 80 }]
`;

tlsTest(
  "a Secret that goes bad keeps the pair before it serving, and its status says what is wrong",
  () => ONE,
  async ({ gateway, port, becomes, condition }) => {
    const { shown } = await openTls(port, "a.example").then((client) => {
      client.close();
      return client;
    });
    const bad: readonly (readonly [string, { certificate: string; key: string }])[] = [
      ["tls.key does not belong to the certificate", {
        certificate: old.certificate,
        key: other.key,
      }],
      ["tls.crt is no PEM certificate", { certificate: "hello", key: old.key }],
      ["tls.key is no PEM private key", { certificate: old.certificate, key: "hello" }],
    ];
    for (const [says, pair] of bad) {
      await gateway.edit("secret.yaml", secretYaml("a", pair));
      await becomes("a", "ResolvedRefs", `False InvalidCertificateRef: Secret test/a: ${says}`);
      const text = await condition("a", "ResolvedRefs");
      assertEquals(text.endsWith("; the pair before it is served on"), true);
      assertEquals(text.includes("PRIVATE KEY"), false);
      assertEquals((await condition("a", "Programmed")).startsWith("Programmed=True"), true);
      const client = await openTls(port, "a.example");
      assertEquals(client.shown, shown);
      assertEquals(statusOf(await client.get("/", "a.example")), 200);
      client.close();
    }
    await gateway.edit("secret.yaml", secretYaml("a", next));
    await becomes("a", "ResolvedRefs", "True");
    const client = await openTls(port, "a.example");
    assertEquals(client.shown === shown, false);
    client.close();
  },
);

tlsTest("a Secret that is deleted takes its listener with it, at once", () => ({
  ...ONE,
  listeners: [...ONE.listeners, { name: "b", hostname: "b.example", secrets: ["b"] }],
  files: { ...ONE.files, "b.yaml": secretYaml("b", other) },
}), async ({ gateway, port, becomes, condition }) => {
  assertEquals(await handshake(port, "a.example"), "taken");
  await Deno.remove(`${gateway.folder}/secret.yaml`);
  await becomes("a", "ResolvedRefs", "False InvalidCertificateRef: Secret test/a does not exist");
  assertEquals((await condition("a", "Programmed")).startsWith("Programmed=False Invalid"), true);
  assertEquals(await handshake(port, "a.example"), "refused");
  assertEquals(await handshake(port, "b.example"), "taken");
});

tlsTest(
  "what a status says is so for who connects then, however late a worker hears of it",
  () => ({
    ...ONE,
    files: { "secret.yaml": secretYaml("a", other) },
    // A worker that waits in the kernel would not be woken by a timer of the test's.
    env: { RAUTA_SOCKETS: "runtime" },
    workerUrl: new URL("./workers/late_worker.ts", import.meta.url),
  }),
  async ({ gateway, port, becomes }) => {
    const before = await openTls(port, "a.example");
    const { lastGoodGeneration } = await gateway.status();
    await gateway.edit("secret.yaml", secretYaml("a", old));
    await until("it is served", () => gateway.status(), (now) => {
      return now.lastGoodGeneration > lastGoodGeneration;
    });
    const after = await openTls(port, "a.example");
    assertEquals(after.shown === before.shown, false);
    for (const client of [before, after]) client.close();
    await Deno.remove(`${gateway.folder}/secret.yaml`);
    await becomes("a", "Programmed", "False Invalid");
    assertEquals(await handshake(port, "a.example"), "refused");
  },
);

function grant(namespace: string): string {
  return `
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: { name: certificates, namespace: vault }
spec:
  from: [{ group: gateway.networking.k8s.io, kind: Gateway, namespace: ${namespace} }]
  to: [{ group: "", kind: Secret }]
`;
}

tlsTest("a ReferenceGrant is given and taken away while serving", () => ({
  listeners: [
    { name: "a", hostname: "a.example", secrets: ["vault/a"] },
    { name: "b", hostname: "b.example", secrets: ["b"] },
  ],
  files: {
    "secrets.yaml": secretYaml("a", old, "vault") + secretYaml("b", other),
    "grant.yaml": grant("nobody"),
  },
}), async ({ gateway, port, becomes }) => {
  await becomes("a", "ResolvedRefs", "False RefNotPermitted");
  assertEquals(await handshake(port, "a.example"), "refused");
  for (let round = 0; round < 2; round++) {
    await gateway.edit("grant.yaml", grant("test"));
    await becomes("a", "ResolvedRefs", "True");
    const client = await openTls(port, "a.example");
    const bystander = await openTls(port, "b.example");
    await gateway.edit("grant.yaml", grant("nobody"));
    await becomes("a", "ResolvedRefs", "False RefNotPermitted");
    assertEquals(await handshake(port, "a.example"), "refused");
    // The listener is gone: its host is nobody's any more, on connections that are there too.
    assertEquals(statusOf(await client.get("/", "a.example")), 404);
    assertEquals(statusOf(await bystander.get("/", "b.example")), 200);
    for (const each of [client, bystander]) each.close();
  }
});

tlsTest("listeners come and go on an open port, and connections of others stay", () => ({
  listeners: [{ name: "a", hostname: "a.example", secrets: ["a"] }],
  files: { "secrets.yaml": secretYaml("a", old) + secretYaml("b", other) },
}), async ({ gateway, port }) => {
  const kept = await openTls(port, "a.example");
  const yaml = await Deno.readTextFile(`${gateway.folder}/gate.yaml`);
  const both = gatewayYaml(port, [
    { name: "a", hostname: "a.example", secrets: ["a"] },
    { name: "b", hostname: "b.example", secrets: ["b"] },
  ]);
  const rest = yaml.slice(yaml.indexOf("---", yaml.indexOf("kind: Gateway\n")));
  await gateway.edit("gate.yaml", both + rest);
  await until("b is served", () => handshake(port, "b.example"), (was) => was === "taken");
  assertEquals(statusOf(await kept.get("/", "a.example")), 200);
  await gateway.edit("gate.yaml", yaml);
  await until("b is gone", () => handshake(port, "b.example"), (was) => was === "refused");
  assertEquals(statusOf(await kept.get("/", "a.example")), 200);
  kept.close();
});

tlsTest(
  "pairs of every kind that is served, and what is said of the others",
  () => ONE,
  async ({ gateway, port, becomes }) => {
    for (const kind of ["rsa", "p384", "p521", "ed25519", "ec"] as const) {
      const { certificate, key } = await makePairOf({ names: ["a.example"], kind });
      const before = await gateway.status();
      await gateway.edit("secret.yaml", secretYaml("a", { certificate, key }));
      await until(
        `a certificate of kind ${kind} is taken`,
        () => gateway.status(),
        ({ lastGoodGeneration }) => lastGoodGeneration > before.lastGoodGeneration,
      );
      await becomes("a", "ResolvedRefs", "True");
      const client = await openTls(port, "a.example");
      assertEquals([kind, statusOf(await client.get("/", "a.example"))], [kind, 200]);
      client.close();
    }
  },
);
