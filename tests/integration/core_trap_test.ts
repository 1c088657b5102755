// A trap in the core costs the instance that it happened in and nothing else: the process and the
// tables live on, and the log tells the head as a hash.

import { assertEquals } from "../assert.ts";
import {
  freePort,
  gatewayYaml,
  routeYaml,
  serviceYaml,
  startEcho,
  startGateway,
  until,
} from "./gateway_harness.ts";

const TRAPPING = new URL("./workers/trapping_worker.ts", import.meta.url);
const TRAPPED = /core trapped on input [0-9a-f]{8}/;

Deno.test("a trap in the core discards its instance, and the next request is served", async () => {
  const echo = startEcho("one");
  const port = freePort();
  const yaml = gatewayYaml(port) + serviceYaml("one", [echo.port]) +
    routeYaml({ name: "r", rules: "[{ backendRefs: [{ name: one, port: 80 }] }]" });
  const env = { RAUTA_WORKERS: "1" };
  const gateway = await startGateway(port, { "all.yaml": yaml }, env, TRAPPING);
  const ask = async (path: string): Promise<number> => {
    const response = await gateway.fetch(path, { headers: { connection: "close" } });
    await response.body?.cancel();
    return response.status;
  };
  try {
    assertEquals(await ask("/"), 200);
    for (let trap = 1; trap <= 2; trap++) {
      const answer = await ask("/trap?token=secret").catch(() => 0);
      // The wire front's connections live in the instance: this one ends with it.
      assertEquals(answer, gateway.front === "serve" ? 500 : 0);
      await until("it serves again", () => ask("/").catch(() => 0), (status) => status === 200);
      await until(
        `trap ${trap} is logged`,
        () => gateway.log.text.split("\n").filter((line) => TRAPPED.test(line)).length,
        (count) => count === trap,
      );
    }
    assertEquals(gateway.log.text.includes("secret"), false);
    const { workers, table } = await gateway.status();
    assertEquals(workers.live, 1);
    assertEquals(workers.restarts, gateway.front === "serve" ? 0 : 2);
    assertEquals(table.generation, 1);
  } finally {
    await gateway.stop();
    await echo.close();
  }
});
