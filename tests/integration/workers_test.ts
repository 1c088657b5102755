// Workers that fail: the siblings serve on, a replacement serves the same, the process lives.

import { MeasureStore } from "../../src/core/measure.ts";
import { DataPlane } from "../../src/data/data_plane.ts";
import { createBudgetMemory } from "../../src/data/upstream/budget.ts";
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from "../../src/data/settings.ts";
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

const FAILING = new URL("./workers/failing_worker.ts", import.meta.url);

/** What makes the worker fail is put into Deno.serve. */
const SERVE = { RAUTA_FRONT: "serve" };

async function status(port: number, path: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  await response.body?.cancel();
  return response.status;
}

async function refuses(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return false;
  } catch {
    return true;
  }
}

/** Fails one worker: by hand, because fetch would send a request that was lost once more. */
async function failOne(port: number): Promise<void> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n"));
  await conn.read(new Uint8Array(1024)).catch(() => {});
}

Deno.test("a worker that throws is replaced, and the others never stop serving", async () => {
  const echo = startEcho("one");
  const port = freePort();
  const yaml = gatewayYaml(port) + serviceYaml("one", [echo.port]) +
    routeYaml({ name: "r", rules: "[{ backendRefs: [{ name: one, port: 80 }] }]" });
  const gateway = await startGateway(port, { "all.yaml": yaml }, SERVE, FAILING);
  try {
    for (let failure = 1; failure <= 2; failure++) {
      // Its own exchange is lost with the worker.
      await failOne(port);
      // Each falls to one of two workers by chance: all to the one that is gone once in 2^60.
      const answers = await Promise.allSettled(
        Array.from({ length: 60 }, () => status(port, "/")),
      );
      const served = answers.filter((item) => item.status === "fulfilled" && item.value === 200);
      assertEquals(served.length > 0, true, "nobody served while one worker was gone");
      await until(
        `replacement ${failure}`,
        () => gateway.status(),
        ({ workers }) => workers.live === 2 && workers.restarts === failure,
      );
      for (let ask = 0; ask < 40; ask++) assertEquals(await status(port, "/"), 200);
    }
    assertEquals(gateway.log.text.includes("asked for by the test"), true);
    assertEquals(/^rauta_worker_restarts_total 2$/m.test(await gateway.metrics()), true);
  } finally {
    await gateway.stop();
    await echo.close();
  }
});

Deno.test("what was counted survives the worker that counted it", async () => {
  const echo = startEcho("one");
  const port = freePort();
  const yaml = gatewayYaml(port) + serviceYaml("one", [echo.port]) +
    routeYaml({ name: "r", rules: "[{ backendRefs: [{ name: one, port: 80 }] }]" });
  const gateway = await startGateway(
    port,
    { "all.yaml": yaml },
    { ...SERVE, RAUTA_WORKERS: "1" },
    FAILING,
  );
  const series = 'rauta_requests_total{method="GET",route="test/r",pattern="/",status="200"}';
  try {
    for (let ask = 0; ask < 5; ask++) await status(port, "/");
    await until("five", () => gateway.metrics(), (page) => page.includes(`${series} 5`));
    await failOne(port);
    await until("a replacement", () => gateway.status(), ({ workers }) => workers.restarts === 1);
    await until("it serves", () => status(port, "/").catch(() => 0), (code) => code === 200);
    await until("six", () => gateway.metrics(), (page) =>
      / [6-9]$/m.test(
        page.split("\n").find((line) => line.startsWith(series)) ?? "",
      ));
  } finally {
    await gateway.stop();
    await echo.close();
  }
});

Deno.test("draining lets exchanges finish, and cuts off those that take too long", async () => {
  const gate = Promise.withResolvers<void>();
  let asked = Promise.withResolvers<void>();
  const backend = startBackend(async (request) => {
    asked.resolve();
    if (new URL(request.url).pathname === "/never") {
      await new Promise<void>((resolve) =>
        request.signal.addEventListener("abort", () => resolve())
      );
    }
    await gate.promise;
    return new Response("late");
  });
  const port = freePort();
  const yaml = gatewayYaml(port) + serviceYaml("one", [backend.port]) +
    routeYaml({ name: "r", rules: "[{ backendRefs: [{ name: one, port: 80 }] }]" });
  for (const [path, unfinished] of [["/late", 0], ["/never", 1]] as const) {
    const gateway = await startGateway(port, { "all.yaml": yaml });
    asked = Promise.withResolvers();
    const answer = fetch(`http://127.0.0.1:${port}${path}`).then((response) => response.text());
    const outcome = answer.catch(() => "cut off");
    await asked.promise;
    const stopped = gateway.stop(path === "/never" ? 100 : 120_000);
    await until("it takes no more connections", () => refuses(port), (is) => is);
    gate.resolve();
    assertEquals(await stopped, unfinished, path);
    assertEquals(await outcome, unfinished ? "cut off" : "late", path);
  }
  await backend.close();
});

Deno.test("damaged tables are refused by every worker, and nothing is lost", async () => {
  const compile = async (name: string) =>
    await WebAssembly.compile(await Deno.readFile(`build/${name}.wasm`));
  const plane = await DataPlane.start({
    workers: 2,
    start: {
      front: "serve",
      coreModule: await compile("core"),
      measureModule: await compile("measure"),
      timesServices: false,
      noLabelId: 0,
      workers: 2,
      trustedProxies: { kind: "none" },
      budgets: createBudgetMemory(),
      timeouts: DEFAULT_TIMEOUTS,
      limits: DEFAULT_LIMITS,
    },
    access: undefined,
    regions: new MeasureStore(2),
    log: { info() {}, warn() {}, error() {} },
  });
  try {
    const damaged = new Uint8Array(new SharedArrayBuffer(256));
    const tables = { routes: damaged, endpoints: damaged };
    assertEquals((await plane.publish(tables, ["routes", "endpoints"])).kind, "refused");
    assertEquals([plane.generation, plane.refusals, plane.liveWorkers], [0, 2, 2]);
  } finally {
    plane.stop();
  }
});
