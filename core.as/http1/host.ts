// Checks `uri-host [ ":" port ]` (RFC 9110 section 7.2, RFC 3986 section 3.2.2) as it stands in Host
// and in an absolute target. Names are held to unreserved characters: DNS needs no others, and comma,
// `@`, `/`, backslash or an escape here have only ever served to make two readers see two hosts.

import { CLASS_HEX, CLASS_HOST, isClass } from "./classes";

function isDigit(byte: u32): bool {
  return byte - 0x30 < 10;
}

/** Four decimal numbers up to 255 without leading zeros: RFC 3986 IPv4address. */
function isIpv4(at: usize, end: usize): bool {
  for (let part = 0; part < 4; part++) {
    let value: u32 = 0;
    const start = at;
    while (at < end && isDigit(<u32> load<u8>(at))) {
      if (at - start == 3 || (at > start && load<u8>(start) == 0x30)) return false;
      value = value * 10 + (<u32> load<u8>(at) - 0x30);
      at++;
    }
    if (at == start || value > 255) return false;
    if (part == 3) return at == end;
    if (at == end || load<u8>(at) != 0x2e) return false;
    at++;
  }
  return false;
}

/** RFC 3986 IPv6address, without brackets; no zone. */
function isIpv6(at: usize, end: usize): bool {
  let groups = 0;
  let compressed = false;
  if (at + 1 < end && load<u8>(at) == 0x3a) {
    if (load<u8>(at, 1) != 0x3a) return false;
    compressed = true;
    at += 2;
  }
  while (at < end) {
    const start = at;
    while (at < end && isClass(<u32> load<u8>(at), CLASS_HEX)) at++;
    if (at < end && load<u8>(at) == 0x2e) {
      if (!isIpv4(start, end)) return false;
      groups += 2;
      at = end;
      break;
    }
    if (at == start || at - start > 4) return false;
    groups++;
    if (at == end) break;
    if (load<u8>(at) != 0x3a) return false;
    at++;
    if (at == end) return false;
    if (load<u8>(at) == 0x3a) {
      if (compressed) return false;
      compressed = true;
      at++;
    }
  }
  return compressed ? groups < 8 : groups == 8;
}

/** Whether a port is digits alone and at most 65535; an empty one is allowed by the grammar. */
function isPort(at: usize, end: usize): bool {
  if (end - at > 5) return false;
  let value: u32 = 0;
  for (; at < end; at++) {
    const byte = <u32> load<u8>(at);
    if (!isDigit(byte)) return false;
    value = value * 10 + (byte - 0x30);
  }
  return value <= 65535;
}

/**
 * Whether these bytes are a host with an optional port. An empty host is refused (RFC 9110 section
 * 4.2.1: a recipient "MUST reject it as invalid"), and so is user information (section 4.2.4).
 */
export function isAuthority(at: usize, len: u32): bool {
  const end = at + <usize> len;
  if (len == 0) return false;
  let host = at;
  if (load<u8>(at) == 0x5b) {
    host++;
    while (host < end && load<u8>(host) != 0x5d) host++;
    if (host == end || !isIpv6(at + 1, host)) return false;
    host++;
  } else {
    while (host < end && isClass(<u32> load<u8>(host), CLASS_HOST)) host++;
    if (host == at) return false;
  }
  if (host == end) return true;
  return load<u8>(host) == 0x3a && isPort(host + 1, end);
}
