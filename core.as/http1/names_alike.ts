// Field names that some recipients take for others: CGI and its heirs (RFC 3875 section 4.1.18) make one
// variable of `Content-Length` and `Content_Length`. Takes a field, gives the NAME_* id that it has for
// the most generous reader. Looks at unknown names of fitting lengths alone.

import { fieldNameId, fieldNameLen, fieldNameOff } from "../head/head";
import { NAME_UNKNOWN, nameIdOf } from "../head/names";

/** Known names with a hyphen have from 2 to so many bytes; the longest of interest here. */
const MAX_NAME_BYTES: u32 = 32;
const HYPHENED: usize = memory.data(32);

/** Whether 8 bytes have an underscore among them. */
function hasUnderscore(word: u64): bool {
  const other = word ^ 0x5f5f5f5f5f5f5f5f;
  return ((other - 0x0101010101010101) & ~other & 0x8080808080808080) != 0;
}

function isUnderscored(at: usize, len: u32): bool {
  const end = at + <usize> len;
  if (len < 8) {
    for (; at < end; at++) if (load<u8>(at) == 0x5f) return true;
    return false;
  }
  for (; at + 8 < end; at += 8) if (hasUnderscore(load<u64>(at))) return true;
  return hasUnderscore(load<u64>(end - 8));
}

/** NAME_* of the field's name, or of that name with hyphens for its underscores. */
export function knownNameOf(field: usize): u8 {
  const nameId = fieldNameId(field);
  if (nameId != NAME_UNKNOWN) return nameId;
  const len = fieldNameLen(field);
  const at = fieldNameOff(field);
  if (len > MAX_NAME_BYTES || !isUnderscored(at, len)) return NAME_UNKNOWN;
  for (let i: usize = 0; i < <usize> len; i++) {
    const byte = load<u8>(at + i);
    store<u8>(HYPHENED + i, byte == 0x5f ? 0x2d : byte);
  }
  return nameIdOf(HYPHENED, len);
}
