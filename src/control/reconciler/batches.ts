// One batch at a time: what arrives while one is under way forms the next, however much it is.
// Takes the work of one batch; runs it when asked, never twice at once, and survives its failures.

export interface Batches {
  /** Asks for a batch that sees everything up to now. Returns at once. */
  trigger(): void;
  /** Resolves when nothing is under way and nothing is asked for. */
  idle(): Promise<void>;
  /** No batch begins afterwards; resolves when the one under way has ended. */
  stop(): Promise<void>;
}

export function createBatches(
  run: () => Promise<void>,
  onError: (error: unknown) => void,
): Batches {
  let wanted = false;
  let stopped = false;
  let loop: Promise<void> | undefined;

  async function runAll(): Promise<void> {
    // One turn of the event loop, so that changes delivered together are seen together.
    await Promise.resolve();
    while (wanted && !stopped) {
      wanted = false;
      try {
        await run();
      } catch (error) {
        onError(error);
      }
    }
    loop = undefined;
  }

  return {
    trigger() {
      if (stopped) return;
      wanted = true;
      loop ??= runAll();
    },
    async idle() {
      while (loop !== undefined) await loop;
    },
    async stop() {
      stopped = true;
      await loop;
    },
  };
}
