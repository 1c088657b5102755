// ClientHellos for tests, built from their parts, so that each part can be made wrong on its own.

export function u8(value: number): number[] {
  return [value & 255];
}

export function u16(value: number): number[] {
  return [value >> 8 & 255, value & 255];
}

export function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}

function counted8(bytes: readonly number[]): number[] {
  return [...u8(bytes.length), ...bytes];
}

function counted16(bytes: readonly number[]): number[] {
  return [...u16(bytes.length), ...bytes];
}

export function extension(type: number, body: readonly number[]): number[] {
  return [...u16(type), ...counted16(body)];
}

export function serverName(name: string, type = 0): number[] {
  return extension(0, counted16([...u8(type), ...counted16(ascii(name))]));
}

export function alpn(names: readonly string[]): number[] {
  return extension(16, counted16(names.flatMap((name) => counted8(ascii(name)))));
}

export function versions(list: readonly number[]): number[] {
  return extension(43, counted8(list.flatMap(u16)));
}

export function signatures(list: readonly number[]): number[] {
  return extension(13, counted16(list.flatMap(u16)));
}

export const ECDSA_P256 = 0x0403;
export const RSA_PSS = 0x0804;
export const ED25519 = 0x0807;

export interface HelloParts {
  readonly version?: number;
  readonly sessionId?: readonly number[];
  readonly suites?: readonly number[];
  readonly compression?: readonly number[];
  /** Undefined: no block of extensions at all. */
  readonly extensions?: readonly number[];
}

/** The handshake message, without records. */
export function helloMessage(parts: HelloParts = {}): number[] {
  const body = [
    ...u16(parts.version ?? 0x0303),
    ...new Array<number>(32).fill(7),
    ...counted8(parts.sessionId ?? []),
    ...counted16((parts.suites ?? [0x1301]).flatMap(u16)),
    ...counted8(parts.compression ?? [0]),
    ...(parts.extensions === undefined ? [] : counted16(parts.extensions)),
  ];
  return [1, 0, ...u16(body.length), ...body];
}

/** A message in records of at most `fragmentBytes`. */
export function records(message: readonly number[], fragmentBytes = 16_384): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < message.length; at += fragmentBytes) {
    bytes.push(22, 3, 1, ...counted16(message.slice(at, at + fragmentBytes)));
  }
  return Uint8Array.from(bytes);
}

/** What a browser of today sends, as far as it is read. */
export function usualExtensions(name: string): number[] {
  return [
    ...serverName(name),
    ...signatures([ECDSA_P256, RSA_PSS]),
    ...alpn(["h2", "http/1.1"]),
    ...versions([0x0304, 0x0303]),
  ];
}
