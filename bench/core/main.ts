// The core's figures: lookups in small and large tables, compile, load, swap, counters, Maglev.
// Prints them and writes bench/results/core.md. `--quick`: fewer rounds, nothing written.

import { TableCompiler } from "../../src/core/compiler/table_compiler.ts";
import { GatewayCore } from "../../src/core/gateway_core.ts";
import { IdRegistry } from "../../src/core/ids.ts";
import { MeasureStore, MeasureWriter } from "../../src/core/measure.ts";
import { SharedRecorder } from "../../src/data/shared_recorder.ts";
import { createRecordSink } from "../../src/data/wire/observe.ts";
import { emptyRecord } from "../../src/data/wire/record.ts";
import type { Listener } from "../../src/ir/snapshot.ts";
import { type Figure, figure, row, writePage } from "./figures.ts";
import { lookups, timed } from "./lookups.ts";
import { hostnamesOf, listenerOf, routeOf, type Shape, SHAPES, snapshotOf } from "./tables.ts";

const isQuick = Deno.args.includes("--quick");
const LARGE = 10_000;
const SMALL = 10;
const ROUNDS = isQuick ? 7 : 21;
/** Lookups alternate between small and large in short turns, so that both see the same machine. */
const LOOKUP_ROUNDS = isQuick ? 41 : 301;

const coreModule = await WebAssembly.compile(await Deno.readFile("build/core.wasm"));
const measureModule = await WebAssembly.compile(await Deno.readFile("build/measure.wasm"));

function newCore(): GatewayCore {
  return GatewayCore.create(coreModule, { maxMemoryBytes: 512 * 1024 * 1024 });
}

function compareLookups(shape: Shape): { figures: Figure[]; ratio: Figure } {
  const small = lookups(coreModule, shape, SMALL);
  const large = lookups(coreModule, shape, LARGE);
  const samples: [number, number][] = [];
  for (let round = 0; round < LOOKUP_ROUNDS; round++) samples.push([small(), large()]);
  return {
    figures: [
      figure(`${shape}: 10 routes`, "ns", samples.map(([ns]) => ns)),
      figure(`${shape}: 10,000 routes`, "ns", samples.map(([, ns]) => ns)),
    ],
    ratio: figure(`${shape}: ratio`, "x", samples.map(([a, b]) => b / a)),
  };
}

function withOneChanged(listener: Listener, shape: Shape, at: number, version: number): Listener {
  const routes = [...listener.routes];
  routes[at] = { hostnames: hostnamesOf(shape, at), route: routeOf(shape, at, version) };
  return { ...listener, routes };
}

function compileFigures(shape: Shape): Figure[] {
  const whole: number[] = [];
  const first: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const listener = listenerOf(shape, LARGE);
    whole.push(timed(() => {
      new TableCompiler(new IdRegistry()).compile(snapshotOf(listener));
    }));
  }
  const compiler = new TableCompiler(new IdRegistry());
  let listener = listenerOf(shape, LARGE);
  const core = newCore();
  core.loadRoutes(compiler.compile(snapshotOf(listener)).routes!);
  const load: number[] = [];
  let size = 0;
  for (let round = 0; round < ROUNDS * 3; round++) {
    listener = withOneChanged(listener, shape, (round * 131) % LARGE, round + 1);
    let routes: Uint8Array | undefined;
    first.push(timed(() => routes = compiler.compile(snapshotOf(listener)).routes));
    size = routes!.length;
    load.push(timed(() => {
      if (!core.loadRoutes(routes!).ok) throw new Error("refused");
    }));
  }
  return [
    figure(`${shape}: whole compile of 10,000 routes`, "ms", whole),
    figure(`${shape}: compile after one changed`, "ms", first),
    figure(
      `${shape}: load in the core (copy, check, swap; ${(size / 1e6).toFixed(1)} MB)`,
      "ms",
      load,
    ),
  ];
}

function notKept(): never {
  throw new Error("there is no access log here");
}

function measureFigures(): Figure[] {
  const store = new MeasureStore(1);
  const writer = new MeasureWriter(measureModule, store.region(0));
  const calls = 200_000;
  const sink = createRecordSink(new SharedRecorder(writer, 0, false), undefined);
  const record = emptyRecord(0, "127.0.0.1");
  const core = { words: new Uint32Array(), requestText: () => notKept() };
  const alone: number[] = [];
  const wholePath: number[] = [];
  const withClocks: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(
      timed(() => {
        for (let i = 0; i < calls; i++) writer.request(i & 1023, 1, 200, 100 + (i & 4095));
      }) * 1e6 / calls,
    );
    wholePath.push(
      timed(() => {
        for (let i = 0; i < calls; i++) {
          record.methodId = 1;
          record.status = 200;
          record.labelId = i & 1023;
          record.serviceId = i & 63;
          record.firstByteMs = 0.2;
          record.totalMs = 0.1 + (i & 4095) / 1000;
          sink(record, core);
        }
      }) * 1e6 / calls,
    );
    withClocks.push(
      timed(() => {
        for (let i = 0; i < calls; i++) {
          const start = performance.now();
          writer.request(i & 1023, 1, 200, (performance.now() - start) * 1000);
        }
      }) * 1e6 / calls,
    );
  }
  return [
    figure("counter and histogram of one request, 1,024 series", "ns", alone),
    figure("the same with both clock reads", "ns", withClocks),
    figure("all that the wire front records of one exchange, no clock", "ns", wholePath),
  ];
}

const lookupLines = ["| lookup (normalise, match, draw) | median | range |", "|---|---|---|"];
for (const shape of SHAPES) {
  const { figures, ratio } = compareLookups(shape);
  for (const each of [...figures, ratio]) lookupLines.push(row(each));
}
const compileLines = ["| tables | median | range |", "|---|---|---|"];
for (const shape of ["hosts", "paths"] as const) {
  for (const each of compileFigures(shape)) compileLines.push(row(each));
}
const measureLines = ["| counters | median | range |", "|---|---|---|"];
for (const each of measureFigures()) measureLines.push(row(each));

const sections = [
  { heading: "Lookups, random hits", lines: lookupLines },
  { heading: "Tables", lines: compileLines },
  { heading: "Counters", lines: measureLines },
];
for (const { lines } of sections) console.log(lines.join("\n"));
if (!isQuick) {
  await writePage("bench/results/core.md", "The core", "deno task bench:core", sections);
}
