// Accepts TLS on one socket address: handshakes with the certificate that SNI asks for, and hands on
// streams of plain bytes. A handshake that fails or takes too long costs its own connection only.

import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { TlsHost } from "../protocol.ts";
import { CertificateChoice } from "./certificate_choice.ts";
import { TlsStream } from "./tls_stream.ts";

export interface TlsPeer {
  readonly hostname: string;
  readonly port: number;
}

export interface TlsAcceptorOptions {
  readonly address: string;
  readonly port: number;
  readonly hosts: readonly TlsHost[];
  /** Views of reads are made over it. */
  readonly memory: WebAssembly.Memory;
  readonly handshakeMs: number;
  /** A connection has come; false refuses it. */
  readonly admit: () => boolean;
  /** An admitted connection has not become a stream. */
  readonly failed: () => void;
  readonly opened: (stream: TlsStream, peer: TlsPeer) => void;
}

export class TlsAcceptor {
  readonly #options: TlsAcceptorOptions;
  readonly #choice = new CertificateChoice();
  readonly #server: Server;
  readonly #shaking = new Set<TLSSocket>();

  private constructor(options: TlsAcceptorOptions) {
    this.#options = options;
    this.#choice.offer(options.hosts);
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Rejects where the address can't be bound. */
  static listen(options: TlsAcceptorOptions): Promise<TlsAcceptor> {
    const acceptor = new TlsAcceptor(options);
    const { promise, resolve, reject } = Promise.withResolvers<TlsAcceptor>();
    acceptor.#server.once("error", reject);
    // node:net knows reusePort since 23.1; its types here don't.
    const where = { host: options.address, port: options.port, reusePort: true };
    acceptor.#server.listen(where, () => resolve(acceptor));
    return promise;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  offer(hosts: readonly TlsHost[]): void {
    this.#choice.offer(hosts);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#shaking) socket.destroy();
  }

  #accept(socket: Socket): void {
    const { admit, failed, opened, handshakeMs, memory } = this.#options;
    const hostname = socket.remoteAddress;
    const port = socket.remotePort;
    if (hostname === undefined || port === undefined || !admit()) {
      socket.destroy();
      return;
    }
    const tls = new TLSSocket(socket, {
      isServer: true,
      secureContext: this.#choice.fallback,
      ALPNProtocols: ["http/1.1"],
      SNICallback: (name, answer) => {
        const context = this.#choice.forName(name);
        if (context === undefined) answer(new Error("no listener has this name"));
        else answer(null, context);
      },
    });
    this.#shaking.add(tls);
    const timer = handshakeMs > 0 ? setTimeout(() => tls.destroy(), handshakeMs) : undefined;
    let isOver = false;
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      clearTimeout(timer);
      this.#shaking.delete(tls);
      return true;
    };
    const fail = () => {
      if (!end()) return;
      tls.destroy();
      failed();
    };
    socket.on("error", fail);
    tls.on("error", fail);
    tls.on("close", fail);
    tls.on("secure", () => {
      if (end()) opened(new TlsStream(tls, memory), { hostname, port });
    });
  }
}
