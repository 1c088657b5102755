// `deno task run` from outside: the launcher, its child, what they print, how they end.

import { endpointsInFolder, startDemoBackends } from "../../src/cli/demo_backends.ts";
import { assertEquals } from "../assert.ts";
import {
  freePort,
  gatewayYaml,
  routeYaml,
  serviceYaml,
  startBackend,
  startEcho,
  startGateway,
  until,
} from "./gateway_harness.ts";

interface Launched {
  readonly child: Deno.ChildProcess;
  /** What it has printed so far. */
  readonly printed: { out: string; error: string };
  readonly ended: Promise<number>;
}

async function collect(stream: ReadableStream<Uint8Array>, take: (text: string) => void) {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) take(text);
}

function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}): Launched {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "run", ...args],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const printed = { out: "", error: "" };
  const streams = Promise.all([
    collect(child.stdout, (text) => printed.out += text),
    collect(child.stderr, (text) => printed.error += text),
  ]);
  const ended = child.status.then(async ({ code }) => {
    await streams;
    return code;
  });
  return { child, printed, ended };
}

async function folderWith(yaml: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "rauta-test-" });
  await Deno.writeTextFile(`${folder}/all.yaml`, yaml);
  return folder;
}

/** Runs a printed line as a shell would. */
async function type(line: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", `${line} -sS`] }).output();
  return new TextDecoder().decode(stdout);
}

function printedCurls({ printed }: Launched): string[] {
  return printed.out.split("\n").filter((line) => line.startsWith("curl "));
}

Deno.test("run prints what was loaded and curl lines that work as typed, drains, and exits 0", async () => {
  const echo = startEcho("a");
  const port = freePort();
  const rules = `
    - matches: [{ path: { type: PathPrefix, value: /one } }]
      backendRefs: [{ name: a, port: 80 }]
    - matches: [{ path: { type: Exact, value: /two }, headers: [{ name: X-Who, value: "it's me" }] }]
      backendRefs: [{ name: a, port: 80 }]
    - matches: [{ path: { type: PathPrefix, value: / }, queryParams: [{ name: a_b, value: "1&2" }] }]
      backendRefs: [{ name: a, port: 80 }]`;
  const folder = await folderWith(
    gatewayYaml(port) + routeYaml({ name: "r", hostname: "*.example.com", rules }) +
      serviceYaml("a", [echo.port]),
  );
  const env = { RAUTA_ADMIN_ADDRESS: `127.0.0.1:${freePort()}`, RAUTA_WORKERS: "1" };
  const launched = launch(["--config", folder], env);
  try {
    await until("the summary", () => launched.printed.out, (out) => out.includes("Ctrl-C"));
    for (const part of ["1 gateway: test/gate", "1 route", "1 service", `127.0.0.1:${port}`]) {
      assertEquals(launched.printed.out.includes(part), true, part);
    }
    const curls = printedCurls(launched);
    assertEquals(curls.length, 3);
    for (const line of curls) assertEquals(JSON.parse(await type(line)).name, "a", line);
    launched.child.kill("SIGTERM");
    assertEquals(await launched.ended, 0);
    assertEquals(launched.printed.error.includes("drained"), true);
  } finally {
    await Deno.remove(folder, { recursive: true });
    await echo.close();
  }
});

Deno.test("a second signal ends it at once, although an exchange is under way", async () => {
  const asked = Promise.withResolvers<void>();
  const over = Promise.withResolvers<Response>();
  const backend = startBackend(() => {
    asked.resolve();
    return over.promise;
  });
  const port = freePort();
  const rules = "[{ backendRefs: [{ name: a, port: 80 }] }]";
  const folder = await folderWith(
    gatewayYaml(port) + routeYaml({ name: "r", rules }) + serviceYaml("a", [backend.port]),
  );
  const env = { RAUTA_ADMIN_ADDRESS: `127.0.0.1:${freePort()}`, RAUTA_WORKERS: "1" };
  const launched = launch(["--config", folder], env);
  try {
    await until("the summary", () => launched.printed.out, (out) => out.includes("Ctrl-C"));
    const lost = fetch(`http://127.0.0.1:${port}/`).catch(() => "cut off");
    await asked.promise;
    launched.child.kill("SIGTERM");
    await until("draining", () => launched.printed.error, (text) => text.includes("draining"));
    launched.child.kill("SIGTERM");
    assertEquals(await launched.ended, 143);
    assertEquals(await lost, "cut off");
  } finally {
    over.resolve(new Response());
    await Deno.remove(folder, { recursive: true });
    await backend.close();
  }
});

