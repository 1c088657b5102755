// Quantile sketches of measure.wasm (core.as/measure/sketch.ts) in a memory of their own.
// Takes values as u32 of any unit; gives quantiles within 1% of the true value. One thread.

interface SketchExports {
  _start?(): void;
  sketchBytes(): number;
  sketchReset(sketch: number): void;
  sketchAdd(sketch: number, value: number): void;
  sketchMerge(to: number, from: number): void;
  sketchQuantile(sketch: number, q: number): number;
}

const PAGE_BYTES = 65536;
const MAXIMUM_PAGES = 1024;
const MAX_VALUE = 0xffffffff;

/** An address in the pool's memory. */
export type Sketch = number;

export class SketchPool {
  readonly #memory: WebAssembly.Memory;
  readonly #exports: SketchExports;
  readonly #sketchBytes: number;
  #next = PAGE_BYTES;

  /** `module` is the compiled measure.wasm. */
  constructor(module: WebAssembly.Module) {
    this.#memory = new WebAssembly.Memory({ initial: 2, maximum: MAXIMUM_PAGES, shared: true });
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.#exports = instance.exports as unknown as SketchExports;
    this.#exports._start?.();
    this.#sketchBytes = Math.ceil(this.#exports.sketchBytes() / 16) * 16;
  }

  /** @throws {RangeError} when 64 MiB are in use. */
  allocate(): Sketch {
    const at = this.#next;
    this.#next += this.#sketchBytes;
    const pages = Math.ceil((this.#next - this.#memory.buffer.byteLength) / PAGE_BYTES);
    if (pages > 0) this.#memory.grow(pages);
    this.#exports.sketchReset(at);
    return at;
  }

  reset(sketch: Sketch): void {
    this.#exports.sketchReset(sketch);
  }

  add(sketch: Sketch, value: number): void {
    this.#exports.sketchAdd(sketch, Math.min(MAX_VALUE, Math.max(0, Math.round(value))));
  }

  /** Adds what `from` holds to `to`. */
  merge(to: Sketch, from: Sketch): void {
    this.#exports.sketchMerge(to, from);
  }

  count(sketch: Sketch): number {
    return Number(new DataView(this.#memory.buffer).getBigUint64(sketch, true));
  }

  /** NaN for an empty sketch. */
  quantile(sketch: Sketch, share: number): number {
    return this.#exports.sketchQuantile(sketch, share);
  }
}
