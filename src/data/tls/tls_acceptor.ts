// Accepts TLS on one socket address: handshakes with the certificate that the client's name asks for,
// and hands on streams of plain bytes.

import { createServer, type Server, type Socket } from "node:net";
import type { TlsHost } from "../protocol.ts";
import type { Blocks } from "../wire/blocks.ts";
import { CertificateChoice } from "./certificate_choice.ts";
import { Handshake } from "./handshake.ts";
import type { TlsStream } from "./tls_stream.ts";

export interface TlsPeer {
  readonly hostname: string;
  readonly port: number;
}

export interface TlsAcceptorOptions {
  readonly address: string;
  readonly port: number;
  readonly hosts: readonly TlsHost[];
  readonly blocks: Blocks;
  /** From the accept to the end of the handshake; 0: no limit. */
  readonly handshakeMs: number;
  /** A connection has come; false refuses it. */
  readonly admit: () => boolean;
  /** An admitted connection has not become a stream; see Handshake. */
  readonly failed: (isFailure: boolean) => void;
  /** `name`: the host that the client named, lower case; empty for none. */
  readonly opened: (stream: TlsStream, peer: TlsPeer, name: string) => void;
  /** A certificate that the engine does not take, by Secret. */
  readonly refused: (certificateId: string) => void;
}

export class TlsAcceptor {
  readonly #options: TlsAcceptorOptions;
  readonly #choice = new CertificateChoice();
  readonly #server: Server;
  readonly #shaking = new Set<Handshake>();

  private constructor(options: TlsAcceptorOptions) {
    this.#options = options;
    this.offer(options.hosts);
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

  /** From now on these are offered; connections that are there keep what they have. */
  offer(hosts: readonly TlsHost[]): void {
    for (const id of this.#choice.offer(hosts)) this.#options.refused(id);
  }

  close(): void {
    this.#server.close();
    for (const handshake of this.#shaking) handshake.close();
  }

  #accept(socket: Socket): void {
    const { admit, failed, opened, handshakeMs, blocks } = this.#options;
    const hostname = socket.remoteAddress;
    const port = socket.remotePort;
    if (hostname === undefined || port === undefined || !admit()) {
      socket.destroy();
      return;
    }
    const handshake = new Handshake(socket, {
      blocks,
      choice: this.#choice,
      handshakeMs,
      opened: (stream, name) => {
        this.#shaking.delete(handshake);
        opened(stream, { hostname, port }, name);
      },
      failed: (isFailure) => {
        this.#shaking.delete(handshake);
        failed(isFailure);
      },
    });
    this.#shaking.add(handshake);
  }
}
