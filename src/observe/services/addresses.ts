// Addresses of a connection as text: canonical IPv4, or IPv6 as RFC 5952 writes it.
// Takes the words of a flow (network order), gives no brackets. Texts are made once: there are few
// servers, and every exchange asks for one.

import type { FlowWords } from "../pairing/types.ts";

const MAPPED_PREFIX = 0xffff;

const SLOTS = 1024;
const cachedWords = new Uint32Array(SLOTS * 4);
const cachedTexts: string[] = new Array(SLOTS).fill("");

function addressText(words: FlowWords, first: number): string {
  const a = words[first], b = words[first + 1], c = words[first + 2], d = words[first + 3];
  const mixed = Math.imul(a ^ Math.imul(b ^ Math.imul(c ^ Math.imul(d, 31), 31), 31), 0x9e3779b1);
  const slot = mixed >>> 22;
  const at = slot * 4;
  const isCached = cachedWords[at] === a && cachedWords[at + 1] === b &&
    cachedWords[at + 2] === c && cachedWords[at + 3] === d && cachedTexts[slot] !== "";
  if (isCached) return cachedTexts[slot];
  for (let word = 0; word < 4; word++) cachedWords[at + word] = words[first + word];
  return cachedTexts[slot] = makeText(words, first);
}

function makeText(words: FlowWords, first: number): string {
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
