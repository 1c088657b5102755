// Copies and numbers for the writers. Each takes where to write, gives where the next byte goes, and
// trusts its caller that there is room; none reads or writes a byte too many.

/** Copies bytes that do not overlap; faster than memory.copy below some hundred bytes. */
export function putBytes(out: usize, from: usize, len: u32): usize {
  let left = len;
  while (left >= 16) {
    v128.store(out, v128.load(from));
    out += 16;
    from += 16;
    left -= 16;
  }
  if ((left & 8) != 0) {
    store<u64>(out, load<u64>(from));
    out += 8;
    from += 8;
  }
  if ((left & 4) != 0) {
    store<u32>(out, load<u32>(from));
    out += 4;
    from += 4;
  }
  if ((left & 2) != 0) {
    store<u16>(out, load<u16>(from));
    out += 2;
    from += 2;
  }
  if ((left & 1) != 0) {
    store<u8>(out, load<u8>(from));
    out++;
  }
  return out;
}

export function putByte(out: usize, byte: u8): usize {
  store<u8>(out, byte);
  return out + 1;
}

export function putCrlf(out: usize): usize {
  store<u16>(out, 0x0a0d);
  return out + 2;
}

/** Writes a number in decimal, at most 20 bytes. */
export function putDecimal(out: usize, value: u64): usize {
  let digits: u32 = 1;
  for (let rest = value / 10; rest != 0; rest /= 10) digits++;
  const end = out + <usize> digits;
  let at = end;
  do {
    at--;
    store<u8>(at, 0x30 + <u8> (value % 10));
    value /= 10;
  } while (at != out);
  return end;
}

/** Writes a number in lower-case hexadecimal without leading zeros, at most 16 bytes. */
export function putHex(out: usize, value: u64): usize {
  let digits: u32 = 1;
  for (let rest = value >> 4; rest != 0; rest >>= 4) digits++;
  const end = out + <usize> digits;
  let at = end;
  do {
    at--;
    const digit = <u8> (value & 15);
    store<u8>(at, digit < 10 ? 0x30 + digit : 0x57 + digit);
    value >>= 4;
  } while (at != out);
  return end;
}
