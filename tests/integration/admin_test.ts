import {
  AdminAddressError,
  type AdminViews,
  answerAdmin,
  startAdmin,
} from "../../src/admin/server.ts";
import { assertEquals } from "../assert.ts";

const LOOPBACK = { address: "127.0.0.1", port: 0 };

function views(changes: Partial<AdminViews> = {}): AdminViews {
  return {
    metrics: { contentType: "text/plain; version=0.0.4", render: () => Promise.resolve("m 1\n") },
    readiness: () => ({ ready: true }),
    local: { "/status": () => ({ generation: 1 }) },
    ...changes,
  };
}

async function get(port: number, path: string, init: RequestInit = {}) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return { status: response.status, text: await response.text() };
}

Deno.test("the admin server answers metrics, health, readiness and local pages", async () => {
  let ready = false;
  const readiness = () =>
    ready ? { ready } as const : { ready: false, reason: "no table yet" } as const;
  const server = startAdmin(LOOPBACK, views({ readiness }));
  try {
    assertEquals(await get(server.port, "/healthz"), { status: 200, text: "ok\n" });
    assertEquals(await get(server.port, "/readyz"), {
      status: 503,
      text: "not ready: no table yet\n",
    });
    ready = true;
    assertEquals((await get(server.port, "/readyz")).status, 200);
    assertEquals(await get(server.port, "/metrics"), { status: 200, text: "m 1\n" });
    assertEquals(JSON.parse((await get(server.port, "/status")).text), { generation: 1 });
    assertEquals((await get(server.port, "/constructor")).status, 404);
    assertEquals((await get(server.port, "/status", { method: "POST" })).status, 405);
  } finally {
    await server.close();
  }
});

Deno.test("local pages are refused to proxied requests and to names that may be rebound", async () => {
  const server = startAdmin(LOOPBACK, views());
  const client = Deno.createHttpClient({ allowHost: true });
  try {
    for (const [name, value] of [["host", "evil.example.com"], ["x-forwarded-for", "192.0.2.9"]]) {
      const init = { headers: { [name]: value }, client } as RequestInit;
      assertEquals((await get(server.port, "/status", init)).status, 403);
      assertEquals((await get(server.port, "/metrics", init)).status, 200);
    }
  } finally {
    client.close();
    await server.close();
  }
});

Deno.test("local pages are refused to peers that are not loopback", async () => {
  const request = () => new Request("http://127.0.0.1/status", { headers: { host: "127.0.0.1" } });
  const status = async (peer: string) => (await answerAdmin(request(), peer, views())).status;
  assertEquals(await status("127.0.0.1"), 200);
  assertEquals(await status("::1"), 200);
  assertEquals(await status("::ffff:127.9.9.9"), 200);
  for (const peer of ["10.0.0.1", "fe80::1", "::ffff:10.0.0.1", "128.0.0.1", "127.0.0.1.x"]) {
    assertEquals(await status(peer), 403, peer);
  }
});

Deno.test("a second admin server on the same address fails and says what to do", async () => {
  const first = startAdmin(LOOPBACK, views());
  try {
    startAdmin({ address: "127.0.0.1", port: first.port }, views());
    throw new Error("the second server was bound too");
  } catch (error) {
    if (!(error instanceof AdminAddressError)) throw error;
    const start = `RAUTA_ADMIN_ADDRESS=127.0.0.1:${first.port} is in use`;
    assertEquals(error.message.slice(0, start.length), start);
  } finally {
    await first.close();
  }
});
