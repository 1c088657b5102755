// The id of a method, and the text of an id. Methods are case-sensitive (RFC 9110 section 9.1).

import {
  METHOD_CONNECT,
  METHOD_DELETE,
  METHOD_GET,
  METHOD_HEAD,
  METHOD_OPTIONS,
  METHOD_OTHER,
  METHOD_PATCH,
  METHOD_POST,
  METHOD_PUT,
  METHOD_TRACE,
} from "./head";

/** METHOD_* for a method's bytes; METHOD_OTHER for one that is not listed. */
export function methodIdOf(bytes: usize, len: u32): u8 {
  if (len == 3) {
    const word = <u32> load<u16>(bytes) | (<u32> load<u8>(bytes, 2) << 16);
    if (word == 0x544547) return METHOD_GET;
    return word == 0x545550 ? METHOD_PUT : METHOD_OTHER;
  }
  if (len < 4 || len > 7) return METHOD_OTHER;
  const word = load<u32>(bytes);
  const tail = load<u32>(bytes + <usize> len - 4);
  if (len == 4) {
    if (word == 0x54534f50) return METHOD_POST;
    return word == 0x44414548 ? METHOD_HEAD : METHOD_OTHER;
  }
  if (len == 5) {
    if (word == 0x43544150 && tail == 0x48435441) return METHOD_PATCH;
    return word == 0x43415254 && tail == 0x45434152 ? METHOD_TRACE : METHOD_OTHER;
  }
  if (len == 6) return word == 0x454c4544 && tail == 0x4554454c ? METHOD_DELETE : METHOD_OTHER;
  if (word == 0x4954504f && tail == 0x534e4f49) return METHOD_OPTIONS;
  return word == 0x4e4e4f43 && tail == 0x5443454e ? METHOD_CONNECT : METHOD_OTHER;
}

const UPPER: usize = memory.data(8);

/** Whether a method that is none of these becomes one in capitals. */
export function isKnownMethodInOtherCase(bytes: usize, len: u32): bool {
  if (len > 7) return false;
  for (let i: usize = 0; i < <usize> len; i++) {
    const byte = load<u8>(bytes + i);
    store<u8>(UPPER + i, byte - 0x61 < 26 ? byte - 0x20 : byte);
  }
  return methodIdOf(UPPER, len) != METHOD_OTHER;
}
