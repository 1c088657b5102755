// Addresses of a connection as text: canonical IPv4, or IPv6 as RFC 5952 writes it.
// Takes the words of a flow (network order), gives no brackets.

import type { FlowWords } from "../pairing/types.ts";

const MAPPED_PREFIX = 0xffff;

function addressText(words: FlowWords, first: number): string {
  const [a, b, c, d] = words.subarray(first, first + 4);
  if (a === 0 && b === 0 && c === MAPPED_PREFIX) {
    return `${d >>> 24}.${(d >>> 16) & 255}.${(d >>> 8) & 255}.${d & 255}`;
  }
  const groups = [a, b, c, d].flatMap((word) => [word >>> 16, word & 0xffff]);
  const text = groups.map((group) => group.toString(16)).join(":");
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}

export function clientAddress(words: FlowWords): string {
  return addressText(words, 0);
}

export function serverAddress(words: FlowWords): string {
  return addressText(words, 4);
}

export function serverPort(words: FlowWords): number {
  return words[8] & 0xffff;
}