Deno.test("--help tells, and wrong arguments, values and modes are named and exit 2", async () => {
  const cases: [string[], Record<string, string>, number, string][] = [
    [["--help"], {}, 0, "usage: deno task run [--config PATH | --to [HOST=]ADDRESS ..."],
    [["--colour"], {}, 2, "run: --colour is not known"],
    [["deploy"], {}, 2, "run: deploy is not known"],
    [["--config", "/dev/null"], {}, 2, "run: --config: /dev/null is neither a file nor a folder"],
    [["--config"], {}, 2, "run: --config needs a value"],
    [["--from", "8081"], {}, 2, "--from goes with --to"],
    [["--to", "localhost:3000", "--config", "deploy"], {}, 2, "exclude each other"],
    [["--to", "https://localhost:3000"], {}, 2, "write an address that speaks plain HTTP"],
    [["--to", "localhost:3000", "--from", "3000"], {}, 2, "where the gateway itself listens"],
    [["--to", "nowhere.invalid:80"], {}, 2, "nowhere.invalid has no address"],
    [["--config", "deploy"], { RAUTA_WORKERS: "many" }, 2, 'RAUTA_WORKERS="many": allowed is'],
    [[], { RAUTA_MODE: "observability" }, 2, "there is nothing to observe"],
    [[], { RAUTA_MODE: "mesh" }, 2, "RAUTA_MODE=mesh is not there yet"],
  ];
  await Promise.all(cases.map(async ([args, env, code, text]) => {
    const launched = launch(args, env);
    assertEquals(await launched.ended, code, text);
    const { out, error } = launched.printed;
    assertEquals((out + error).includes(text), true, `${text}\n${out}${error}`);
  }));
});

Deno.test("a second instance on the same admin address says so and exits 1", async () => {
  const port = freePort();
  const first = await startGateway(port, { "gate.yaml": gatewayYaml(port) });
  try {
    const address = `127.0.0.1:${first.adminPort}`;
    const launched = launch(["--config", first.folder], { RAUTA_ADMIN_ADDRESS: address });
    assertEquals(await launched.ended, 1);
    const text = `RAUTA_ADMIN_ADDRESS=${address} is in use: another RAUTA or another program`;
    assertEquals(launched.printed.error.includes(text), true, launched.printed.error);
  } finally {
    await first.stop();
  }
});

Deno.test("the examples serve the demo: split, canary, cart, redirect and rewrite", async () => {
  const listed = await endpointsInFolder("deploy/examples");
  assertEquals(listed.map(({ service }) => service).sort(), [
    "demo/cart",
    "demo/cart",
    "demo/cart",
    "demo/storefront-v1",
    "demo/storefront-v2",
  ]);
  // The same files, on ports that are free here.
  const demo = await startDemoBackends(listed.map((item) => ({ ...item, port: 0 })));
  const port = freePort();
  const files: Record<string, string> = {};
  for (const name of ["gateway.yaml", "shop.yaml", "services.yaml"]) {
    files[name] = (await Deno.readTextFile(`deploy/examples/${name}`))
      .replace("port: 8080", `port: ${port}`);
  }
  listed.forEach((item, index) => {
    const bound = demo.endpoints[index].port;
    files["services.yaml"] = files["services.yaml"].replace(
      `port: ${item.port},`,
      `port: ${bound},`,
    );
  });
  const gateway = await startGateway(port, files);
  const client = Deno.createHttpClient({ allowHost: true });
  const ask = async (path: string, extra: Record<string, string> = {}) => {
    const headers = { host: "shop.example.com", ...extra };
    const init = { headers, client, redirect: "manual" } as RequestInit;
    const response = await gateway.fetch(path, init);
    const text = await response.text();
    return { response, seen: text === "" ? undefined : JSON.parse(text) };
  };
  try {
    const services = new Set<string>();
    await until("both versions", async () => {
      services.add((await ask("/")).seen.service);
      return services.size;
    }, (size) => size === 2);
    assertEquals([...services].sort(), ["demo/storefront-v1", "demo/storefront-v2"]);
    for (let times = 0; times < 20; times++) {
      assertEquals((await ask("/", { "x-canary": "yes" })).seen.service, "demo/storefront-v2");
    }
    const carts = new Set<string>();
    await until("three endpoints", async () => {
      carts.add((await ask("/cart")).seen.endpoint);
      return carts.size;
    }, (size) => size === 3);
    const moved = (await ask("/basket/7")).response;
    assertEquals([moved.status, new URL(moved.headers.get("location")!).pathname], [
      302,
      "/cart/7",
    ]);
    assertEquals((await ask("/v1/cart/7")).seen.received.path, "/cart/7");
  } finally {
    client.close();
    await gateway.stop();
    await demo.close();
  }
});

