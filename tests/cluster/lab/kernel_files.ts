// Files below /proc and /sys, read and written by small programs (cat, tee, mkdir, find, stat): Deno
// itself opens them with all permissions only, and these tasks name theirs (docs/testing.md).
// Takes paths; a file that is gone is no error for who reads it.

import { attempt, run } from "./command.ts";

/** What a file says; null where it is not there, or may not be read. */
export function readKernelFile(path: string): string | null {
  const { success, stdout } = new Deno.Command("cat", {
    args: ["--", path],
    stdin: "null",
    stderr: "null",
  }).outputSync();
  return success ? new TextDecoder().decode(stdout) : null;
}

/** @throws {Error} with the kernel's words where it refuses the text. */
export async function writeKernelFile(path: string, text: string): Promise<void> {
  await run(["tee", "--", path], { stdin: text });
}

export async function makeKernelFolder(path: string): Promise<void> {
  await run(["mkdir", "--parents", "--", path]);
}

/** Whether there is something at a path, which the caller may not read otherwise. */
export async function isKernelPath(path: string): Promise<boolean> {
  return (await attempt(["stat", "--", path])).code === 0;
}

/** Folders in a folder, or in all that are below it; none where it is gone. */
export async function kernelFoldersIn(path: string, all = false): Promise<string[]> {
  const depth = all ? [] : ["-maxdepth", "1"];
  const { stdout } = await attempt(["find", path, "-mindepth", "1", ...depth, "-type", "d"]);
  return stdout.split("\n").filter((line) => line !== "");
}

/** Removes a folder of the kernel's and all below it, the deepest first: their files go with them. */
export async function removeKernelFolders(path: string): Promise<void> {
  const { code, stderr } = await attempt(["find", path, "-depth", "-type", "d", "-delete"]);
  // What vanished meanwhile is what was wanted.
  const refusals = stderr.split("\n").filter((line) =>
    line !== "" && !line.endsWith("No such file or directory")
  );
  if (code !== 0 && refusals.length > 0) throw new Error(refusals.join("\n"));
}

/** The arguments of every process that has some. */
export function allCommandLines(): Map<number, string[]> {
  // A NUL behind each file's name and each word; without a match grep would end with 1.
  const { stdout } = new Deno.Command("sh", {
    args: ["-c", "grep --text --with-filename --null --null-data '' /proc/[0-9]*/cmdline"],
    stdin: "null",
    stderr: "null",
  }).outputSync();
  const parts = new TextDecoder().decode(stdout).split("\0");
  const found = new Map<number, string[]>();
  for (let index = 0; index + 1 < parts.length; index += 2) {
    const pid = Number(/^\/proc\/(\d+)\/cmdline$/.exec(parts[index])?.[1]);
    const words = found.get(pid);
    if (words) words.push(parts[index + 1]);
    else found.set(pid, [parts[index + 1]]);
  }
  return found;
}

/** The inode of every process's network namespace, by pid. */
export function allNetworkInodes(): Map<number, number> {
  const { stdout } = new Deno.Command("sh", {
    args: ["-c", "stat --dereference --format='%i %n' /proc/[0-9]*/ns/net"],
    stdin: "null",
    stderr: "null",
  }).outputSync();
  const rows = new TextDecoder().decode(stdout).matchAll(/^(\d+) \/proc\/(\d+)\/ns\/net$/gm);
  return new Map(Array.from(rows, ([, inode, pid]) => [Number(pid), Number(inode)]));
}
