// The ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2): what of it decides who answers.
// Takes the bytes a client has sent so far, records and all; gives the name, the protocols and the keys
// that it can do with. Reads nothing else, and never past what has arrived. The records are joined where
// they lie, so the bytes are not the client's any more afterwards.

const RECORD_HEADER: u32 = 5;
const RECORD_HANDSHAKE: u8 = 22;
/** RFC 8446 section 5.1: "The length MUST NOT exceed 2^14 bytes." */
const MAX_FRAGMENT: u32 = 16384;
/** Nobody has a reason to cut a ClientHello into more. */
const MAX_RECORDS: u32 = 32;
const MESSAGE_HEADER: u32 = 4;
const CLIENT_HELLO: u8 = 1;
const MAX_MESSAGE: u32 = 16384;
const MAX_NAME: u32 = 255;
const MAX_SESSION_ID: u32 = 32;

/** More bytes are needed: HELLO_NEEDED says how many there have to be. */
export const HELLO_MORE: i32 = 0;
export const HELLO_READ: i32 = 1;
/** The first byte begins no TLS handshake. */
export const HELLO_NOT_TLS: i32 = -1;
export const HELLO_MALFORMED: i32 = -2;
/** Neither TLS 1.2 nor 1.3 is offered. */
export const HELLO_OLD_VERSION: i32 = -3;

/** The name's offset in memory and its length; a length of 0: none, or the literal of an address. */
const HELLO_NAME: usize = 0;
const HELLO_NAME_LEN: usize = 4;
const HELLO_FLAGS: usize = 8;
const HELLO_NEEDED: usize = 12;
export const HELLO: usize = memory.data(16);

/** Application protocols are offered at all (RFC 7301), and these among them. */
const HELLO_ALPN: u32 = 1;
const HELLO_HTTP1: u32 = 2;
/** Signatures of these keys are taken. */
const HELLO_ECDSA: u32 = 4;
const HELLO_RSA: u32 = 8;
const HELLO_ED25519: u32 = 16;
const HELLO_TLS13: u32 = 32;
const HELLO_TLS12: u32 = 64;

const EXTENSION_SERVER_NAME: u32 = 0;
const EXTENSION_SIGNATURE_ALGORITHMS: u32 = 13;
const EXTENSION_ALPN: u32 = 16;
const EXTENSION_SUPPORTED_VERSIONS: u32 = 43;

const SEEN_NAME: u32 = 1;
const SEEN_SIGNATURES: u32 = 2;
const SEEN_ALPN: u32 = 4;
const SEEN_VERSIONS: u32 = 8;

let flags: u32 = 0;
/** The part that is read, and whether it was longer than there is. */
let at: usize = 0;
let end: usize = 0;
let short: bool = false;

function take(count: u32): usize {
  if (<usize> count > end - at) {
    short = true;
    return 0;
  }
  const here = at;
  at += count;
  return here;
}

function u8At(address: usize): u32 {
  return <u32> load<u8>(address);
}

function u16At(address: usize): u32 {
  return u8At(address) << 8 | u8At(address + 1);
}

function takeU8(): u32 {
  const here = take(1);
  return here ? u8At(here) : 0;
}

function takeU16(): u32 {
  const here = take(2);
  return here ? u16At(here) : 0;
}

/** What is to arrive before it is worth to look again. */
function more(needed: u32): i32 {
  store<u32>(HELLO, needed, HELLO_NEEDED);
  return HELLO_MORE;
}

/**
 * Moves the message's fragments together at `buf` and sets `messageLen`: HELLO_READ, HELLO_MORE or an
 * error. A fragment must not be empty, and nothing may follow the message in its record.
 */
