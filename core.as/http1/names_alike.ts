// Field names that some recipients take for others: CGI and its heirs (RFC 3875 section 4.1.18) make one
// variable of `Content-Length` and `Content_Length`. Takes a field, gives the NAME_* id that it has for
// the most generous reader. Looks at unknown names of fitting lengths alone.

import { fieldNameId, fieldNameLen, fieldNameOff } from "../head/head";
import { NAME_UNKNOWN, nameIdOf } from "../head/names";

/** Known names with a hyphen have from 2 to so many bytes; the longest of interest here. */
const MAX_NAME_BYTES: u32 = 32;
const HYPHENED: usize = memory.data(32);

/** NAME_* of the field's name, or of that name with hyphens for its underscores. */
export function knownNameOf(field: usize): u8 {
  const nameId = fieldNameId(field);
  if (nameId != NAME_UNKNOWN) return nameId;
  const len = fieldNameLen(field);
  if (len > MAX_NAME_BYTES) return NAME_UNKNOWN;
  const at = fieldNameOff(field);
  let underscores = false;
  for (let i: usize = 0; i < <usize> len; i++) {
    const byte = load<u8>(at + i);
    const isUnderscore = byte == 0x5f;
    underscores = underscores || isUnderscore;
    store<u8>(HYPHENED + i, isUnderscore ? 0x2d : byte);
  }
  return underscores ? nameIdOf(HYPHENED, len) : NAME_UNKNOWN;
}
