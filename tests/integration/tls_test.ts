// HTTPS listeners over real sockets: who answers which name, which certificate, and what is refused.

import { assertEquals } from "../assert.ts";
import { helloMessage, records, usualExtensions } from "../unit/core/client_hello_bytes.ts";
import { alpn, versions } from "../unit/core/client_hello_bytes.ts";
import { makeChain, makePair, makePairOf, secretYaml } from "./certificates.ts";
import { alertFor, exchangeRaw, handshake, openTls, statusOf } from "./tls_client.ts";
import { freePort, FRONT, startEcho, startGateway, until } from "./gateway_harness.ts";
import { tlsTest } from "./tls_stage.ts";

const DECODE_ERROR = 50;
const PROTOCOL_VERSION = 70;
const UNRECOGNIZED_NAME = 112;
const NO_APPLICATION_PROTOCOL = 120;

const [a, wild, any] = await Promise.all([
  makePair("a.example"),
  makePair("*.w.example"),
  makePair("any.example"),
]);

const HOSTS = {
  listeners: [
    { name: "a", hostname: "a.example", secrets: ["a"] },
    { name: "wild", hostname: "*.w.example", secrets: ["wild"] },
  ],
  files: { "secrets.yaml": secretYaml("a", a) + secretYaml("wild", wild) },
};

const HOSTS_AND_ANY = {
  listeners: [...HOSTS.listeners, { name: "any", secrets: ["any"] }],
  files: { "secrets.yaml": HOSTS.files["secrets.yaml"] + secretYaml("any", any) },
};

tlsTest(
  "SNI chooses the listener; a name that none takes, or none at all, is refused",
  () => HOSTS,
  async ({ port }) => {
    const first = await openTls(port, "a.example");
    const second = await openTls(port, "x.w.example");
    const deep = await openTls(port, "x.y.w.example");
    assertEquals(first.shown === second.shown, false);
    assertEquals(second.shown, deep.shown);
    const answer = await first.get("/x", "a.example");
    assertEquals(statusOf(answer), 200);
    const { headers } = JSON.parse(answer.slice(answer.indexOf("{")));
    assertEquals(headers["x-forwarded-proto"], "https");
    // The same connection again: it is kept.
    assertEquals((await first.get("/y", "a.example")).includes("/y"), true);
    for (const client of [first, second, deep]) client.close();
    for (const name of ["c.example", "w.example", "aa.example", undefined]) {
      assertEquals([name, await handshake(port, name)], [name, "refused"]);
    }
  },
);

tlsTest(
  "a listener without hostname takes every other name, and clients that name none",
  () => HOSTS_AND_ANY,
  async ({ port }) => {
    const [named, unnamed, other] = [
      await openTls(port, "c.example"),
      await openTls(port, undefined),
      await openTls(port, "a.example"),
    ];
    assertEquals(named.shown, unnamed.shown);
    assertEquals(named.shown === other.shown, false);
    assertEquals(statusOf(await named.get("/", "c.example")), 200);
    assertEquals(statusOf(await unnamed.get("/", "127.0.0.1")), 200);
    for (const client of [named, unnamed, other]) client.close();
  },
);

/** [SNI, Host, status]: "If another Listener does match the Host, the Gateway SHOULD return a 421". */
const MISDIRECTED: readonly (readonly [string | undefined, string, number])[] = [
  ["a.example", "a.example", 200],
  ["a.example", "A.EXAMPLE:443", 200],
  ["a.example", "x.w.example", 421],
  ["a.example", "c.example", 421],
  ["x.w.example", "y.w.example", 200],
  ["x.w.example", "a.example", 421],
  ["c.example", "d.example", 200],
  ["c.example", "a.example", 421],
  [undefined, "c.example", 200],
  [undefined, "a.example", 421],
];

tlsTest(
  "a request for a host of another listener than the connection's is answered 421",
  () => HOSTS_AND_ANY,
  async ({ port, gateway }) => {
    for (const [name, host, status] of MISDIRECTED) {
      const client = await openTls(port, name);
      assertEquals([name, host, statusOf(await client.get("/", host))], [name, host, status]);
      client.close();
    }
    const wrong = MISDIRECTED.filter(([, , status]) => status === 421).length;
    const line = `rauta_failures_total{source="downstream",reason="misdirected"} ${wrong}`;
    // Counted once the response is sent, which may be after it has arrived.
    await until(line, () => gateway.metrics(), (page) => page.includes(line));
  },
);

tlsTest(
  "a host that no listener takes is answered 404 all the same",
  () => HOSTS,
  async ({ port }) => {
    const client = await openTls(port, "a.example");
    assertEquals(statusOf(await client.get("/", "a.example")), 200);
    assertEquals(statusOf(await client.get("/", "c.example")), 404);
    client.close();
  },
);

tlsTest("listeners whose hostnames overlap say so", () => HOSTS_AND_ANY, async ({ condition }) => {
  for (const name of ["a", "wild", "any"]) {
    const text = await condition(name, "OverlappingTLSConfig");
    assertEquals(text.startsWith("OverlappingTLSConfig=True OverlappingHostnames"), true);
  }
});