let messageLen: u32 = 0;
function joinRecords(buf: usize, len: u32): i32 {
  let read: u32 = 0;
  let joined: u32 = 0;
  for (let records: u32 = 0; records < MAX_RECORDS; records++) {
    if (len - read < RECORD_HEADER) {
      if (len > read && load<u8>(buf + read) != RECORD_HANDSHAKE) return HELLO_MALFORMED;
      return more(read + RECORD_HEADER);
    }
    const header = buf + read;
    if (load<u8>(header) != RECORD_HANDSHAKE || load<u8>(header + 1) != 3) return HELLO_MALFORMED;
    const fragment = u16At(header + 3);
    if (fragment == 0 || fragment > MAX_FRAGMENT) return HELLO_MALFORMED;
    if (joined >= MESSAGE_HEADER && joined + fragment > MESSAGE_HEADER + messageLen) {
      return HELLO_MALFORMED;
    }
    if (len - read - RECORD_HEADER < fragment) return more(read + RECORD_HEADER + fragment);
    memory.copy(buf + joined, header + RECORD_HEADER, fragment);
    read += RECORD_HEADER + fragment;
    joined += fragment;
    if (load<u8>(buf) != CLIENT_HELLO) return HELLO_MALFORMED;
    if (joined < MESSAGE_HEADER) continue;
    messageLen = u8At(buf + 1) << 16 | u16At(buf + 2);
    if (messageLen > MAX_MESSAGE) return HELLO_MALFORMED;
    if (joined < MESSAGE_HEADER + messageLen) continue;
    return joined == MESSAGE_HEADER + messageLen ? HELLO_READ : HELLO_MALFORMED;
  }
  return HELLO_MALFORMED;
}

function isHexByte(byte: u32): bool {
  return byte - 48 < 10 || (byte | 0x20) - 97 < 6;
}

/**
 * RFC 6066 section 3: a DNS host name in ASCII. "Literal IPv4 and IPv6 addresses are not permitted"; who
 * sends one all the same has named no host. False where it is neither.
 */
function readName(name: usize, len: u32): bool {
  let isIpv4 = true;
  let isIpv6 = false;
  for (let i: u32 = 0; i < len; i++) {
    const byte = u8At(name + i);
    if (byte - 48 < 10 || byte == 0x2e) continue;
    isIpv4 = false;
    if (byte == 0x3a) isIpv6 = true;
    else if (byte - 65 < 26) store<u8>(name + i, <u8> (byte | 0x20));
    else if (byte - 97 >= 26 && byte != 0x2d && byte != 0x5f) return false;
  }
  if (isIpv6) {
    for (let i: u32 = 0; i < len; i++) {
      const byte = u8At(name + i);
      if (!isHexByte(byte) && byte != 0x3a && byte != 0x2e) return false;
    }
  }
  if (isIpv4 || isIpv6) return true;
  if (load<u8>(name + len - 1) == 0x2e) len--;
  if (len == 0 || load<u8>(name) == 0x2e) return false;
  store<u32>(HELLO, <u32> name, HELLO_NAME);
  store<u32>(HELLO, len, HELLO_NAME_LEN);
  return true;
}

/** ServerNameList: exactly one host_name, the only type that there is. */
function readServerName(size: u32): bool {
  const list = takeU16();
  const type = takeU8();
  const len = takeU16();
  if (short || list + 2 != size || len + 3 != list || type != 0) return false;
  if (len == 0 || len > MAX_NAME) return false;
  return readName(take(len), len);
}

function readSignatures(size: u32): bool {
  const list = takeU16();
  if (short || list + 2 != size || list < 2 || (list & 1) != 0) return false;
  for (let i: u32 = 0; i < list; i += 2) {
    const scheme = takeU16();
    if (scheme == 0x0403 || scheme == 0x0503 || scheme == 0x0603) flags |= HELLO_ECDSA;
    else if (scheme == 0x0807) flags |= HELLO_ED25519;
    else if ((scheme & 0xff) == 1 || (scheme >= 0x0804 && scheme <= 0x0806)) flags |= HELLO_RSA;
  }
  return true;
}

/** "http/1.1" as two words of memory. */
function isHttp1(name: usize, len: u32): bool {
  return len == 8 && load<u32>(name) == 0x70747468 && load<u32>(name, 4) == 0x312e312f;
}

function readAlpn(size: u32): bool {
  const list = takeU16();
  if (short || list + 2 != size || list < 2) return false;
  const last = at + list;
  while (at < last) {
    const len = takeU8();
    if (len == 0) return false;
    const name = take(len);
    if (short || at > last) return false;
    if (isHttp1(name, len)) flags |= HELLO_HTTP1;
  }
  flags |= HELLO_ALPN;
  return true;
}

