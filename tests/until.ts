// Waits for a state by asking for it again and again: no test sleeps and hopes.
// Takes a question and what answer is wanted; bounded, so that a test fails by name and never hangs.

/** Far longer than anything takes on a machine with ten times as much to do as it can. */
export const PATIENCE_MS = 120_000;

/** Asks every 10 ms until the answer is as wanted; fails by name, with what was answered last. */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  wanted: (answer: T) => boolean,
): Promise<T> {
  const endMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (performance.now() > endMs) {
      const last = typeof answer === "string" ? answer : JSON.stringify(answer);
      throw new Error(`it never came to pass: ${what}; last: ${String(last).slice(0, 2_000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
