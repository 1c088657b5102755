// The seam of a byte stream: what the wire front needs of a connection, TCP or TLS.

export type StreamConn =
  & Pick<Deno.TcpConn, "read" | "write" | "close" | "closeWrite">
  & { setNoDelay(): void };
