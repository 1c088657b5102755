// Writes tar archives (POSIX ustar) whose bytes depend on nothing but names, modes and contents:
// owner root, time zero. Takes entries in the order to be written; never reads a file itself.

export type TarEntry =
  | { readonly kind: "folder"; readonly path: string; readonly mode: number }
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  | {
    readonly kind: "file";
    readonly path: string;
    readonly mode: number;
    readonly bytes: Uint8Array<ArrayBuffer>;
  };

const BLOCK_BYTES = 512;
const TYPE = { file: "0", link: "2", folder: "5" } as const;

function header(entry: TarEntry): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK_BYTES);
  const put = (text: string, offset: number, room: number) => {
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > room) throw new Error(`${text} is longer than the ${room} bytes of ustar`);
    block.set(bytes, offset);
  };
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0") + "\0";
  const [prefix, name] = splitPath(entry.path);
  put(name, 0, 100);
  put(octal(entry.kind === "link" ? 0o777 : entry.mode, 7), 100, 8);
  put(octal(0, 7), 108, 8);
  put(octal(0, 7), 116, 8);
  put(octal(entry.kind === "file" ? entry.bytes.length : 0, 11), 124, 12);
  put(octal(0, 11), 136, 12);
  put(" ".repeat(8), 148, 8);
  put(TYPE[entry.kind], 156, 1);
  if (entry.kind === "link") put(entry.target, 157, 100);
  put("ustar\x0000", 257, 8);
  put(prefix, 345, 155);
  // The checksum is taken with its own field full of spaces.
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(octal(sum, 6) + " ", 148, 8);
  return block;
}

/** ustar holds a long path as prefix and name, cut at a slash. */
function splitPath(path: string): [prefix: string, name: string] {
  if (path.length <= 100) return ["", path];
  const cut = path.indexOf("/", path.length - 101);
  if (cut < 0 || cut > 155) throw new Error(`path does not fit into ustar: ${path}`);
  return [path.slice(0, cut), path.slice(cut + 1)];
}

export function tar(entries: readonly TarEntry[]): Uint8Array<ArrayBuffer> {
  const padded = (size: number) => Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  const sizes = entries.map((entry) => entry.kind === "file" ? padded(entry.bytes.length) : 0);
  const total = sizes.reduce((sum, size) => sum + BLOCK_BYTES + size, 2 * BLOCK_BYTES);
  const archive = new Uint8Array(total);
  let offset = 0;
  entries.forEach((entry, index) => {
    archive.set(header(entry), offset);
    offset += BLOCK_BYTES;
    if (entry.kind === "file") archive.set(entry.bytes, offset);
    offset += sizes[index];
  });
  return archive;
}
