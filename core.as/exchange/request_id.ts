// The id of a request: its own where that is well-formed, else a version 4 UUID (RFC 9562) from hashes
// of a counter under a random seed that the host gives: the core has no randomness of its own.

import { xxh64OfWord } from "../balance/xxh64";
import { requestIdField } from "../edit/forwarded";
import { fieldValueLen, fieldValueOff } from "../head/head";
import { putBytes } from "../http1/write_bytes";
import { requestIdOff, setRequestIdLen } from "./block";
import { idSeedA, idSeedB, nextIdNumber } from "./settings";

const UUID_BYTES: u32 = 36;

function putHexDigits(out: usize, value: u64, digits: u32): usize {
  for (let shift = (<i32> digits - 1) << 2; shift >= 0; shift -= 4) {
    const digit = <u32> (value >> <u64> shift) & 15;
    store<u8>(out, <u8> (digit < 10 ? 0x30 + digit : 0x57 + digit));
    out++;
  }
  return out;
}

function putDash(out: usize): usize {
  store<u8>(out, 0x2d);
  return out + 1;
}

function putUuid(out: usize): void {
  const number = nextIdNumber();
  const high = (xxh64OfWord(idSeedA() ^ number) & ~0xf000) | 0x4000;
  const low = (xxh64OfWord(idSeedB() + number) & 0x3fffffffffffffff) | 0x8000000000000000;
  out = putHexDigits(out, high >> 32, 8);
  out = putHexDigits(putDash(out), high >> 16, 4);
  out = putHexDigits(putDash(out), high, 4);
  out = putHexDigits(putDash(out), low >> 48, 4);
  putHexDigits(putDash(out), low, 12);
}

/** Notes the id of a request in its exchange. */
export function settleRequestId(x: usize, head: usize): void {
  const own = requestIdField(head);
  if (own != 0) {
    putBytes(requestIdOff(x), fieldValueOff(own), fieldValueLen(own));
    setRequestIdLen(x, fieldValueLen(own));
    return;
  }
  putUuid(requestIdOff(x));
  setRequestIdLen(x, UUID_BYTES);
}
