// How a command ends: what it prints, and its exit code.

export interface Output {
  readonly code: number;
  readonly out?: string;
  readonly error?: string;
}

/** Prints and ends the process. */
export async function finish({ code, out, error }: Output): Promise<never> {
  if (error !== undefined) console.error(error);
  if (out !== undefined) {
    const bytes = new TextEncoder().encode(out);
    try {
      for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
    } catch (failure) {
      // Whoever read it, such as `head`, has seen enough.
      if (!(failure instanceof Deno.errors.BrokenPipe)) throw failure;
    }
  }
  Deno.exit(code);
}
