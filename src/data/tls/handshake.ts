// One connection from its first byte to a stream of plain bytes: its ClientHello is read by the core,
// which certificate answers is chosen, and the engine does the rest. A client that fails, or takes too
// long, is told by an alert where one can be sent, and costs its own connection only.

import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { MAX_HELLO_BYTES, readClientHello } from "../../core/client_hello.ts";
import type { ClientHello, HelloFault, HelloResult } from "../../core/client_hello.ts";
import type { Blocks } from "../wire/blocks.ts";
import type { CertificateChoice } from "./certificate_choice.ts";
import { TlsStream } from "./tls_stream.ts";

export interface HandshakeOptions {
  readonly blocks: Blocks;
  readonly choice: CertificateChoice;
  /** From the accept to the end of the handshake; 0: no limit. */
  readonly handshakeMs: number;
  /** The handshake is done; `name`: the host that the client named, or none. */
  readonly opened: (stream: TlsStream, name: string) => void;
  /** The connection is gone. `isFailure`: the client had sent something, so that it was a try. */
  readonly failed: (isFailure: boolean) => void;
}

/** AlertDescription, RFC 8446 section 6. */
const ALERT_DECODE_ERROR = 50;
const ALERT_PROTOCOL_VERSION = 70;
const ALERT_INTERNAL_ERROR = 80;
const ALERT_UNRECOGNIZED_NAME = 112;
const ALERT_NO_APPLICATION_PROTOCOL = 120;

/** How long what was sent last may take to arrive before the connection is closed. */
const FAREWELL_MS = 1_000;

const NOT_HTTPS = "this port speaks HTTPS, not HTTP\n";
const PLAIN_HTTP = Buffer.from(
  "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n" +
    `Content-Length: ${NOT_HTTPS.length}\r\nConnection: close\r\n\r\n${NOT_HTTPS}`,
);

/** A fatal alert in the clear. */
function alert(description: number): Buffer {
  return Buffer.from([21, 3, 3, 0, 2, 2, description]);
}

/** Every method begins with a capital letter; no TLS record does. */
function looksLikeHttp(first: number): boolean {
  return first >= 0x41 && first <= 0x5a;
}

function answerTo(fault: HelloFault, first: number): Buffer | undefined {
  if (fault === "old-version") return alert(ALERT_PROTOCOL_VERSION);
  if (fault === "malformed") return alert(ALERT_DECODE_ERROR);
  return looksLikeHttp(first) ? PLAIN_HTTP : undefined;
}

export class Handshake {
  readonly #socket: Socket;
  readonly #options: HandshakeOptions;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #chunks: Buffer[] = [];
  #farewell: ReturnType<typeof setTimeout> | undefined;
  #length = 0;
  #needed = 1;
  #isOver = false;

  constructor(socket: Socket, options: HandshakeOptions) {
    this.#socket = socket;
    this.#options = options;
    const { handshakeMs } = options;
    if (handshakeMs > 0) this.#timer = setTimeout(() => this.#gone(), handshakeMs);
    socket.on("error", () => this.#gone());
    socket.on("close", () => this.#gone());
    socket.on("end", this.#onEnd);
    socket.on("data", this.#onData);
  }

  /** Gives the connection up. */
  close(): void {
    this.#gone();
  }

  readonly #onEnd = (): void => this.#gone();

  readonly #onData = (chunk: Buffer): void => {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#needed) return;
    try {
      this.#read();
    } catch {
      // No memory in the core to read it in.
      this.#refuse(alert(ALERT_INTERNAL_ERROR));
    }
  };

  #read(): void {
    const result = this.#readHello();
    switch (result.kind) {
      case "more":
        if (result.neededBytes > MAX_HELLO_BYTES) this.#refuse(alert(ALERT_DECODE_ERROR));
        else this.#needed = result.neededBytes;
        return;
      case "fault":
        return this.#refuse(answerTo(result.fault, this.#chunks[0][0]));
      case "hello":
        return this.#answer(result);
    }
  }

  /** Copies what has come into the core's memory, as much as a ClientHello may have. */
  #readHello(): HelloResult {
    const { blocks } = this.#options;
    const length = Math.min(this.#length, MAX_HELLO_BYTES);
    const block = blocks.take(length);
    try {
      let offset = 0;
      for (const chunk of this.#chunks) {
        const part = chunk.subarray(0, length - offset);
        block.view.set(part, offset);
        offset += part.length;
      }
      return readClientHello(blocks.core, block.address, length);
    } finally {
      blocks.release(block);
    }
  }

  #answer(hello: ClientHello): void {
    if (!hello.takesHttp1) return this.#refuse(alert(ALERT_NO_APPLICATION_PROTOCOL));
    const secureContext = this.#options.choice.choose(hello);
    if (secureContext === undefined) return this.#refuse(alert(ALERT_UNRECOGNIZED_NAME));
    const socket = this.#socket;
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.pause();
    socket.unshift(Buffer.concat(this.#chunks.splice(0)));
    const tls = new TLSSocket(socket, {
      isServer: true,
      secureContext,
      ALPNProtocols: ["http/1.1"],
    });
    tls.on("error", () => this.#gone(tls));
    tls.on("close", () => this.#gone(tls));
    tls.on("secure", () => {
      if (!this.#end()) return;
      this.#options.opened(new TlsStream(tls, this.#options.blocks.core.memory), hello.name);
    });
  }

  /** Sends what is to be said last, and closes when the client has had time to read it. */
  #refuse(last: Buffer | undefined): void {
    const socket = this.#socket;
    if (last === undefined) return this.#gone();
    socket.off("data", this.#onData);
    socket.resume();
    this.#chunks.length = 0;
    socket.end(last);
    this.#farewell = setTimeout(() => this.#gone(), FAREWELL_MS);
  }

  #gone(tls?: TLSSocket): void {
    if (!this.#end()) return;
    tls?.destroy();
    this.#socket.destroy();
    this.#options.failed(this.#length > 0);
  }

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#farewell);
    return true;
  }
}
