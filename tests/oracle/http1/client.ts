// Sends a row's bytes to a proxy and watches what comes back, then whether the connection lives on.
// Takes a port and a row, gives an observation; waits for silence only where nothing else can tell.

import { PROBE_PATH, sendAll } from "./backend.ts";
import type { Row } from "./row.ts";

export interface Answer {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Its framing says that nothing of it is missing. */
  readonly isWhole: boolean;
}

/**
 * kept: another request was answered on it; closed: it ended after whole messages; cut: within one;
 * waits: nothing was said for a while; tunnel: it carries bytes both ways.
 */
export type Ending = "kept" | "closed" | "cut" | "waits" | "tunnel";

export interface ClientView {
  readonly interims: readonly number[];
  readonly answers: readonly Answer[];
  readonly ending: Ending;
  readonly tunnelled: string;
}

const PROBE = `GET ${PROBE_PATH} HTTP/1.1\r\nHost: a.example\r\nX-Probe: 1\r\n\r\n`;
const PROBE_BODY = "probe";
const decoder = new TextDecoder("latin1");

interface Parsed {
  readonly interims: number[];
  readonly answers: Answer[];
  /** Bytes behind a 101. */
  readonly tunnelled: string;
  /** The last message is not whole, or there is something that is no message. */
  readonly isOpen: boolean;
}

/** Reads chunks from `at`; the body and where it ends, or undefined where more is to come. */
function dechunk(text: string, from: number): { body: string; end: number } | undefined {
  let at = from;
  let body = "";
  for (;;) {
    const line = text.indexOf("\r\n", at);
    if (line < 0) return undefined;
    const size = parseInt(text.slice(at, line), 16);
    if (Number.isNaN(size)) return undefined;
    if (size === 0) {
      if (text.startsWith("\r\n", line + 2)) return { body, end: line + 4 };
      const end = text.indexOf("\r\n\r\n", line);
      return end < 0 ? undefined : { body, end: end + 4 };
    }
    if (text.length < line + 2 + size + 2) return undefined;
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}

function parse(text: string, methods: readonly string[], ended: boolean): Parsed {
  const interims: number[] = [];
  const answers: Answer[] = [];
  let at = 0;
  while (at < text.length) {
    const end = text.indexOf("\r\n\r\n", at);
    if (end < 0) return { interims, answers, tunnelled: "", isOpen: true };
    const [line, ...lines] = text.slice(at, end).split("\r\n");
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(line!)?.[1] ?? 0);
    const fields = lines.map((each): [string, string] => {
      const colon = each.indexOf(":");
      return [each.slice(0, colon).toLowerCase(), each.slice(colon + 1).trim()];
    });
    at = end + 4;
    if (status === 101) {
      answers.push({ status, fields, body: "", isWhole: true });
      return { interims, answers, tunnelled: text.slice(at), isOpen: false };
    }
    if (status >= 100 && status < 200) {
      interims.push(status);
      continue;
    }
    const value = (wanted: string) => fields.find(([name]) => name === wanted)?.[1];
    const method = methods[answers.length] ?? "GET";
    const push = (body: string, isWhole: boolean) =>
      answers.push({ status, fields, body, isWhole });
    if (method === "HEAD" || status === 204 || status === 304) push("", true);
    else if (value("transfer-encoding") !== undefined) {
      const read = dechunk(text, at);
      if (read === undefined) {
        push(text.slice(at), false);
        return { interims, answers, tunnelled: "", isOpen: true };
      }
      push(read.body, true);
      at = read.end;
    } else if (value("content-length") !== undefined) {
      const length = Number(value("content-length"));
      const body = text.slice(at, at + length);
      push(body, body.length === length);
      if (body.length < length) return { interims, answers, tunnelled: "", isOpen: true };
      at += length;
    } else {
      push(text.slice(at), ended);
      return { interims, answers, tunnelled: "", isOpen: !ended };
    }
  }
  return { interims, answers, tunnelled: "", isOpen: false };
}

class Watch {
  text = "";
  ended = false;
  #wake: (() => void) | undefined;
  readonly conn: Deno.TcpConn;
  readonly #reading: Promise<void>;
  readonly #silenceMs: number;

  constructor(conn: Deno.TcpConn, silenceMs: number) {
    this.conn = conn;
    this.#silenceMs = silenceMs;
    this.#reading = this.#read();
  }

  /** Until `isEnough`, the end, or silence; false for silence. */
  async until(isEnough: () => boolean): Promise<boolean> {
    while (!isEnough() && !this.ended) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const isSilent = await new Promise<boolean>((resolve) => {
        this.#wake = () => resolve(false);
        timer = setTimeout(() => resolve(true), this.#silenceMs);
      });
      clearTimeout(timer);
      if (isSilent) return false;
    }
    return true;
  }

  async close(): Promise<void> {
    try {
      this.conn.close();
    } catch {
      // The runtime has closed it already.
    }
    await this.#reading;
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const count = await this.conn.read(buffer).catch(() => null);
      if (count === null) break;
      this.text += decoder.decode(buffer.subarray(0, count));
      this.#wake?.();
    }
    this.ended = true;
    this.#wake?.();
  }
}

/** Plays a row against the proxy on `port`; `silenceMs`: how long is waited for the next byte. */
export async function play(port: number, row: Row, silenceMs: number): Promise<ClientView> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  conn.setNoDelay();
  const watch = new Watch(conn, silenceMs);
  const methods = row.methods ?? [];
  const parsed = (): Parsed => parse(watch.text, methods, watch.ended);
  const view = (ending: Ending, drop = 0): ClientView => {
    const { interims, answers, tunnelled } = parsed();
    return { interims, answers: answers.slice(0, answers.length - drop), ending, tunnelled };
  };
  try {
    const parts = typeof row.send === "string" ? [row.send] : row.send;
    for (const [index, part] of parts.entries()) {
      const before = watch.text.length;
      if (index > 0) await watch.until(() => watch.text.length > before);
      await sendAll(conn, part);
    }
    const wanted = row.responses ?? 1;
    const whole = () => parsed().answers.filter(({ isWhole }) => isWhole).length >= wanted;
    if (!await watch.until(whole)) return view("waits");
    if (parsed().answers.at(-1)?.status === 101) {
      await sendAll(conn, row.tunnel ?? "");
      await watch.until(() => parsed().tunnelled.length >= (row.tunnel ?? "").length);
      return view("tunnel");
    }
    if (!watch.ended) await sendAll(conn, PROBE);
    const probed = () => parsed().answers.at(-1)?.body === PROBE_BODY;
    if (!await watch.until(probed)) return view("waits");
    if (probed()) return view("kept", 1);
    return view(parsed().isOpen ? "cut" : "closed");
  } finally {
    await watch.close();
  }
}

/** One request on a connection of its own: what was under way before it has been seen by then. */
export async function barrier(port: number, silenceMs: number): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const watch = new Watch(conn, silenceMs);
  await sendAll(conn, PROBE);
  await watch.until(() => watch.text.includes(PROBE_BODY));
  await watch.close();
}
