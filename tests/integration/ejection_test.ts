// An endpoint that can't be connected to is passed over while another is left, and comes back.

import assert from "node:assert/strict";
import { assertEquals } from "../assert.ts";
import { until } from "./gateway_harness.ts";
import { overFronts } from "./fronts.ts";
import { answering, connect, ok, RawEndpoint, statusOf } from "./raw.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

/** One that answers, and one that refuses. */
function pair(): readonly RawEndpoint[] {
  const good = new RawEndpoint(answering(() => ok("good")));
  const bad = new RawEndpoint(() => Promise.resolve());
  bad.stopListening();
  return [good, bad];
}

async function ask(port: number): Promise<string> {
  const client = await connect(port);
  await client.send(GET);
  const { head, body } = await client.message();
  client.close();
  return `${statusOf(head)} ${body}`;
}

/** Asks until the endpoint has been found to refuse. */
async function untilEjected(port: number, metrics: () => Promise<string>): Promise<void> {
  await until("the endpoint is ejected", async () => {
    assertEquals(await ask(port), "200 good");
    return await metrics();
  }, (page) => page.includes("rauta_ejected_endpoints 1"));
  // The worker is told before the metrics are asked; one more exchange, and it has heard it.
  assertEquals(await ask(port), "200 good");
}

/** Answers on the port of an endpoint that has stopped listening. */
function revive(port: number): Deno.HttpServer {
  return Deno.serve(
    { hostname: "127.0.0.1", port, onListen: () => {} },
    () => new Response("revived"),
  );
}

overFronts("an endpoint that refuses is ejected, and gets nothing", pair, async (stage, made) => {
  const { port, gateway } = stage;
  await untilEjected(port, () => gateway.metrics());
  assert.match(gateway.log.text, /can't be connected to/);
  const revived = revive(made[1]!.port);
  for (let round = 0; round < 40; round++) assertEquals(await ask(port), "200 good");
  await revived.shutdown();
}, { env: { RAUTA_EJECTION_SECONDS: "600" } });

overFronts("an ejected endpoint comes back", pair, async ({ port, gateway }, made) => {
  await untilEjected(port, () => gateway.metrics());
  const revived = revive(made[1]!.port);
  await until("it is asked again", () => ask(port), (answer) => answer === "200 revived");
  await revived.shutdown();
}, { env: { RAUTA_EJECTION_SECONDS: "0.2" } });

/** One that refuses, and nothing else. */
function alone(): readonly RawEndpoint[] {
  return pair().slice(1);
}

overFronts("the only endpoint is asked even where it is ejected", alone, async (stage, made) => {
  const { port, gateway } = stage;
  await until("the endpoint is ejected", async () => {
    assert.match(await ask(port), /^502 /);
    return await gateway.metrics();
  }, (page) => page.includes("rauta_ejected_endpoints 1"));
  const revived = revive(made[0]!.port);
  assertEquals(await ask(port), "200 revived");
  await revived.shutdown();
}, { env: { RAUTA_EJECTION_SECONDS: "600" } });
