// Compiles an AssemblyScript entry in this process and instantiates it, for tests of core.as parts
// that core.wasm does not export one by one. Takes an entry's path, gives its exports and memory.
// Writes nothing to disk and runs no other program.

import { main as asc } from "assemblyscript/asc";

export interface WasmModule {
  readonly memory: WebAssembly.Memory;
  readonly call: Readonly<Record<string, (...args: (number | bigint)[]) => number>>;
}

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** `rewrite` may change each source on the way to the compiler. */
export async function compile(
  entry: string,
  rewrite: (source: string) => string = (source) => source,
): Promise<WebAssembly.Module> {
  let binary: Uint8Array | null = null;
  const { error, stderr } = await asc([entry, "--target", "core", "--outFile", "test.wasm"], {
    readFile: (name, base) => {
      try {
        return rewrite(Deno.readTextFileSync(base ? `${base}/${name}` : name));
      } catch {
        return null;
      }
    },
    writeFile: (name, contents) => {
      if (name.endsWith(".wasm") && typeof contents !== "string") binary = contents;
    },
    listFiles: (folder, base) => {
      try {
        const names = [...Deno.readDirSync(base ? `${base}/${folder}` : folder)];
        return names.map((entry) => entry.name)
          .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"));
      } catch {
        return null;
      }
    },
  });
  if (error || binary === null) throw new Error(`${entry} does not compile:\n${stderr}`);
  return new WebAssembly.Module(binary as Uint8Array<ArrayBuffer>);
}

/** A fresh instance of the module compiled from `entry`, with `pages` of 64 KiB to start with. */
export async function instantiate(entry: string, pages = 64): Promise<WasmModule> {
  let module = compiled.get(entry);
  if (!module) compiled.set(entry, module = compile(entry));
  const memory = new WebAssembly.Memory({ initial: pages });
  const instance = await WebAssembly.instantiate(await module, { env: { memory } });
  const call = instance.exports as unknown as WasmModule["call"];
  call._start?.();
  return { memory, call };
}
