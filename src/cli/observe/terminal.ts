// The terminal of a live view: its own screen, no cursor, keys as they are typed, size as it changes.
// Whatever ends the view, `close` puts the terminal back as it was.

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H", END_OF_LINE = "\x1b[K", END_OF_SCREEN = "\x1b[J";

export type Key = "quit" | "sort" | "sort-back" | "reverse" | "pause" | "up" | "down" | "top";

const KEYS: Readonly<Record<string, Key>> = {
  q: "quit",
  Q: "quit",
  s: "sort",
  S: "sort-back",
  r: "reverse",
  " ": "pause",
  k: "up",
  "\x1b[A": "up",
  j: "down",
  "\x1b[B": "down",
  g: "top",
  "\x1b[H": "top",
};

/** The keys in what was typed; others, and escape sequences of others, are passed over. */
export function keysIn(typed: string): Key[] {
  // deno-lint-ignore no-control-regex
  const found = typed.match(/\x1b\[[0-9;]*[A-Za-z~]|[^\x1b]/g) ?? [];
  return found.flatMap((each) => Object.hasOwn(KEYS, each) ? [KEYS[each]] : []);
}

export class Terminal {
  readonly #onKey: (key: Key) => void;
  readonly #onResize: () => void;
  readonly #onEnd = () => this.#onKey("quit");
  /** After Ctrl-Z and `fg` the terminal is the shell's, as it left it. */
  readonly #onContinue = () => {
    this.#take();
    this.#onResize();
  };
  readonly #hasKeys = Deno.stdin.isTerminal();

  constructor(onKey: (key: Key) => void, onResize: () => void) {
    this.#onKey = onKey;
    this.#onResize = onResize;
  }

  open(): void {
    this.#take();
    Deno.addSignalListener("SIGWINCH", this.#onResize);
    Deno.addSignalListener("SIGCONT", this.#onContinue);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      Deno.addSignalListener(signal, this.#onEnd);
    }
    if (this.#hasKeys) void this.#readKeys();
  }

  close(): void {
    Deno.removeSignalListener("SIGWINCH", this.#onResize);
    Deno.removeSignalListener("SIGCONT", this.#onContinue);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      Deno.removeSignalListener(signal, this.#onEnd);
    }
    if (this.#hasKeys) Deno.stdin.setRaw(false);
    this.#write(LEAVE);
  }

  get size(): { columns: number; rows: number } {
    return Deno.consoleSize();
  }

  /** One frame in place of the one before, without a blank in between. */
  draw(lines: readonly string[]): void {
    const shown = lines.slice(0, this.size.rows);
    this.#write(HOME + shown.map((line) => line + END_OF_LINE).join("\r\n") + END_OF_SCREEN);
  }

  #take(): void {
    this.#write(ENTER);
    // Ctrl-C and Ctrl-Z stay signals.
    if (this.#hasKeys) Deno.stdin.setRaw(true, { cbreak: true });
  }

  async #readKeys(): Promise<void> {
    const buffer = new Uint8Array(64);
    const decoder = new TextDecoder();
    for (;;) {
      const count = await Deno.stdin.read(buffer).catch(() => null);
      if (count === null) return;
      for (const key of keysIn(decoder.decode(buffer.subarray(0, count)))) this.#onKey(key);
    }
  }

  #write(text: string): void {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  }
}