Deno.test("run --to serves what runs at addresses and names, each for its host, and says so", async () => {
  const [first, second, other] = ["first", "second", "other"].map(startEcho);
  const port = freePort();
  const args = [
    "--to",
    `http://localhost:${first.port}/`,
    "--to",
    `127.0.0.1:${second.port}`,
    "--to",
    `Other.test=localhost:${other.port}`,
    "--from",
    `127.0.0.1:${port}`,
  ];
  const env = { RAUTA_ADMIN_ADDRESS: `127.0.0.1:${freePort()}`, RAUTA_WORKERS: "1" };
  const launched = launch(args, env);
  const ask = async (host: string): Promise<string> => {
    const response = await type(`curl -H 'Host: ${host}' http://127.0.0.1:${port}/x`);
    return JSON.parse(response).name;
  };
  try {
    await until("the summary", () => launched.printed.out, (out) => out.includes("Ctrl-C"));
    for (const part of ["kind: HTTPRoute", `value: "127.0.0.1"`, 'hostnames: ["other.test"]']) {
      assertEquals(launched.printed.out.includes(part), true, part);
    }
    assertEquals(await ask("other.test"), "other");
    const seen = new Set<string>();
    await until("both", async () => seen.add(await ask("a.test")).size, (size) => size === 2);
    assertEquals([...seen].sort(), ["first", "second"]);
    launched.child.kill("SIGTERM");
    assertEquals(await launched.ended, 0);
  } finally {
    for (const echo of [first, second, other]) await echo.close();
  }
});

Deno.test("run --to knows names as this system does, and says what they are", async () => {
  const echo = startEcho("named");
  const [port, adminPort] = [freePort(), freePort()];
  const folder = await Deno.makeTempDir({ prefix: "rauta-test-" });
  await Deno.writeTextFile(`${folder}/hosts`, "127.0.0.1 localhost\n127.0.0.1 api.internal\n");
  // A mount namespace of its own has another /etc/hosts.
  const run = `mount --bind ${folder}/hosts /etc/hosts && exec ${Deno.execPath()} task --quiet run`;
  const child = new Deno.Command("unshare", {
    args: [
      "--map-root-user",
      "--mount",
      "sh",
      "-c",
      `${run} --to api.internal:${echo.port} --from ${port}`,
    ],
    env: { RAUTA_ADMIN_ADDRESS: `127.0.0.1:${adminPort}`, RAUTA_WORKERS: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let out = "";
  const reading = collect(child.stdout, (text) => out += text);
  try {
    await until("the summary", () => out, (text) => text.includes("Ctrl-C"));
    assertEquals(out.includes("api.internal is 127.0.0.1 now"), true, out);
    const response = await fetch(`http://127.0.0.1:${port}/`);
    assertEquals((await response.json()).name, "named");
  } finally {
    child.kill("SIGTERM");
    await child.status;
    await reading;
    await echo.close();
    await Deno.remove(folder, { recursive: true });
  }
});
