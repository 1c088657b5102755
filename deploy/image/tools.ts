// Small tools of the image build: running programs, listing files, digests.

/** Runs a program that must succeed; returns its standard output. */
export async function run(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(args[0], {
    args: args.slice(1),
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout);
  if (code === 0) return output;
  throw new Error(`${args.join(" ")}\n  ended with ${code}: ${output}${decoder.decode(stderr)}`);
}

/** Paths of all files below a folder, relative to it, sorted by code unit; links are followed. */
export async function listFiles(folder: string, prefix = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    const { isDirectory } = await Deno.stat(path);
    if (isDirectory) files.push(...await listFiles(path, `${prefix}${entry.name}/`));
    else files.push(`${prefix}${entry.name}`);
  }
  return files.sort();
}

/** SHA-256 as hex. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
