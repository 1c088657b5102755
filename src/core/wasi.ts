// The host of the four WASI functions that AssemblyScript's shim may import.
// Standard output and error go to the given sink, a line at a time; exit becomes an exception.
// Gives the module no file, no argument and no environment. Uses no Deno API.

const ERRNO_SUCCESS = 0;
const ERRNO_BADF = 8;
const ERRNO_INVAL = 28;
const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

/** The module called proc_exit: its abort, after it has written why. */
export class CoreExit extends Error {
  override readonly name = "CoreExit";
  constructor(readonly code: number) {
    super(`the core exited with code ${code}`);
  }
}

export interface WasiHost {
  readonly imports: WebAssembly.ModuleImports;
}

/** `memory` is the one the module imports; `line` gets what it writes, without line ends. */
export function createWasiHost(memory: WebAssembly.Memory, line: (text: string) => void): WasiHost {
  const decoder = new TextDecoder();
  let pending = "";

  function write(text: string): void {
    const lines = (pending + text).split("\n");
    pending = lines.pop() ?? "";
    for (const each of lines) line(each);
  }

  return {
    imports: {
      fd_write(fd: number, iovs: number, iovsLength: number, written: number): number {
        if (fd !== 1 && fd !== 2) return ERRNO_BADF;
        const view = new DataView(memory.buffer);
        let total = 0;
        for (let i = 0; i < iovsLength; i++) {
          const at = view.getUint32(iovs + i * 8, true);
          const length = view.getUint32(iovs + i * 8 + 4, true);
          write(decoder.decode(new Uint8Array(memory.buffer, at, length).slice()));
          total += length;
        }
        view.setUint32(written, total, true);
        return ERRNO_SUCCESS;
      },
      random_get(at: number, length: number): number {
        const bytes = new Uint8Array(length);
        for (let i = 0; i < length; i += 65536) {
          crypto.getRandomValues(bytes.subarray(i, i + 65536));
        }
        new Uint8Array(memory.buffer, at, length).set(bytes);
        return ERRNO_SUCCESS;
      },
      clock_time_get(clock: number, _precision: bigint, at: number): number {
        if (clock !== CLOCK_REALTIME && clock !== CLOCK_MONOTONIC) return ERRNO_INVAL;
        const ms = clock === CLOCK_REALTIME ? Date.now() : performance.now();
        const ns = BigInt(Math.round(ms * 1e6));
        new DataView(memory.buffer).setBigUint64(at, ns, true);
        return ERRNO_SUCCESS;
      },
      proc_exit(code: number): never {
        if (pending) line(pending);
        pending = "";
        throw new CoreExit(code);
      },
    },
  };
}
