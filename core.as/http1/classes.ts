// Byte classes of the HTTP/1 grammar, and searches for the first byte outside of one.
// Take a range of memory, give the address of that byte or the range's end; never read past it.
// Table and vectors say the same, by the low and high half of a byte; tests compare both with the RFC.

/** RFC 9110 section 5.6.2: tchar. */
export const CLASS_TOKEN: u32 = 1;
/** RFC 3986 pchar and `/` without `%`, and the characters that browsers leave bare: `[ ] |`. */
export const CLASS_PATH: u32 = 2;
/** As CLASS_PATH, with `?` and the further ones that browsers leave bare: `\ ^ { }` and a backtick. */
export const CLASS_QUERY: u32 = 4;
/** RFC 5234: HEXDIG, in either case. */
export const CLASS_HEX: u32 = 8;
/** RFC 3986: unreserved; all that a DNS name or an IPv4 address needs. */
export const CLASS_HOST: u32 = 16;
/** RFC 9110 section 5.5: field-vchar, SP and HTAB. */
export const CLASS_VALUE: u32 = 32;
/** RFC 9110 section 5.6.4: qdtext. */
export const CLASS_QUOTED: u32 = 64;

// deno-fmt-ignore
const CLASSES: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 96, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  96, 103, 32, 97, 103, 97, 103, 103, 102, 102, 103, 103, 102, 119, 119, 102,
  127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 102, 102, 96, 102, 96, 100,
  102, 127, 127, 127, 127, 127, 127, 119, 119, 119, 119, 119, 119, 119, 119, 119,
  119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 102, 36, 102, 101, 119,
  101, 127, 127, 127, 127, 127, 127, 119, 119, 119, 119, 119, 119, 119, 119, 119,
  119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 100, 103, 100, 119, 0,
  96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96,
  96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96,
  96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96,
  96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96,
  96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96,
  96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96,
  96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96,
  96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96, 96,
]);

/** Whether `byte` belongs to the class. */
export function isClass(byte: u32, mask: u32): bool {
  return (<u32> load<u8>(CLASSES + <usize> byte) & mask) != 0;
}

function scanClass(at: usize, end: usize, mask: u32): usize {
  while (at < end && isClass(<u32> load<u8>(at), mask)) at++;
  return at;
}

/** Lanes whose byte is outside the class that `byLow` describes, as a bit mask. */
function lanesOutside(bytes: v128, byLow: v128): i32 {
  const highBits = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
  const low = i8x16.swizzle(byLow, v128.and(bytes, i8x16.splat(15)));
  const high = i8x16.swizzle(highBits, i8x16.shr_u(bytes, 4));
  return i8x16.bitmask(i8x16.eq(v128.and(low, high), i8x16.splat(0)));
}

/** All of 4 to 15 bytes in one vector, some of them twice; reads none beside them. */
function loadShort(at: usize, end: usize): v128 {
  if (end - at >= 8) {
    return i64x2.replace_lane(i64x2.splat(load<u64>(at)), 1, load<u64>(end - 8));
  }
  return i32x4.replace_lane(i32x4.splat(load<u32>(at)), 1, load<u32>(end - 4));
}

/** Lanes whose byte a field value cannot have. */
function lanesControl(bytes: v128): i32 {
  const control = v128.andnot(
    i8x16.lt_u(bytes, i8x16.splat(0x20)),
    i8x16.eq(bytes, i8x16.splat(0x09)),
  );
  return i8x16.bitmask(v128.or(control, i8x16.eq(bytes, i8x16.splat(0x7f))));
}

/** Lanes whose byte is not visible US-ASCII. */
function lanesInvisible(bytes: v128): i32 {
  return i8x16.bitmask(i8x16.gt_u(i8x16.sub(bytes, i8x16.splat(0x21)), i8x16.splat(0x5d)));
}

/** The first byte that is no tchar. */
export function scanToken(at: usize, end: usize): usize {
  const tokens = i8x16(-24, -4, -8, -4, -4, -4, -4, -4, -8, -8, -12, 84, -48, 84, -12, 112);
  while (at + 16 <= end) {
    const lanes = lanesOutside(v128.load(at), tokens);
    if (lanes != 0) return at + <usize> ctz<i32>(lanes);
    at += 16;
  }
  if (end - at >= 4 && lanesOutside(loadShort(at, end), tokens) == 0) return end;
  return scanClass(at, end, CLASS_TOKEN);
}

/** The first byte that a path cannot have; `%` and `?` among them. */
export function scanPath(at: usize, end: usize): usize {
  const paths = i8x16(-72, -4, -8, -8, -4, -8, -4, -4, -4, -4, -4, 124, -44, 124, -44, 116);
  while (at + 16 <= end) {
    const lanes = lanesOutside(v128.load(at), paths);
    if (lanes != 0) return at + <usize> ctz<i32>(lanes);
    at += 16;
  }
  if (end - at >= 4 && lanesOutside(loadShort(at, end), paths) == 0) return end;
  return scanClass(at, end, CLASS_PATH);
}

/** The first byte that a query cannot have; `%` among them. */
export function scanQuery(at: usize, end: usize): usize {
  const queries = i8x16(-8, -4, -8, -8, -4, -8, -4, -4, -4, -4, -4, -4, -12, -4, -12, 124);
  while (at + 16 <= end) {
    const lanes = lanesOutside(v128.load(at), queries);
    if (lanes != 0) return at + <usize> ctz<i32>(lanes);
    at += 16;
  }
  if (end - at >= 4 && lanesOutside(loadShort(at, end), queries) == 0) return end;
  return scanClass(at, end, CLASS_QUERY);
}

/** The first byte that a field value cannot have: a control other than HTAB. */
export function scanValue(at: usize, end: usize): usize {
  while (at + 16 <= end) {
    const lanes = lanesControl(v128.load(at));
    if (lanes != 0) return at + <usize> ctz<i32>(lanes);
    at += 16;
  }
  if (end - at >= 4 && lanesControl(loadShort(at, end)) == 0) return end;
  return scanClass(at, end, CLASS_VALUE);
}

/** The first byte that is not visible US-ASCII (0x21 to 0x7e). */
export function scanVisible(at: usize, end: usize): usize {
  while (at + 16 <= end) {
    const lanes = lanesInvisible(v128.load(at));
    if (lanes != 0) return at + <usize> ctz<i32>(lanes);
    at += 16;
  }
  if (end - at >= 4 && lanesInvisible(loadShort(at, end)) == 0) return end;
  while (at < end && <u32> load<u8>(at) - 0x21 <= 0x5d) at++;
  return at;
}
