// The events that leave the service table against docs/observer_event.schema.json.

import { assertEquals } from "../../assert.ts";
import { broken } from "../../json_schema.ts";
import { SketchPool } from "../../../src/core/sketches.ts";
import type { ObserverEvent } from "../../../src/observe/events/event.ts";
import { ERROR_RATE_THRESHOLDS } from "../../../src/observe/processors/error_rate.ts";
import { HEALTH_CHECK_THRESHOLDS } from "../../../src/observe/processors/health_check.ts";
import { SLOW_RESPONSE_THRESHOLDS } from "../../../src/observe/processors/slow_response.ts";
import { ServiceIndex } from "../../../src/observe/services/service_index.ts";
import { ServiceTable } from "../../../src/observe/services/service_table.ts";
import type { Exchange } from "../../../src/observe/pairing/types.ts";

Deno.test("events are what the schema says", async () => {
  const schema = JSON.parse(await Deno.readTextFile("docs/observer_event.schema.json"));
  const module = await WebAssembly.compile(await Deno.readFile("build/measure.wasm"));
  const events: ObserverEvent[] = [];
  const thresholds = {
    slow: SLOW_RESPONSE_THRESHOLDS,
    errors: ERROR_RATE_THRESHOLDS,
    probes: HEALTH_CHECK_THRESHOLDS,
  };
  const pool = new SketchPool(module);
  const table = new ServiceTable(pool, new ServiceIndex(), thresholds, (it) => events.push(it));
  const flow = new Uint32Array([0, 0, 0xffff, 1, 0x20010db8, 0, 0, 2, (5000 << 16) | 80, 1]);
  const base = { tsUs: 0, seq: 0, ack: 0, payloadLength: 1, ordinal: 1 };
  const lengths = { headLength: 1, bodyLength: 0 };
  const probe = { userAgent: "kube-probe/1", mayUpgrade: false };
  const head = { method: "GET", target: "/a?b", host: "h", ...probe, ...lengths };
  for (let second = 0; second < 20; second++) {
    for (let index = 0; index < 100; index++) {
      const status = second > 10 ? 503 : 200;
      const exchange: Exchange = {
        outcome: "known",
        flow,
        request: { kind: "request", ...base, head, next: null },
        response: { kind: "response", ...base, head: { status, ...lengths }, candidates: null },
        latencyUs: second > 10 ? 90_000 : 1000,
      };
      table.add(exchange, second * 1000);
    }
    table.second(second * 1000, 0);
  }
  const types = new Set(events.map(({ type }) => type));
  assertEquals([...types].sort(), ["ErrorRate", "HealthCheck", "SlowResponse"]);
  for (const event of events) assertEquals(broken(schema, event, "event"), []);
  assertEquals(broken(schema, { ...events[0], type: "Rumour" }, "event"), ["event.type"]);
  assertEquals(events[0].k8s_context.service, "[2001:db8::2]:80");
});
