// Changes of configuration while traffic flows: nothing is dropped, nothing good is lost.

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

function prefixRoute(name: string, path: string, service: string): string {
  const rules = `[{ matches: [{ path: { type: PathPrefix, value: ${path} } }], ` +
    `backendRefs: [{ name: ${service}, port: 80 }] }]`;
  return routeYaml({ name, rules });
}

Deno.test("routes change under load without one failed request", async () => {
  const [one, two] = [startEcho("one"), startEcho("two")];
  const port = freePort();
  const services = serviceYaml("one", [one.port]) + serviceYaml("two", [two.port]);
  const gateway = await startGateway(port, {
    "gate.yaml": gatewayYaml(port) + services,
    "route.yaml": prefixRoute("r", "/", "one"),
  });
  let running = true;
  const counts = { one: 0, two: 0 };
  const failures: unknown[] = [];
  const load = Array.from({ length: 4 }, async () => {
    while (running) {
      try {
        const response = await gateway.fetch("/x");
        const text = await response.text();
        if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
        counts[JSON.parse(text).name as "one" | "two"]++;
      } catch (error) {
        failures.push(error);
      }
    }
  });
  try {
    for (let edit = 1; edit <= 20; edit++) {
      const before = (await gateway.status()).lastGoodGeneration;
      const target = edit % 2 ? "two" : "one";
      await gateway.edit("route.yaml", prefixRoute("r", "/", target));
      await until(
        `edit ${edit} is served`,
        () => gateway.status(),
        (status) => status.lastGoodGeneration > before,
      );
      const seen = counts[target];
      await until(
        `${target} is asked`,
        () => counts[target] + failures.length,
        (now) => now > seen,
      );
    }
  } finally {
    running = false;
    await Promise.all(load);
    await gateway.stop();
    await Promise.all([one.close(), two.close()]);
  }
  assertEquals(failures, []);
  assertEquals(counts.one > 0 && counts.two > 0, true);
});

Deno.test("a kept-alive connection survives a change of tables", async () => {
  const echo = startEcho("one");
  const port = freePort();
  const gateway = await startGateway(port, {
    "gate.yaml": gatewayYaml(port) + serviceYaml("one", [echo.port]),
    "route.yaml": prefixRoute("r", "/a", "one"),
  });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const ask = async (path: string): Promise<string> => {
    const request = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    const buffer = new Uint8Array(8192);
    const read = await connection.read(buffer);
    return new TextDecoder().decode(buffer.subarray(0, read ?? 0)).split("\r\n")[0];
  };
  try {
    assertEquals(await ask("/b"), "HTTP/1.1 404 Not Found");
    await gateway.edit("more.yaml", prefixRoute("s", "/b", "one"));
    await until("the new route", () => ask("/b"), (line) => line === "HTTP/1.1 200 OK");
  } finally {
    connection.close();
    await gateway.stop();
    await echo.close();
  }
});

Deno.test("a broken edit changes nothing, and log, metric and /status say where it is", async () => {
  const echo = startEcho("one");
  const port = freePort();
  const good = prefixRoute("r", "/", "one");
  const gateway = await startGateway(port, {
    "gate.yaml": gatewayYaml(port) + serviceYaml("one", [echo.port]),
    "route.yaml": good,
  });
  try {
    const cases: [string, string, string][] = [
      ["a document that does not parse", good.replace("[{ matches", "[{ matches: ["), ""],
      ["a wrong type", good.replace("port: 80", "port: eighty"), "backendRefs"],
    ];
    for (const [what, broken, field] of cases) {
      await gateway.edit("route.yaml", broken);
      const status = await until(
        what,
        () => gateway.status(),
        ({ problems }) => problems.length > 0,
      );
      const problem = status.problems[0];
      assertEquals(problem.file.endsWith("/route.yaml"), true, what);
      assertEquals(problem.line > 0, true, what);
      assertEquals(problem.field.includes(field), true, `${what}: ${problem.field}`);
      assertEquals(problem.fix !== "", true, `${what}: nothing is said of what to write`);
      assertEquals(gateway.log.text.includes(`route.yaml:${problem.line}:`), true, what);
      const page = await gateway.metrics();
      assertEquals(/^rauta_config_problems [1-9]/m.test(page), true, what);
      assertEquals(/^rauta_config_failures_total [1-9]/m.test(page), true, what);
      const response = await gateway.fetch("/x");
      await response.body?.cancel();
      assertEquals(response.status, 200, `${what}: the last good table is gone`);
      await gateway.edit("route.yaml", good);
      await until(
        `${what}: solved`,
        () => gateway.status(),
        ({ problems }) => problems.length === 0,
      );
    }
  } finally {
    await gateway.stop();
    await echo.close();
  }
});

