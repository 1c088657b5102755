// The events that leave the service table against docs/observer_event.schema.json.

import { assertEquals } from "../../assert.ts";
import { SketchPool } from "../../../src/core/sketches.ts";
import type { ObserverEvent } from "../../../src/observe/events/event.ts";
import { ERROR_RATE_THRESHOLDS } from "../../../src/observe/processors/error_rate.ts";
import { HEALTH_CHECK_THRESHOLDS } from "../../../src/observe/processors/health_check.ts";
import { SLOW_RESPONSE_THRESHOLDS } from "../../../src/observe/processors/slow_response.ts";
import { ServiceIndex } from "../../../src/observe/services/service_index.ts";
import { ServiceTable } from "../../../src/observe/services/service_table.ts";
import type { Exchange } from "../../../src/observe/pairing/types.ts";

interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly minimum?: number;
}

function typeOf(value: unknown): readonly string[] {
  if (value === null) return ["null"];
  if (typeof value === "number") {
    return Number.isInteger(value) ? ["integer", "number"] : ["number"];
  }
  return [typeof value];
}

/** The keywords that the schema uses; what does not hold, by path. */
function broken(schema: Schema, value: unknown, path: string): string[] {
  if (schema.enum && !schema.enum.includes(value)) return [path];
  if (schema.anyOf) {
    return schema.anyOf.some((one) => broken(one, value, path).length === 0) ? [] : [path];
  }
  const types = schema.type === undefined ? null : [schema.type].flat();
  if (types && !typeOf(value).some((type) => types.includes(type))) return [path];
  if (schema.minimum !== undefined && Number(value) < schema.minimum) return [path];
  if (typeof value !== "object" || value === null) return [];
  const found = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key));
  for (const [key, member] of Object.entries(value)) {
    const known = schema.properties?.[key];
    const rest = schema.additionalProperties;
    if (known) found.push(...broken(known, member, `${path}.${key}`));
    else if (rest === false) found.push(`${path}.${key}`);
    else if (typeof rest === "object") found.push(...broken(rest, member, `${path}.${key}`));
  }
  return found;
}

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
  const head = { method: "GET", target: "/a?b", host: "h", userAgent: "kube-probe/1", ...lengths };
  for (let second = 0; second < 20; second++) {
    for (let index = 0; index < 100; index++) {
      const status = second > 10 ? 503 : 200;
      const exchange: Exchange = {
        outcome: "known",
        flow,
        request: { kind: "request", ...base, head },
        response: { kind: "response", ...base, head: { status, ...lengths } },
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
