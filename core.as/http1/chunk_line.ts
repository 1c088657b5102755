// The grammar of a chunk's line after its size, as a machine over single bytes (RFC 9112 section 7.1):
//   chunk     = chunk-size [ chunk-ext ] CRLF
//   chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )
// Takes a state and a byte, gives the next state or an ERROR_*. Holds nothing and looks at no memory.
// Space before CR is not in the grammar; bare LF ends nothing, in a quoted string or outside.

import { CLASS_QUOTED, CLASS_TOKEN, isClass } from "./classes";
import { ERROR_CHUNK_EXTENSION, ERROR_CHUNK_SIZE, ERROR_LINE_END } from "./errors";

/** In the size's digits; every other state up to LINE_LF is in an extension. */
export const LINE_SIZE: i32 = 0;
const LINE_SIZE_SPACE: i32 = 1;
const LINE_NAME_START: i32 = 2;
const LINE_NAME: i32 = 3;
const LINE_NAME_SPACE: i32 = 4;
const LINE_VALUE_START: i32 = 5;
const LINE_VALUE: i32 = 6;
const LINE_QUOTED: i32 = 7;
const LINE_QUOTED_PAIR: i32 = 8;
const LINE_QUOTED_END: i32 = 9;
const LINE_VALUE_SPACE: i32 = 10;
/** After CR. */
export const LINE_LF: i32 = 11;

const CR: u32 = 0x0d;
const LF: u32 = 0x0a;
const SEMICOLON: u32 = 0x3b;
const EQUALS: u32 = 0x3d;
const QUOTE: u32 = 0x22;
const BACKSLASH: u32 = 0x5c;

function isSpace(byte: u32): bool {
  return byte == 0x20 || byte == 0x09;
}

/** After at least one digit, at a byte that is none. */
export function afterSize(byte: u32): i32 {
  if (byte == CR) return LINE_LF;
  if (byte == SEMICOLON) return LINE_NAME_START;
  if (isSpace(byte)) return LINE_SIZE_SPACE;
  return byte == LF ? ERROR_LINE_END : ERROR_CHUNK_SIZE;
}

/** Inside a quoted string (RFC 9110 section 5.6.4). */
function afterQuoted(state: i32, byte: u32): i32 {
  if (byte == LF) return ERROR_LINE_END;
  const escapable = byte == QUOTE || byte == BACKSLASH;
  if (state == LINE_QUOTED_PAIR) {
    return escapable || isClass(byte, CLASS_QUOTED) ? LINE_QUOTED : ERROR_CHUNK_EXTENSION;
  }
  if (byte == QUOTE) return LINE_QUOTED_END;
  if (byte == BACKSLASH) return LINE_QUOTED_PAIR;
  return isClass(byte, CLASS_QUOTED) ? LINE_QUOTED : ERROR_CHUNK_EXTENSION;
}

/** Inside an extension, in any state between LINE_SIZE and LINE_LF. */
export function afterExtension(state: i32, byte: u32): i32 {
  if (state == LINE_QUOTED || state == LINE_QUOTED_PAIR) return afterQuoted(state, byte);
  if (byte == LF) return ERROR_LINE_END;
  const space = isSpace(byte);
  switch (state) {
    case LINE_SIZE_SPACE:
      if (space) return state;
      return byte == SEMICOLON ? LINE_NAME_START : ERROR_CHUNK_SIZE;
    case LINE_NAME_START:
      if (space) return state;
      return isClass(byte, CLASS_TOKEN) ? LINE_NAME : ERROR_CHUNK_EXTENSION;
    case LINE_VALUE_START:
      if (space) return state;
      if (byte == QUOTE) return LINE_QUOTED;
      return isClass(byte, CLASS_TOKEN) ? LINE_VALUE : ERROR_CHUNK_EXTENSION;
    case LINE_NAME:
      if (isClass(byte, CLASS_TOKEN)) return state;
      if (byte == EQUALS) return LINE_VALUE_START;
      if (space) return LINE_NAME_SPACE;
      break;
    case LINE_NAME_SPACE:
      if (space) return state;
      if (byte == EQUALS) return LINE_VALUE_START;
      return byte == SEMICOLON ? LINE_NAME_START : ERROR_CHUNK_EXTENSION;
    case LINE_VALUE:
      if (isClass(byte, CLASS_TOKEN)) return state;
      if (space) return LINE_VALUE_SPACE;
      break;
    case LINE_QUOTED_END:
      if (space) return LINE_VALUE_SPACE;
      break;
    default: // LINE_VALUE_SPACE
      if (space) return state;
      return byte == SEMICOLON ? LINE_NAME_START : ERROR_CHUNK_EXTENSION;
  }
  if (byte == CR) return LINE_LF;
  return byte == SEMICOLON ? LINE_NAME_START : ERROR_CHUNK_EXTENSION;
}
