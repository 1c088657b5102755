// Gives memory back to the system that only starting needed: what the C library holds free, and the
// pages of the program's own file, most of which parse, compile and set up. Those that serving needs
// come back by themselves, a fault for every sixteen. Touches nothing that was ever written to.

/** Types of entries of the auxiliary vector (getauxval(3)). */
const AT_PHDR = 3n;
const AT_PHNUM = 5n;
const AT_PAGESZ = 6n;
/** Program headers of a 64-bit ELF file (elf(5)). */
const HEADER_BYTES = 56;
const PT_LOAD = 1;
const PT_PHDR = 6;
const PF_W = 2;
const MADV_DONTNEED = 4;

const SYMBOLS = {
  malloc_trim: { parameters: ["usize"], result: "i32" },
  getauxval: { parameters: ["usize"], result: "usize" },
  memcpy: { parameters: ["buffer", "usize", "usize"], result: "void" },
  madvise: { parameters: ["usize", "usize", "i32"], result: "i32" },
} as const;

/** A part of the process's memory: where it begins, and its size in bytes. */
export interface Segment {
  readonly address: bigint;
  readonly sizeBytes: bigint;
}

/**
 * The loaded segments of a program that it can't write to, in whole pages.
 * @param headers its program headers, which lie at `address` in memory.
 */
export function readOnlySegments(
  headers: Uint8Array,
  address: bigint,
  pageBytes: bigint,
): Segment[] {
  const view = new DataView(headers.buffer, headers.byteOffset, headers.byteLength);
  const starts = Array.from(
    { length: Math.floor(headers.length / HEADER_BYTES) },
    (_, index) => index * HEADER_BYTES,
  );
  const type = (at: number) => view.getUint32(at, true);
  const virtual = (at: number) => view.getBigUint64(at + 16, true);
  const own = starts.find((at) => type(at) === PT_PHDR);
  // Without it nobody knows how far the program was moved.
  if (own === undefined) return [];
  const base = address - virtual(own);
  return starts
    .filter((at) => type(at) === PT_LOAD && (view.getUint32(at + 4, true) & PF_W) === 0)
    .map((at) => {
      const from = base + virtual(at);
      const until = from + view.getBigUint64(at + 32, true);
      const first = from - from % pageBytes;
      return { address: first, sizeBytes: (until - first) / pageBytes * pageBytes };
    })
    .filter(({ sizeBytes }) => sizeBytes > 0n);
}

/**
 * Takes some milliseconds, in which other threads may wait for memory: not often, not under load.
 * @param libcPath what findLibc says.
 */
export function giveBackMemory(libcPath: string): void {
  const library = Deno.dlopen(libcPath, SYMBOLS);
  try {
    const { malloc_trim, getauxval, memcpy, madvise } = library.symbols;
    malloc_trim(0n);
    const address = getauxval(AT_PHDR);
    const headers = new Uint8Array(Number(getauxval(AT_PHNUM)) * HEADER_BYTES);
    if (address === 0n || headers.length === 0) return;
    memcpy(headers, address, BigInt(headers.length));
    for (const segment of readOnlySegments(headers, address, getauxval(AT_PAGESZ))) {
      madvise(segment.address, segment.sizeBytes, MADV_DONTNEED);
    }
  } finally {
    library.close();
  }
}
