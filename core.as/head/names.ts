// Known field names: an id for each, found at parse so that nobody compares text afterwards.
// Takes a name's bytes in any case, gives its id or 0; gives an id's lower-case bytes back.
// The ids are internal to one build and never leave the process. A name is what its constant says:
// NAME_CONTENT_LENGTH is `content-length`; names_table.ts is generated from this list.

import { HASH_MULTIPLIER, HASH_SHIFT, HASH_SLOTS, NAME_OFFSETS, NAME_TEXT } from "./names_table";

export const NAME_UNKNOWN: u8 = 0;
export const NAME_HOST: u8 = 1;
export const NAME_CONNECTION: u8 = 2;
export const NAME_CONTENT_LENGTH: u8 = 3;
export const NAME_TRANSFER_ENCODING: u8 = 4;
export const NAME_TE: u8 = 5;
export const NAME_TRAILER: u8 = 6;
export const NAME_UPGRADE: u8 = 7;
export const NAME_KEEP_ALIVE: u8 = 8;
export const NAME_PROXY_CONNECTION: u8 = 9;
export const NAME_PROXY_AUTHENTICATE: u8 = 10;
export const NAME_PROXY_AUTHORIZATION: u8 = 11;
export const NAME_EXPECT: u8 = 12;
export const NAME_DATE: u8 = 13;
export const NAME_SERVER: u8 = 14;
export const NAME_VIA: u8 = 15;
export const NAME_FORWARDED: u8 = 16;
export const NAME_X_FORWARDED_FOR: u8 = 17;
export const NAME_X_FORWARDED_HOST: u8 = 18;
export const NAME_X_FORWARDED_PORT: u8 = 19;
export const NAME_X_FORWARDED_PROTO: u8 = 20;
export const NAME_X_REAL_IP: u8 = 21;
export const NAME_X_REQUEST_ID: u8 = 22;
export const NAME_TRACEPARENT: u8 = 23;
export const NAME_TRACESTATE: u8 = 24;
export const NAME_BAGGAGE: u8 = 25;
export const NAME_USER_AGENT: u8 = 26;
export const NAME_ACCEPT: u8 = 27;
export const NAME_ACCEPT_CHARSET: u8 = 28;
export const NAME_ACCEPT_ENCODING: u8 = 29;
export const NAME_ACCEPT_LANGUAGE: u8 = 30;
export const NAME_ACCEPT_RANGES: u8 = 31;
export const NAME_AUTHORIZATION: u8 = 32;
export const NAME_WWW_AUTHENTICATE: u8 = 33;
export const NAME_COOKIE: u8 = 34;
export const NAME_SET_COOKIE: u8 = 35;
export const NAME_CONTENT_TYPE: u8 = 36;
export const NAME_CONTENT_ENCODING: u8 = 37;
export const NAME_CONTENT_LANGUAGE: u8 = 38;
export const NAME_CONTENT_LOCATION: u8 = 39;
export const NAME_CONTENT_DISPOSITION: u8 = 40;
export const NAME_CONTENT_RANGE: u8 = 41;
export const NAME_RANGE: u8 = 42;
export const NAME_IF_MATCH: u8 = 43;
export const NAME_IF_NONE_MATCH: u8 = 44;
export const NAME_IF_MODIFIED_SINCE: u8 = 45;
export const NAME_IF_UNMODIFIED_SINCE: u8 = 46;
export const NAME_IF_RANGE: u8 = 47;
export const NAME_ETAG: u8 = 48;
export const NAME_LAST_MODIFIED: u8 = 49;
export const NAME_AGE: u8 = 50;
export const NAME_CACHE_CONTROL: u8 = 51;
export const NAME_PRAGMA: u8 = 52;
export const NAME_EXPIRES: u8 = 53;
export const NAME_VARY: u8 = 54;
export const NAME_LOCATION: u8 = 55;
export const NAME_ORIGIN: u8 = 56;
export const NAME_REFERER: u8 = 57;
export const NAME_ALLOW: u8 = 58;
export const NAME_LINK: u8 = 59;
export const NAME_REFRESH: u8 = 60;
export const NAME_RETRY_AFTER: u8 = 61;
export const NAME_FROM: u8 = 62;
export const NAME_MAX_FORWARDS: u8 = 63;
export const NAME_STRICT_TRANSPORT_SECURITY: u8 = 64;
export const NAME_ACCESS_CONTROL_ALLOW_ORIGIN: u8 = 65;
export const NAME_ACCESS_CONTROL_ALLOW_METHODS: u8 = 66;
export const NAME_ACCESS_CONTROL_ALLOW_HEADERS: u8 = 67;
export const NAME_ACCESS_CONTROL_ALLOW_CREDENTIALS: u8 = 68;
export const NAME_ACCESS_CONTROL_EXPOSE_HEADERS: u8 = 69;
export const NAME_ACCESS_CONTROL_MAX_AGE: u8 = 70;
export const NAME_ACCESS_CONTROL_REQUEST_METHOD: u8 = 71;
export const NAME_ACCESS_CONTROL_REQUEST_HEADERS: u8 = 72;
export const NAME_SEC_WEBSOCKET_KEY: u8 = 73;
export const NAME_SEC_WEBSOCKET_ACCEPT: u8 = 74;
export const NAME_SEC_WEBSOCKET_VERSION: u8 = 75;
export const NAME_SEC_WEBSOCKET_PROTOCOL: u8 = 76;
export const NAME_SEC_WEBSOCKET_EXTENSIONS: u8 = 77;
export const NAME_HTTP2_SETTINGS: u8 = 78;
export const NAME_PRIORITY: u8 = 79;
export const NAME_EARLY_DATA: u8 = 80;
export const NAME_ALT_SVC: u8 = 81;
export const NAME_GRPC_STATUS: u8 = 82;
export const NAME_GRPC_MESSAGE: u8 = 83;
export const NAME_GRPC_TIMEOUT: u8 = 84;
export const NAME_GRPC_ENCODING: u8 = 85;
export const NAME_AUTHENTICATION_INFO: u8 = 86;
export const NAME_PROXY_AUTHENTICATION_INFO: u8 = 87;
export const NAME_DNT: u8 = 88;
export const NAME_CONTENT_SECURITY_POLICY: u8 = 89;
export const NAME_X_CONTENT_TYPE_OPTIONS: u8 = 90;
export const NAME_X_FRAME_OPTIONS: u8 = 91;
export const NAME_X_XSS_PROTECTION: u8 = 92;
export const NAME_SERVER_TIMING: u8 = 93;

