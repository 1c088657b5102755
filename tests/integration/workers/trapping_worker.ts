// The real worker over a core that traps on a head that names /trap, as a fault in it would: the
// module's own exports are called, but for those that are given such a head.

import "../../../src/data/worker.ts";

const RealInstance = WebAssembly.Instance;
const FATAL_PATH = "/trap";

function holds(memory: WebAssembly.Memory, from: number, length: number): boolean {
  const bytes = new Uint8Array(memory.buffer, from, length);
  return new TextDecoder("latin1").decode(bytes).includes(FATAL_PATH);
}

/** Calls in TypeScript's hands: one of each front that reads a request's head. */
function trapping(exports: WebAssembly.Exports, memory: WebAssembly.Memory): WebAssembly.Exports {
  const { routeRequest, requestStep } = exports as Record<string, (...args: number[]) => number>;
  if (!routeRequest || !requestStep) return exports;
  return {
    ...exports,
    routeRequest(...args: number[]) {
      if (holds(memory, 0, memory.buffer.byteLength)) throw new WebAssembly.RuntimeError("trap");
      return routeRequest(...args);
    },
    requestStep(...args: number[]) {
      if (holds(memory, args[1]!, args[2]!)) throw new WebAssembly.RuntimeError("trap");
      return requestStep(...args);
    },
  };
}

class TrappingInstance {
  readonly exports: WebAssembly.Exports;

  constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
    const memory = imports.env?.memory as WebAssembly.Memory;
    this.exports = trapping(new RealInstance(module, imports).exports, memory);
  }
}

WebAssembly.Instance = TrappingInstance as unknown as typeof WebAssembly.Instance;
