// Addresses as the kernel has them (struct sockaddr_in, sockaddr_in6): text and port in, bytes out, and
// back. Texts are as the runtime writes them: IPv6 without brackets, shortened by RFC 5952.

import { AF_INET, AF_INET6 } from "./linux.ts";

/** Room for either kind of address. */
export const ADDRESS_BYTES = 28;
const IPV4_BYTES = 16;
const IPV6_GROUPS = 8;

export interface HostAndPort {
  readonly hostname: string;
  readonly port: number;
}

function ipv4Bytes(text: string): number[] | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  const bytes = parts.map((part) => /^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256);
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

function groupsOf(text: string): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const dotted = index === parts.length - 1 ? ipv4Bytes(part) : undefined;
    if (dotted) groups.push(dotted[0]! << 8 | dotted[1]!, dotted[2]! << 8 | dotted[3]!);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function ipv6Groups(text: string): number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]!);
  const tail = groupsOf(halves[1] ?? "");
  if (!head || !tail) return undefined;
  const missing = IPV6_GROUPS - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...Array<number>(missing).fill(0), ...tail];
}

/** The kernel's form of an address. @throws {TypeError} where the text is none. */
export function encodeAddress(hostname: string, port: number): Uint8Array<ArrayBuffer> {
  const v4 = ipv4Bytes(hostname);
  if (v4) {
    const bytes = new Uint8Array(IPV4_BYTES);
    new DataView(bytes.buffer).setUint16(0, AF_INET, true);
    new DataView(bytes.buffer).setUint16(2, port);
    bytes.set(v4, 4);
    return bytes;
  }
  const groups = ipv6Groups(hostname);
  if (!groups) throw new TypeError(`${JSON.stringify(hostname)} is no IP address`);
  const bytes = new Uint8Array(ADDRESS_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET6, true);
  view.setUint16(2, port);
  groups.forEach((group, index) => view.setUint16(8 + index * 2, group));
  return bytes;
}

export function decodeAddress(bytes: Uint8Array<ArrayBuffer>): HostAndPort {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const port = view.getUint16(2);
  if (view.getUint16(0, true) === AF_INET) {
    return { hostname: `${bytes[4]}.${bytes[5]}.${bytes[6]}.${bytes[7]}`, port };
  }
  const groups = Array.from({ length: IPV6_GROUPS }, (_, index) => view.getUint16(8 + index * 2));
  return { hostname: ipv6Text(groups), port };
}

function ipv6Text(groups: readonly number[]): string {
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) {
    const [high, low] = [groups[6]!, groups[7]!];
    return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
  }
  const hex = groups.map((group) => group.toString(16));
  const { from, length } = longestZeros(groups);
  if (length < 2) return hex.join(":");
  return `${hex.slice(0, from).join(":")}::${hex.slice(from + length).join(":")}`;
}

/** The first of the longest runs of zeros, which `::` stands for. */
function longestZeros(groups: readonly number[]): { from: number; length: number } {
  let best = { from: 0, length: 0 };
  for (let from = 0; from < groups.length; from++) {
    let end = from;
    while (groups[end] === 0) end++;
    if (end - from > best.length) best = { from, length: end - from };
  }
  return best;
}
