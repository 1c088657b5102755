// Runs other programs and returns what they said; a failure throws with the command and its words.
// Never goes through a shell, so no argument needs quoting.

export interface RunOptions {
  readonly stdin?: string | Uint8Array<ArrayBuffer>;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** Killed after this many milliseconds. */
  readonly timeoutMs?: number;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end and returns its exit code and output, whatever they are. */
export async function attempt(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const child = new Deno.Command(args[0], {
    args: args.slice(1),
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    env: options.env,
    cwd: options.cwd,
    signal: options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs),
  }).spawn();
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    const bytes = typeof options.stdin === "string"
      ? new TextEncoder().encode(options.stdin)
      : options.stdin;
    // A program that ends without reading its input breaks the pipe; its exit code tells more.
    await writer.write(bytes).then(() => writer.close()).catch(() => {});
  }
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Runs a program that must succeed; returns its standard output. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<string> {
  const outcome = await attempt(args, options);
  if (outcome.code === 0) return outcome.stdout;
  const said = (outcome.stderr.trim() || outcome.stdout.trim()).split("\n").slice(-20).join("\n");
  throw new Error(`${args.join(" ").slice(0, 300)}\n  ended with ${outcome.code}: ${said}`);
}

/** The arguments that run a program in a network namespace, with the host's files and processes. */
export function insideNetwork(namespacePath: string, args: readonly string[]): string[] {
  return ["nsenter", `--net=${namespacePath}`, "--", ...args];
}

/** Asks again every `everyMs` until the answer is neither null nor an error, or time is up. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | null>,
  { timeoutMs, everyMs = 50 }: { timeoutMs: number; everyMs?: number },
): Promise<T> {
  const deadlineMs = performance.now() + timeoutMs;
  let lastError: unknown = null;
  while (performance.now() < deadlineMs) {
    try {
      const answer = await ask();
      if (answer !== null) return answer;
      lastError = null;
    } catch (error) {
      lastError = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const why = lastError instanceof Error ? `: ${lastError.message}` : "";
  throw new Error(`waited ${timeoutMs} ms in vain for ${what}${why}`);
}
