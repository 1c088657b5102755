// The ABI of measure.wasm: counters and latency histograms in shared memory.
// The memory belongs to main; each worker writes its own region and nobody else does, so nothing
// here is atomic but the word that makes a new entry visible to the reader. Regions are laid out by
// src/core/measure_layout.ts and survive the worker that wrote them.

export { addCount, addDuration, record } from "./region";
export { sketchAdd, sketchBytes, sketchMerge, sketchQuantile, sketchReset } from "./sketch";

export function measureVersion(): u32 {
  return 1;
}
