// What the places that would write a trace cost while nobody asks for one: the core against the same
// sources compiled without those places, turn by turn. Gives figures; writes nothing to disk.

import { compile } from "../../tests/wasm/compile.ts";
import { type Figure, figure } from "./figures.ts";
import { lookups } from "./lookups.ts";
import { SHAPES } from "./tables.ts";

const ROUTES = 10_000;
const ROUNDS = 201;

/** `if (traceAt) note(...);` on a line of its own. */
const PLACE = /^ *if \(traceAt\) note\([^;]*\);$/gm;
/** Lookup and pick have so many at least: a pattern that finds none would compare equals. */
const PLACES = 6;

/** @throws where the places are not found or the sources do not compile. */
async function compileWithoutTracing(): Promise<WebAssembly.Module> {
  let left = 0;
  const module = await compile("core.as/index.ts", (source) =>
    source.replace(PLACE, () => {
      left++;
      return "";
    }));
  if (left < PLACES) throw new Error(`only ${left} places that trace were found`);
  return module;
}

/** Nanoseconds a lookup with and without, and the difference of each pair of turns. */
export async function tracingFigures(): Promise<Figure[]> {
  const shipped = await WebAssembly.compile(await Deno.readFile("build/core.wasm"));
  const without = await compileWithoutTracing();
  const found: Figure[] = [];
  for (const shape of SHAPES) {
    const [now, bare] = [shipped, without].map((module) => lookups(module, shape, ROUTES));
    const samples: [number, number][] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // Who goes second may find warmer caches: they take turns at that too.
      if (round % 2 === 0) samples.push([now(), bare()]);
      else {
        const bareNs = bare();
        samples.push([now(), bareNs]);
      }
    }
    found.push(
      figure(`${shape}: tracing off`, "ns", samples.map(([ns]) => ns)),
      figure(`${shape}: no tracing compiled in`, "ns", samples.map(([, ns]) => ns)),
      figure(`${shape}: difference of each pair`, "ns", samples.map(([a, b]) => a - b)),
    );
  }
  return found;
}
