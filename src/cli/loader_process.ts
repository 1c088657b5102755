// The loader that the launcher builds and runs for RAUTA_MODE=observability: a socket in a folder of
// its own, gone with it. The proxy process runs no programs, so this is the launcher's.

import { buildLoader, LOADER_PATH } from "./build_loader.ts";

export interface LoaderProcess {
  readonly socketPath: string;
  /** Resolves when it has ended by itself or by `stop`. */
  readonly ended: Promise<number>;
  /** Ends it; gives its exit code. */
  stop(): Promise<number>;
}

/** @throws {Error} where this user or this system can't observe, or the loader can't be built. */
export async function startLoader(interfaces: readonly string[]): Promise<LoaderProcess> {
  if (Deno.uid() !== 0) {
    throw new Error(
      "observing an interface needs root: start again as root, or set RAUTA_OBSERVER_SOCKET to " +
        "the socket of a loader that runs",
    );
  }
  if (await buildLoader() === "built") console.error("loader built");
  const folder = await Deno.makeTempDir({ dir: "build", prefix: "observer-" });
  const socketPath = `${Deno.cwd()}/${folder}/loader.sock`;
  const child = new Deno.Command(LOADER_PATH, {
    args: [...interfaces.flatMap((name) => ["--interface", name]), "--socket", socketPath],
    stdin: "null",
    stdout: "null",
    // A group of its own: a Ctrl-C of the terminal ends it through us, behind the observer.
    detached: true,
  }).spawn();
  return {
    socketPath,
    ended: child.status.then(({ code }) => code),
    async stop() {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended already and has said why.
      }
      const { code } = await child.status;
      await Deno.remove(folder, { recursive: true }).catch(() => {});
      return code;
    },
  };
}
