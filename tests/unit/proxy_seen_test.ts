// What the proxy measured lately: differences of counters that only grow.

import { IdRegistry } from "../../src/core/ids.ts";
import { MeasureStore, MeasureWriter } from "../../src/core/measure.ts";
import { measuredServices } from "../../src/composition/measurements.ts";
import { ProxySeen } from "../../src/composition/proxy_seen.ts";
import { assertEquals } from "../assert.ts";

Deno.test("rates, errors and latencies are those of the last seconds, ports taken together", async () => {
  const module = await WebAssembly.compile(await Deno.readFile("build/measure.wasm"));
  const store = new MeasureStore(1);
  const writer = new MeasureWriter(module, store.region(0));
  const ids = new IdRegistry();
  const [cart, cartAdmin, quiet] = ["shop/cart:80", "shop/cart:81", "shop/quiet:80"]
    .map((name) => ids.services.idOf(name));
  const answer = (id: number, status: number, durationUs: number, times: number) => {
    for (let count = 0; count < times; count++) {
      writer.upstream(id, status);
      writer.serviceDuration(id, durationUs);
    }
  };
  // Long ago: slow, and many errors.
  answer(cart, 500, 1_000_000, 50);
  answer(quiet, 200, 1_000, 1);
  const seen = new ProxySeen(() => measuredServices(store, ids), 0);
  answer(cart, 200, 3_000, 60);
  answer(cartAdmin, 200, 3_000, 30);
  answer(cart, 503, 90_000, 10);
  const view = seen.view(10_000);
  const now = view.get("shop/cart");
  assertEquals([now?.rate, now?.shareOf5xx], [10, 0.1]);
  const isClose = (value: number | null | undefined, ms: number) =>
    value !== null && value !== undefined && value >= ms && value <= 1.25 * ms;
  assertEquals([isClose(now?.p50AtMostMs, 3), isClose(now?.p99AtMostMs, 90)], [true, true]);
  assertEquals(view.get("shop/quiet"), {
    rate: 0,
    shareOf5xx: 0,
    p50AtMostMs: null,
    p99AtMostMs: null,
  });
  // Two steps later what was seen before is no longer of the last seconds.
  seen.step(10_000);
  seen.step(15_000);
  answer(cart, 200, 3_000, 5);
  assertEquals(seen.view(20_000).get("shop/cart")?.rate, 0.5);
  assertEquals(seen.view(20_000).get("shop/cart")?.shareOf5xx, 0);
});

Deno.test("a service that was not timed has rates and no latency", () => {
  let answered = 0;
  const read = () => new Map([["a/b", { answered, serverErrors: 0, buckets: null }]]);
  const seen = new ProxySeen(read, 0);
  answered = 20;
  assertEquals(seen.view(10_000).get("a/b")?.rate, 2);
  assertEquals(seen.view(10_000).get("a/b")?.p50AtMostMs, null);
});
