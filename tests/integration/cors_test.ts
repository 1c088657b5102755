// The CORS filter over real sockets and both fronts: a preflight never reaches the endpoint, and what
// the endpoint says is put right on its way out.

import { assertEquals } from "../assert.ts";
import { overFronts } from "./fronts.ts";
import { answering, ok, RawEndpoint } from "./raw.ts";

const RULES = `
    - filters:
        - type: CORS
          cors:
            allowOrigins: ["https://shop.example", "https://*.shop.example"]
            allowMethods: [GET, PUT]
            allowHeaders: [x-cart]
            allowCredentials: true
            maxAge: 60
      backendRefs: [{ name: a, port: 80 }]`;

const endpoint = () =>
  [new RawEndpoint(answering(() => ok("hello", "Access-Control-Allow-Origin: *\r\n")))] as const;

/** The CORS fields of a response, in order. */
function corsFields(response: Response): Record<string, string> {
  const fields = [...response.headers].filter(([name]) =>
    name.startsWith("access-control-") || name === "vary"
  );
  return Object.fromEntries(fields);
}

overFronts("a preflight is answered by the gateway, and reaches no endpoint", endpoint, async (
  { gateway },
  [backend],
) => {
  for (const origin of ["https://shop.example", "https://a.b.shop.example"]) {
    const headers = { origin, "access-control-request-method": "PUT" };
    const response = await gateway.fetch("/", { method: "OPTIONS", headers });
    assertEquals([response.status, await response.text()], [200, ""]);
    assertEquals(corsFields(response), {
      "access-control-allow-credentials": "true",
      "access-control-allow-headers": "x-cart",
      "access-control-allow-methods": "GET, PUT",
      "access-control-allow-origin": origin,
      "access-control-max-age": "60",
      vary: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    });
  }
  const headers = { origin: "https://evil.example", "access-control-request-method": "PUT" };
  const refused = await gateway.fetch("/", { method: "OPTIONS", headers });
  await refused.body?.cancel();
  assertEquals([refused.status, corsFields(refused)], [200, { vary: "Origin" }]);
  assertEquals(backend.connections, 0);
}, { rules: RULES });

overFronts("responses to allowed origins say so, and to others nothing", endpoint, async (
  { gateway },
) => {
  const ask = async (origin: string) => {
    const response = await gateway.fetch("/", { headers: { origin } });
    assertEquals([response.status, await response.text()], [200, "hello"]);
    return corsFields(response);
  };
  assertEquals(await ask("https://shop.example"), {
    "access-control-allow-credentials": "true",
    "access-control-allow-origin": "https://shop.example",
    vary: "Origin",
  });
  assertEquals(await ask("https://evil.example"), { vary: "Origin" });
}, { rules: RULES });