tlsTest(
  "what is no handshake is refused by name, and costs its own connection only",
  () => HOSTS,
  async ({ port, gateway }) => {
    const hello = (extensions: readonly number[]) => records(helloMessage({ extensions }));
    const http = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    const plain = new TextDecoder().decode(await exchangeRaw(port, http));
    assertEquals(plain.startsWith("HTTP/1.1 400 Bad Request\r\n"), true);
    assertEquals(plain.endsWith("this port speaks HTTPS, not HTTP\n"), true);
    assertEquals(await exchangeRaw(port, Uint8Array.from([0, 1, 2])), new Uint8Array());
    assertEquals(await alertFor(port, hello(usualExtensions("c.example"))), UNRECOGNIZED_NAME);
    assertEquals(await alertFor(port, hello(usualExtensions("a b"))), DECODE_ERROR);
    assertEquals(
      await alertFor(port, records(helloMessage({ version: 0x0302 }))),
      PROTOCOL_VERSION,
    );
    assertEquals(await alertFor(port, hello(versions([0x0302, 0x0301]))), PROTOCOL_VERSION);
    const h2 = [...alpn(["h2"]), ...versions([0x0304])];
    assertEquals(await alertFor(port, hello(h2)), NO_APPLICATION_PROTOCOL);
    assertEquals(await alertFor(port, Uint8Array.from([22, 3, 1, 0, 0])), DECODE_ERROR);
    const line = 'rauta_failures_total{source="downstream",reason="tls_handshake"} 8';
    await until("all are counted", () => gateway.metrics(), (text) => text.includes(line));
    const client = await openTls(port, "a.example", { ALPNProtocols: ["h2", "http/1.1"] });
    assertEquals(client.alpn, "http/1.1");
    assertEquals(statusOf(await client.get("/", "a.example")), 200);
    client.close();
  },
);

const SLOW = { ...HOSTS, env: { RAUTA_HEAD_TIMEOUT_SECONDS: "0.5", RAUTA_MAX_CONNECTIONS: "4" } };

tlsTest(
  "a client that does not get on with its handshake is closed, and its place is free again",
  () => SLOW,
  async ({ port }) => {
    const whole = records(helloMessage({ extensions: usualExtensions("a.example") }));
    for (const bytes of [new Uint8Array(), whole.subarray(0, 3), whole.subarray(0, 60), whole]) {
      // Two at a time for each of the two workers, again and again: none is kept.
      const all = Array.from({ length: 2 }, () => exchangeRaw(port, bytes));
      await Promise.all(all);
    }
    // Its place is free a little after it has been closed, and here too half a second is all there is.
    const ask = async () => {
      const client = await openTls(port, "a.example");
      try {
        return statusOf(await client.get("/", "a.example"));
      } finally {
        client.close();
      }
    };
    await until("another is served", () => ask().catch(() => 0), (status) => status === 200);
  },
);

/** Passes bytes on to the gateway, the client's first record cut into small ones, byte by byte. */
function startCutter(port: number): { port: number; close(): void } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const cut = async (client: Deno.TcpConn) => {
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    server.setNoDelay();
    const first = new Uint8Array(8_192);
    const count = await client.read(first) ?? 0;
    for (const byte of records([...first.subarray(5, count)], 60)) {
      await server.write(Uint8Array.from([byte]));
    }
    await Promise.allSettled([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
  };
  (async () => {
    for await (const client of listener) cut(client).catch(() => {});
  })().catch(() => {});
  return { port: listener.addr.port, close: () => listener.close() };
}

tlsTest(
  "a ClientHello cut into many records and bytes is read all the same",
  () => HOSTS,
  async ({ port }) => {
    const cutter = startCutter(port);
    const client = await openTls(cutter.port, "a.example");
    assertEquals(statusOf(await client.get("/", "a.example")), 200);
    client.close();
    await new Promise((done) => client.socket.once("close", done));
    cutter.close();
  },
);

const chain = await makeChain("chain.example");
const CHAIN = {
  listeners: [{ name: "chain", hostname: "chain.example", secrets: ["chain"] }],
  files: {
    "secrets.yaml": secretYaml("chain", {
      // Not in the order in which it has to be sent.
      certificate: chain.intermediate + chain.leaf,
      key: chain.key,
    }),
  },
};

tlsTest(
  "a client that knows the root alone verifies a chain, whatever its order in the Secret",
  () => CHAIN,
  async ({ port }) => {
    const verify = { rejectUnauthorized: true, ca: chain.root };
    const client = await openTls(port, "chain.example", verify);
    assertEquals(statusOf(await client.get("/", "chain.example")), 200);
    client.close();
  },
);

tlsTest(
  "curl, with the certificate's authority and nothing else told, is served",
  () => CHAIN,
  async ({ port }) => {
    const ca = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(ca, chain.root);
      const url = `https://chain.example:${port}/from-curl`;
      const { code, stdout } = await new Deno.Command("curl", {
        args: ["-sS", "--cacert", ca, "--resolve", `chain.example:${port}:127.0.0.1`, url],
      }).output();
      assertEquals(code, 0);
      assertEquals(JSON.parse(new TextDecoder().decode(stdout)).url.endsWith("/from-curl"), true);
    } finally {
      await Deno.remove(ca);
    }
  },
);

