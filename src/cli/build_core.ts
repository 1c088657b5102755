// Compiles core.as into build/*.wasm with AssemblyScript, in this process, under Deno.
// Skips the work when the stamp says that sources, options and compiler are unchanged.
// Never runs another program and never writes outside build/.

import { main as asc } from "assemblyscript/asc";

const STAMP_PATH = "build/core.stamp";
const TARGETS = [
  { name: "core", entry: "core.as/index.ts", output: "build/core.wasm" },
  { name: "measure", entry: "core.as/measure/index.ts", output: "build/measure.wasm" },
];

async function sourceFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) files.push(...await sourceFiles(path));
    else if (entry.name.endsWith(".ts")) files.push(path);
  }
  return files.sort();
}

/** SHA-256 over every source, the options and the pinned compiler version, as hex. */
async function fingerprint(): Promise<string> {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  for (const path of [...await sourceFiles("core.as"), "asconfig.json", "deno.json"]) {
    const bytes = await Deno.readFile(path);
    parts.push(encoder.encode(`${path} ${bytes.length}\n`), bytes);
  }
  const all = await new Blob(parts as BlobPart[]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", all));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function isCurrent(stamp: string): Promise<boolean> {
  try {
    for (const target of TARGETS) await Deno.stat(target.output);
    return (await Deno.readTextFile(STAMP_PATH)) === stamp;
  } catch {
    return false;
  }
}

/** The compiler's own says nothing where it can't write. */
async function writeFile(name: string, contents: Uint8Array | string): Promise<void> {
  const bytes = typeof contents === "string" ? new TextEncoder().encode(contents) : contents;
  await Deno.writeFile(name, bytes);
}

/** Builds every target unless it is up to date; throws with the compiler's own words otherwise. */
export async function buildCore(): Promise<"built" | "current"> {
  const stamp = await fingerprint();
  if (await isCurrent(stamp)) return "current";
  await Deno.mkdir("build", { recursive: true });
  // Ended half-way, this must leave no stamp beside what it does not say.
  await Deno.remove(STAMP_PATH).catch(() => {});
  for (const target of TARGETS) {
    const { error, stderr } = await asc([target.entry, "--target", target.name], { writeFile });
    if (error) throw new Error(`${target.entry} does not compile:\n${stderr.toString()}`);
  }
  await Deno.writeTextFile(STAMP_PATH, stamp);
  return "built";
}

if (import.meta.main) {
  const startMs = performance.now();
  const outcome = await buildCore();
  const elapsedMs = Math.round(performance.now() - startMs);
  console.error(outcome === "built" ? `core built in ${elapsedMs} ms` : "core is up to date");
}
