// A lock between processes on a file that goes away with what it guards.
// The kernel lets go of it when its holder dies, however it dies.

/** Waits for the lock and returns the function that gives it back; says once that it waits. */
export async function takeLock(path: string, what: string): Promise<() => void> {
  for (;;) {
    const file = await Deno.open(path, { create: true, write: true });
    if (!await file.tryLock(true)) {
      console.error(`waiting for another process to finish ${what}`);
      await file.lock(true);
    }
    if (await isStillAt(file, path)) return () => file.close();
    // The holder before us removed the file: what we hold is not what the next one would open.
    file.close();
  }
}

async function isStillAt(file: Deno.FsFile, path: string): Promise<boolean> {
  try {
    return (await file.stat()).ino === (await Deno.stat(path)).ino;
  } catch {
    return false;
  }
}