function noteVersion(version: u32): void {
  if (version == 0x0304) flags |= HELLO_TLS13;
  if (version == 0x0303) flags |= HELLO_TLS12;
}

function readVersions(size: u32): bool {
  const list = takeU8();
  if (short || list + 1 != size || list < 2 || (list & 1) != 0) return false;
  for (let i: u32 = 0; i < list; i += 2) noteVersion(takeU16());
  return true;
}

/** "There MUST NOT be more than one extension of the same type" (RFC 8446 section 4.2). */
let seen: u32 = 0;
function isSecond(bit: u32): bool {
  if ((seen & bit) != 0) return true;
  seen |= bit;
  return false;
}

function readExtension(type: u32, size: u32): bool {
  switch (type) {
    case EXTENSION_SERVER_NAME:
      return !isSecond(SEEN_NAME) && readServerName(size);
    case EXTENSION_SIGNATURE_ALGORITHMS:
      return !isSecond(SEEN_SIGNATURES) && readSignatures(size);
    case EXTENSION_ALPN:
      return !isSecond(SEEN_ALPN) && readAlpn(size);
    case EXTENSION_SUPPORTED_VERSIONS:
      return !isSecond(SEEN_VERSIONS) && readVersions(size);
    default:
      return true;
  }
}

function readExtensions(): bool {
  seen = 0;
  if (at == end) return true;
  const total = takeU16();
  if (short || <usize> total != end - at) return false;
  while (at < end) {
    const type = takeU16();
    const size = takeU16();
    const body = take(size);
    if (short) return false;
    const next = at;
    const last = end;
    at = body;
    end = next;
    const isRead = readExtension(type, size) && !short;
    at = next;
    end = last;
    if (!isRead) return false;
  }
  return true;
}

/** Which keys the TLS 1.2 cipher suites go with; those of TLS 1.3 go with all. */
function suiteKeys(suite: u32): u32 {
  switch (suite) {
    case 0xc02b:
    case 0xc02c:
    case 0xcca9:
      return HELLO_ECDSA | HELLO_ED25519;
    case 0xc02f:
    case 0xc030:
    case 0xcca8:
      return HELLO_RSA;
    default:
      return 0;
  }
}

function readSuites(): u32 {
  const size = takeU16();
  const first = take(size);
  if (short || size < 2 || (size & 1) != 0) {
    short = true;
    return 0;
  }
  let keys: u32 = 0;
  for (let i: u32 = 0; i < size; i += 2) keys |= suiteKeys(u16At(first + i));
  return keys;
}

function readBody(): i32 {
  flags = 0;
  short = false;
  const version = takeU16();
  take(32);
  const sessionId = takeU8();
  take(sessionId);
  const keys = readSuites();
  const compression = takeU8();
  take(compression);
  if (short || sessionId > MAX_SESSION_ID || compression == 0) return HELLO_MALFORMED;
  if (!readExtensions()) return HELLO_MALFORMED;
  if ((seen & SEEN_VERSIONS) == 0 && version >= 0x0303) flags |= HELLO_TLS12;
  if ((flags & (HELLO_TLS12 | HELLO_TLS13)) == 0) return HELLO_OLD_VERSION;
  if ((seen & SEEN_SIGNATURES) == 0) flags |= HELLO_RSA | HELLO_ECDSA;
  if ((flags & HELLO_TLS13) == 0) flags &= keys | ~(HELLO_RSA | HELLO_ECDSA | HELLO_ED25519);
  store<u32>(HELLO, flags, HELLO_FLAGS);
  return HELLO_READ;
}

/**
 * Reads the ClientHello that begins at `buf`, of which `len` bytes are there: HELLO_READ with the name
 * and the flags in the block HELLO, HELLO_MORE, or an error. To be called again with the client's own
 * bytes from the first one on, once there are HELLO_NEEDED of them.
 */
export function readClientHello(buf: usize, len: u32): i32 {
  store<u32>(HELLO, 0, HELLO_NAME_LEN);
  if (len == 0) return more(RECORD_HEADER);
  if (load<u8>(buf) != RECORD_HANDSHAKE) return HELLO_NOT_TLS;
  const joined = joinRecords(buf, len);
  if (joined != HELLO_READ) return joined;
  at = buf + MESSAGE_HEADER;
  end = at + messageLen;
  return readBody();
}