/** The bits of an ASCII letter's case, for those bytes of `known` that are letters. */
function caseBits(known: u64): u64 {
  return (known & 0x4040404040404040) >> 1;
}

/** Whether `len` bytes are the lower-case `known` in any case; only letters may differ in case. */
function sameName(bytes: usize, known: usize, len: u32): bool {
  if (len >= 8) {
    const last = <usize> len - 8;
    for (let i: usize = 0; i < last; i += 8) {
      const word = load<u64>(known + i);
      if ((load<u64>(bytes + i) | caseBits(word)) != word) return false;
    }
    const word = load<u64>(known + last);
    return (load<u64>(bytes + last) | caseBits(word)) == word;
  }
  for (let i: usize = 0; i < <usize> len; i++) {
    const byte = <u32> load<u8>(known + i);
    if ((<u32> load<u8>(bytes + i) | ((byte & 0x40) >> 1)) != byte) return false;
  }
  return true;
}

/** Mixes length, first and last bytes (case bit set) into a slot; the same as in the generator. */
function nameSlot(bytes: usize, len: u32): u32 {
  const last = <usize> len;
  let mix: u32;
  if (len >= 4) {
    const head = load<u32>(bytes) | 0x20202020;
    const tail = load<u32>(bytes + last - 4) | 0x20202020;
    mix = head ^ rotl<u32>(tail, 13) ^ (len << 5);
  } else {
    mix = (<u32> load<u8>(bytes) | 0x20) ^ ((<u32> load<u8>(bytes + last - 1) | 0x20) << 9) ^
      (len << 5);
  }
  return (mix * HASH_MULTIPLIER) >> HASH_SHIFT;
}

/** The id of a field name, in any case; 0 for every other name. */
export function nameIdOf(bytes: usize, len: u32): u8 {
  if (len == 0) return NAME_UNKNOWN;
  const id = load<u8>(HASH_SLOTS + nameSlot(bytes, len));
  if (id == 0 || nameIdLen(id) != len) return NAME_UNKNOWN;
  return sameName(bytes, nameIdOff(id), len) ? id : NAME_UNKNOWN;
}

/** Address of a known name's lower-case bytes; `id` must be a NAME_* constant. */
export function nameIdOff(id: u8): usize {
  return NAME_TEXT + <usize> load<u16>(NAME_OFFSETS + (<usize> id << 1));
}

/** Bytes of a known name; 0 for NAME_UNKNOWN. */
export function nameIdLen(id: u8): u32 {
  const at = NAME_OFFSETS + (<usize> id << 1);
  return <u32> load<u16>(at, 2) - <u32> load<u16>(at);
}
