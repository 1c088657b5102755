// The seam of a byte stream: what the wire front needs of a connection, TCP or TLS.

export type StreamConn =
  & Pick<Deno.TcpConn, "read" | "write" | "closeWrite">
  & {
    setNoDelay(): void;
    /**
     * Gives the connection up. `isCut`: something is missing, so that nothing may say that all has been
     * sent; TLS says so by a close_notify otherwise (RFC 8446 section 6.1), TCP never does.
     */
    close(isCut?: boolean): void;
  };