const [expired, early] = await Promise.all([
  makePairOf({ names: ["old.example"], days: -1 }),
  makePair("fine.example"),
]);

tlsTest("an expired certificate is served, and said to be expired", () => ({
  listeners: [
    { name: "old", hostname: "old.example", secrets: ["old"] },
    { name: "fine", hostname: "fine.example", secrets: ["fine"] },
  ],
  files: { "secrets.yaml": secretYaml("old", expired) + secretYaml("fine", early) },
}), async ({ port, condition, gateway }) => {
  (await openTls(port, "old.example")).close();
  const expiry = /^rauta_certificate_expiry_timestamp_seconds\{secret="test\/old"\} (\d+)$/m;
  const seconds = Number(expiry.exec(await gateway.metrics())?.[1]);
  assertEquals(seconds > 0 && seconds * 1000 < Date.now(), true);
  const text = await condition("old", "rauta.io/CertificateInDate");
  assertEquals(
    text.includes("=False CertificateExpired: the certificate of Secret test/old"),
    true,
  );
  assertEquals(await condition("fine", "rauta.io/CertificateInDate"), "");
  assertEquals((await condition("old", "ResolvedRefs")).includes("=True ResolvedRefs"), true);
});

const [rsa, ecdsa, second] = await Promise.all([
  makePairOf({ names: ["two.example"], kind: "rsa" }),
  makePairOf({ names: ["two.example"], kind: "ec" }),
  makePairOf({ names: ["*.two.example"], kind: "ec" }),
]);

tlsTest("of several certificates of a listener the client's name and keys choose", () => ({
  listeners: [{ name: "any", secrets: ["rsa", "ecdsa", "second"] }],
  files: {
    "secrets.yaml": secretYaml("rsa", rsa) + secretYaml("ecdsa", ecdsa) +
      secretYaml("second", second),
  },
}), async ({ port }) => {
  const signatureFor = async (signatures: string) => {
    const { stdout, stderr } = await new Deno.Command("openssl", {
      args: [
        ...["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "two.example"],
        ...["-sigalgs", signatures, "-brief"],
      ],
      stdin: "null",
    }).output();
    const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    return /^Signature type: (.*)$/m.exec(text)?.[1] ?? text;
  };
  const both = await openTls(port, "two.example");
  const below = await openTls(port, "x.two.example");
  assertEquals(both.shown === below.shown, false);
  for (const client of [both, below]) client.close();
  assertEquals(await signatureFor("RSA-PSS+SHA256"), "RSA-PSS");
  assertEquals(await signatureFor("ECDSA+SHA256"), "ECDSA");
  assertEquals(await signatureFor("RSA-PSS+SHA256:ECDSA+SHA256"), "ECDSA");
});

tlsTest(
  "serve: an HTTPS listener is refused, and says which front has it",
  () => HOSTS,
  async ({ condition }) => {
    const text = await condition("a", "Accepted");
    assertEquals(text.startsWith("Accepted=False UnsupportedProtocol"), true);
    assertEquals(text.endsWith("the serve front does not serve HTTPS: use RAUTA_FRONT=wire"), true);
  },
  "serve",
);

/** The fenced blocks of docs/tls.md in that language. */
async function blocksOf(language: string): Promise<string[]> {
  const page = await Deno.readTextFile("docs/tls.md");
  const fence = new RegExp("```" + language + "\\n(.*?)```", "gs");
  return [...page.matchAll(fence)].map(([, text]) => text);
}

/** Runs shell lines in a folder; gives what they print. */
async function shell(folder: string, lines: string): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-ec", lines],
    cwd: folder,
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

if (FRONT === "wire") {
  Deno.test("the example of docs/tls.md works as it is written, but for its ports", async () => {
    const [makeSecret, serveAndAsk] = await blocksOf("sh");
    const [yaml] = await blocksOf("yaml");
    const [echo, port] = [startEcho("shop"), freePort()];
    const withPorts = (text: string) =>
      text.replaceAll("8443", String(port)).replace("port: 3000", `port: ${echo.port}`);
    const folder = await Deno.makeTempDir();
    await shell(folder, makeSecret);
    const secret = await Deno.readTextFile(`${folder}/web/secret.yaml`);
    const gateway = await startGateway(port, {
      "secret.yaml": secret,
      "web.yaml": withPorts(yaml),
    });
    try {
      const [curl] = serveAndAsk.split("\n").filter((line) => line.startsWith("curl "));
      assertEquals(JSON.parse(await shell(folder, withPorts(curl))).name, "shop");
    } finally {
      await gateway.stop();
      await echo.close();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
