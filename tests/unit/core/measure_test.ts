import { bucketTopUs, MeasureStore, MeasureWriter } from "../../../src/core/measure.ts";
import { assertEquals } from "../../assert.ts";

let compiled: WebAssembly.Module | undefined;
async function measureModule(): Promise<WebAssembly.Module> {
  compiled ??= await WebAssembly.compile(await Deno.readFile("build/measure.wasm"));
  return compiled;
}

Deno.test("measure: counts of all workers are added up by label, method and status", async () => {
  const module = await measureModule();
  const store = new MeasureStore(2, { counterLimit: 16, histogramLimit: 8 });
  const first = new MeasureWriter(module, store.region(0));
  const second = new MeasureWriter(module, store.region(1));
  first.request(3, MeasureWriter.methodId("GET"), 200, 1500);
  first.request(3, MeasureWriter.methodId("GET"), 200, 2500);
  second.request(3, MeasureWriter.methodId("GET"), 200, 0);
  second.request(3, MeasureWriter.methodId("BREW"), 418, 7);
  second.upstream(3, 502);
  first.failure(4);
  const { requests, upstream, failures, durations, overflow } = store.read();
  assertEquals(requests, [
    { labelId: 3, method: "other", status: 418, count: 1 },
    { labelId: 3, method: "GET", status: 200, count: 3 },
  ]);
  assertEquals(upstream, [{ serviceId: 3, status: 502, count: 1 }]);
  assertEquals(failures, [{ failure: 4, count: 1 }]);
  assertEquals(durations.map(({ labelId, count, sumUs }) => ({ labelId, count, sumUs })), [
    { labelId: 3, count: 4, sumUs: 4007 },
  ]);
  assertEquals(overflow, { counts: 0, durations: 0 });
});

Deno.test("measure: a service's durations are its own, whatever label has the same number", async () => {
  const module = await measureModule();
  const store = new MeasureStore(2, { counterLimit: 8, histogramLimit: 8 });
  const writers = [0, 1].map((worker) => new MeasureWriter(module, store.region(worker)));
  writers[0].request(3, 1, 200, 100);
  for (const writer of writers) writer.serviceDuration(3, 2_000);
  const { durations, serviceDurations, requests } = store.read();
  assertEquals(durations.map(({ labelId, count, sumUs }) => [labelId, count, sumUs]), [[
    3,
    1,
    100,
  ]]);
  const shown = serviceDurations.map(({ serviceId, count, sumUs }) => [serviceId, count, sumUs]);
  assertEquals(shown, [[3, 2, 4_000]]);
  assertEquals(requests.length, 1);
});

Deno.test("measure: a duration lands in the bucket whose bounds hold it", async () => {
  const module = await measureModule();
  for (const us of [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 100, 1000, 123456, 2 ** 31, 2 ** 32 - 1]) {
    const store = new MeasureStore(1, { counterLimit: 4, histogramLimit: 4 });
    new MeasureWriter(module, store.region(0)).request(1, 1, 200, us);
    const bucket = store.read().durations[0].buckets.indexOf(1);
    const bottom = bucket === 0 ? -1 : bucketTopUs(bucket - 1);
    assertEquals(bottom < us && us <= bucketTopUs(bucket), true, `${us} in bucket ${bucket}`);
  }
});

Deno.test("measure: series beyond the limit go to the overflow, and known ones go on", async () => {
  const store = new MeasureStore(1, { counterLimit: 4, histogramLimit: 2 });
  const writer = new MeasureWriter(await measureModule(), store.region(0));
  for (let label = 0; label < 100; label++) writer.request(label, 1, 200, 10);
  writer.request(0, 1, 200, 10);
  const { requests, durations, overflow } = store.read();
  assertEquals(requests.map(({ labelId, count }) => [labelId, count]), [
    [0, 2],
    [1, 1],
    [2, 1],
    [3, 1],
  ]);
  assertEquals(durations.length, 2);
  assertEquals(overflow, { counts: 96, durations: 98 });
});

Deno.test("measure: a worker that takes a region over goes on counting in it", async () => {
  const module = await measureModule();
  const store = new MeasureStore(1, { counterLimit: 4, histogramLimit: 4 });
  new MeasureWriter(module, store.region(0)).request(5, 1, 200, 10);
  new MeasureWriter(module, store.region(0)).request(5, 1, 200, 10);
  assertEquals(store.read().requests[0].count, 2);
});

Deno.test("measure: more regions than the memory can hold are refused", () => {
  let message = "";
  try {
    new MeasureStore(64, { counterLimit: 1 << 16, histogramLimit: 1 << 16 });
  } catch (error) {
    message = error instanceof RangeError ? error.message : "";
  }
  assertEquals(message.includes("lower a limit"), true, message);
});

interface SketchExports {
  sketchBytes(): number;
  sketchReset(at: number): void;
  sketchAdd(at: number, value: number): void;
  sketchMerge(to: number, from: number): void;
  sketchQuantile(at: number, q: number): number;
}

Deno.test("sketch: every quantile is within 1% of the true one, merged or not", async () => {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 1024, shared: true });
  const instance = new WebAssembly.Instance(await measureModule(), { env: { memory } });
  const sketch = instance.exports as unknown as SketchExports;
  const [whole, left, right] = [1, 2, 3].map((n) => n * 16384);
  for (const at of [whole, left, right]) sketch.sketchReset(at);
  assertEquals(sketch.sketchQuantile(whole, 0.5), NaN);
  const values: number[] = [];
  let seed = 12345;
  for (let i = 0; i < 20000; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    const value = Math.floor(Math.exp((seed / 2 ** 32) * 21));
    values.push(value);
    sketch.sketchAdd(whole, value);
    sketch.sketchAdd(i % 2 === 0 ? left : right, value);
  }
  values.sort((a, b) => a - b);
  sketch.sketchMerge(left, right);
  for (const q of [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1]) {
    const truth = values[Math.floor(q * (values.length - 1))];
    for (const at of [whole, left]) {
      const got = sketch.sketchQuantile(at, q);
      assertEquals(Math.abs(got - truth) <= truth * 0.01, true, `q ${q}: ${got} for ${truth}`);
    }
  }
});
