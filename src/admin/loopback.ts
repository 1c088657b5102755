// Tells whether a peer and a Host header belong to this machine. Pure; resolves no names.

const IPV4_LOOPBACK = /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;

/** True for 127.0.0.0/8, ::1 and IPv4-mapped loopback (RFC 5735 section 3, RFC 4291 section 2.5.3). */
export function isLoopback(address: string): boolean {
  const plain = address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
  return plain === "::1" || IPV4_LOOPBACK.test(plain);
}

/** True where a Host header is an address or `localhost`, with or without a port. */
export function isLocalHostHeader(host: string | null): boolean {
  if (host === null) return false;
  const name = host.replace(/:\d{1,5}$/, "");
  return name === "localhost" || /^\d{1,3}(\.\d{1,3}){3}$/.test(name) ||
    /^\[[0-9a-fA-F:.]+\]$/.test(name);
}