Deno.test("writing the same again swaps nothing", async () => {
  const echo = startEcho("one");
  const port = freePort();
  const route = prefixRoute("r", "/r", "one");
  const gateway = await startGateway(port, {
    "gate.yaml": gatewayYaml(port) + serviceYaml("one", [echo.port]),
    "route.yaml": route,
  });
  try {
    const before = (await gateway.status()).table.generation;
    await gateway.edit("route.yaml", route);
    await gateway.edit("twice.yaml", `# the same route, moved\n${route}`);
    await gateway.edit("route.yaml", "# nothing is left here\n");
    await gateway.edit("marker.yaml", prefixRoute("marker", "/marker", "one"));
    await until("the marker", async () => {
      const response = await gateway.fetch("/marker");
      await response.body?.cancel();
      return response.status;
    }, (status) => status === 200);
    // One worker may serve it before the other has said that it does.
    const { table } = await until(
      "every worker has it",
      () => gateway.status(),
      (status) => status.table.generation > before,
    );
    assertEquals(table.generation, before + 1);
  } finally {
    await gateway.stop();
    await echo.close();
  }
});

Deno.test("a listener that is removed drains: its exchange ends well, nothing new is taken", async () => {
  const [asked, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const echo = startEcho("one");
  const [port, extra] = [freePort(), freePort()];
  const slow = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    handler: async () => {
      asked.resolve();
      await gate.promise;
      return new Response("late");
    },
  });
  const files = {
    "gate.yaml": gatewayYaml(port) + serviceYaml("one", [echo.port]) +
      serviceYaml("slow", [slow.addr.port]) + prefixRoute("r", "/", "slow"),
  };
  const listeners = (ports: number[]) =>
    files["gate.yaml"].replace(
      /listeners: .*/,
      `listeners: [${
        ports.map((item, index) => `{ name: l${index}, protocol: HTTP, port: ${item} }`).join(", ")
      }]`,
    );
  const gateway = await startGateway(port, { "gate.yaml": listeners([port, extra]) });
  try {
    const late = fetch(`http://127.0.0.1:${extra}/`);
    await asked.promise;
    await gateway.edit("gate.yaml", listeners([port]));
    await until("the listener is closed", async () => {
      try {
        const connection = await Deno.connect({ hostname: "127.0.0.1", port: extra });
        connection.close();
        return false;
      } catch {
        return true;
      }
    }, (closed) => closed);
    gate.resolve();
    assertEquals(await (await late).text(), "late");
  } finally {
    await gateway.stop();
    await slow.shutdown();
    await echo.close();
  }
});

Deno.test("a port that another program has leaves the other listeners serving, and says so", async () => {
  const echo = startEcho("one");
  const port = freePort();
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const yaml = gatewayYaml(port).replace(
    /listeners: .*/,
    `listeners: [{ name: a, protocol: HTTP, port: ${port} }, ` +
      `{ name: b, protocol: HTTP, port: ${taken.addr.port} }]`,
  );
  const gateway = await startGateway(port, {
    "gate.yaml": yaml + serviceYaml("one", [echo.port]) + prefixRoute("r", "/", "one"),
  });
  try {
    const response = await gateway.fetch("/");
    await response.body?.cancel();
    assertEquals(response.status, 200);
    const { unbound } = await gateway.status();
    assertEquals(Object.keys(unbound), ["test/gate/b"]);
    assertEquals(unbound["test/gate/b"].includes("in use by another program"), true);
    assertEquals(gateway.log.text.includes("test/gate/b"), true);
  } finally {
    taken.close();
    await gateway.stop();
    await echo.close();
  }
});
