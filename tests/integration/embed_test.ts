// The example of docs/architecture.md, run as it stands there, and the handler over a real endpoint.

import { createHandler } from "../../src/embed.ts";
import { assertEquals } from "../assert.ts";
import { gatewayYaml, routeYaml, serviceYaml, startEcho } from "./gateway_harness.ts";

Deno.test("the documented example does what it says", async () => {
  const page = await Deno.readTextFile("docs/architecture.md");
  const code = /## Embedding[\s\S]*?```ts\n([\s\S]*?)```/.exec(page)?.[1];
  if (code === undefined) throw new Error("docs/architecture.md has no example of embedding");
  // As deep as the folder that the example is written for; what a killed run leaves is nobody's source.
  const folder = await Deno.makeTempDir({ dir: "build", prefix: "embed-" });
  const path = `${folder}/example.ts`;
  try {
    await Deno.writeTextFile(path, code);
    const { stdout, stderr, code: exit } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-read", "--allow-env", path],
    }).output();
    assertEquals([exit, new TextDecoder().decode(stderr)], [0, ""]);
    const line = new TextDecoder().decode(stdout).trim();
    assertEquals(line, "302 http://shop.example.com:8080/cart/7");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an embedded gateway forwards, and names the peer that it is given", async () => {
  const echo = startEcho("a");
  const yaml = gatewayYaml(80) + serviceYaml("a", [echo.port]) +
    routeYaml({ name: "r", rules: "[{ backendRefs: [{ name: a, port: 80 }] }]" });
  const handler = await createHandler({ yaml, listenerPort: 80 });
  try {
    const request = new Request("http://a.example.com/x", { method: "POST", body: "hello" });
    const seen = await (await handler(request, "192.0.2.7")).json();
    assertEquals([seen.host, seen.body], ["a.example.com", "hello"]);
    assertEquals(seen.headers["x-forwarded-for"], "192.0.2.7");
  } finally {
    handler.close();
    await echo.close();
  }
});

Deno.test("YAML with an error is refused with its line and field", async () => {
  const yaml = gatewayYaml(80) + "---\napiVersion: v1\nkind: Service\nmetadata: { name: 3 }\n";
  let message = "";
  try {
    await createHandler({ yaml, listenerPort: 80 });
  } catch (error) {
    message = String(error);
  }
  assertEquals(/line 14: Service .*spec: .*Required/.test(message), true, message);
});
