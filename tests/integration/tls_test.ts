// HTTPS listeners over real sockets: SNI, a changed certificate, pairs that don't fit.

import { connect, type TLSSocket } from "node:tls";
import { assertEquals } from "../assert.ts";
import {
  freePort,
  FRONT,
  routeYaml,
  serviceYaml,
  startEcho,
  startGateway,
  until,
} from "./gateway_harness.ts";

interface Pair {
  readonly certificate: string;
  readonly key: string;
}

async function makePair(name: string): Promise<Pair> {
  const folder = await Deno.makeTempDir();
  const [key, certificate] = [`${folder}/key.pem`, `${folder}/cert.pem`];
  const { success } = await new Deno.Command("openssl", {
    args: [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-keyout", key, "-out", certificate, "-days", "30", "-subj", `/CN=${name}`],
      ...["-addext", `subjectAltName=DNS:${name}`],
    ],
    stdout: "null",
    stderr: "null",
  }).output();
  if (!success) throw new Error("openssl made no certificate");
  const pair = {
    certificate: await Deno.readTextFile(certificate),
    key: await Deno.readTextFile(key),
  };
  await Deno.remove(folder, { recursive: true });
  return pair;
}

function secretYaml(name: string, { certificate, key }: Pair): string {
  return `
---
apiVersion: v1
kind: Secret
metadata: { name: ${name}, namespace: test }
type: kubernetes.io/tls
data: { tls.crt: ${btoa(certificate)}, tls.key: ${btoa(key)} }
`;
}

/** A listener for each host, which is also its Secret's name. */
function gatewayYaml(port: number, hosts: readonly string[]): string {
  const listeners = hosts.map((host) =>
    `{ name: l-${host.split(".")[0]}, protocol: HTTPS, port: ${port}, hostname: ${host}, ` +
    `tls: { certificateRefs: [{ name: ${host} }] } }`
  );
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: rauta }
spec: { controllerName: rauta.io/gateway-controller }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gate, namespace: test }
spec:
  gatewayClassName: rauta
  listeners: [${listeners.join(", ")}]
`;
}

interface Client {
  readonly socket: TLSSocket;
  /** The name in the certificate that the server showed. */
  readonly shown: string;
  get(path: string, host: string): Promise<string>;
}

function open(port: number, servername: string): Promise<Client> {
  return new Promise((resolve, reject) => {
    // Which certificate comes is the question here, not who signed it.
    const options = { host: "127.0.0.1", port, servername, rejectUnauthorized: false };
    const socket = connect(options, () => {
      const fingerprint = socket.getPeerCertificate().fingerprint256;
      resolve({
        socket,
        shown: fingerprint,
        get: (path, host) =>
          new Promise((answer, fail) => {
            let text = "";
            const take = (chunk: Uint8Array) => {
              text += new TextDecoder().decode(chunk);
              const length = /content-length: (\d+)/i.exec(text)?.[1];
              const body = text.indexOf("\r\n\r\n");
              if (body < 0 || length === undefined) return;
              if (text.length - body - 4 < Number(length)) return;
              socket.off("data", take);
              answer(text);
            };
            socket.on("data", take);
            socket.once("close", () => fail(new Error(`closed after ${text}`)));
            socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
          }),
      });
    });
    socket.once("error", reject);
  });
}

function tlsTest(name: string, test: () => Promise<void>): void {
  // The other front terminates no TLS.
  if (FRONT === "wire") Deno.test({ name, fn: test, sanitizeOps: false, sanitizeResources: false });
}

tlsTest("SNI chooses among the listeners of a port; a name that none has is refused", async () => {
  const [a, b, echo, port] = [
    await makePair("a.example"),
    await makePair("b.example"),
    startEcho("one"),
    freePort(),
  ];
  const gateway = await startGateway(port, {
    "gate.yaml": gatewayYaml(port, ["a.example", "b.example"]) + secretYaml("a.example", a) +
      secretYaml("b.example", b) + serviceYaml("one", [echo.port]) +
      routeYaml({ name: "r", rules: "[{ backendRefs: [{ name: one, port: 80 }] }]" }),
  });
  try {
    const [first, second] = [await open(port, "a.example"), await open(port, "b.example")];
    assertEquals(first.shown === second.shown, false);
    const answer = await first.get("/x", "a.example");
    assertEquals(answer.startsWith("HTTP/1.1 200"), true);
    assertEquals(
      JSON.parse(answer.slice(answer.indexOf("{"))).headers["x-forwarded-proto"],
      "https",
    );
    // The same connection again: it is kept.
    assertEquals((await first.get("/y", "a.example")).includes("/y"), true);
    const refused = await open(port, "c.example").then(() => "taken", () => "refused");
    assertEquals(refused, "refused");
    for (const { socket } of [first, second]) socket.destroy();
  } finally {
    await gateway.stop();
    await echo.close();
  }
});

tlsTest("a changed certificate is shown to who comes next, and drops no connection", async () => {
  const [old, next, echo, port] = [
    await makePair("a.example"),
    await makePair("a.example"),
    startEcho("one"),
    freePort(),
  ];
  const gateway = await startGateway(port, {
    "gate.yaml": gatewayYaml(port, ["a.example"]) + serviceYaml("one", [echo.port]) +
      routeYaml({ name: "r", rules: "[{ backendRefs: [{ name: one, port: 80 }] }]" }),
    "secret.yaml": secretYaml("a.example", old),
  });
  try {
    const before = await open(port, "a.example");
    await gateway.edit("secret.yaml", secretYaml("a.example", next));
    const after = await until(
      "the new certificate is shown",
      () => open(port, "a.example"),
      ({ shown }) => shown !== before.shown,
    );
    assertEquals((await before.get("/x", "a.example")).startsWith("HTTP/1.1 200"), true);
    assertEquals((await after.get("/x", "a.example")).startsWith("HTTP/1.1 200"), true);
    for (const { socket } of [before, after]) socket.destroy();
  } finally {
    await gateway.stop();
    await echo.close();
  }
});

tlsTest("a key that does not fit its certificate is refused, and says so", async () => {
  const [a, b, port] = [await makePair("a.example"), await makePair("b.example"), freePort()];
  const gateway = await startGateway(port, {
    "gate.yaml": gatewayYaml(port, ["a.example", "b.example"]) +
      secretYaml("a.example", { certificate: a.certificate, key: b.key }) +
      secretYaml("b.example", b),
  });
  try {
    const text = JSON.stringify(await gateway.status());
    assertEquals(text.includes("does not belong to the certificate"), true);
    assertEquals(text.includes("PRIVATE KEY"), false);
    const { socket } = await open(port, "b.example");
    socket.destroy();
  } finally {
    await gateway.stop();
  }
});
