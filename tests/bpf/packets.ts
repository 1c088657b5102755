// Builds Ethernet frames from a description: tags, IPv4 with options, IPv6 with extension headers,
// TCP with options. Checksums are left at 0: nothing that is tested here looks at them.

export type Extension = "hop" | "destination" | "routing" | "authentication" | "atomic";

export interface PacketShape {
  readonly tags?: readonly number[]; // EtherTypes of the VLAN tags, outermost first
  readonly version?: 4 | 6;
  readonly protocol?: number; // 6, TCP, unless told
  readonly ipOptionBytes?: number; // IPv4, 0 to 40 in steps of 4
  readonly fragment?: { readonly offsetUnits: number; readonly more: boolean };
  readonly extensions?: readonly Extension[];
  readonly tcpOptionBytes?: number; // 0 to 40 in steps of 4
  readonly flags?: number;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly reversed?: boolean; // the other end's packet: addresses and ports exchanged
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly payload?: Uint8Array;
  readonly paddingBytes?: number; // behind the IP packet, as Ethernet pads short frames
  readonly lengthField?: number; // in place of the true IP length
}

export const FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16;

const ENCODER = new TextEncoder();

/** Latin text as bytes. */
export function bytes(text: string): Uint8Array {
  return ENCODER.encode(text);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function u16(...values: number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value >>> 8 & 255, value & 255]));
}

function u32(...values: number[]): Uint8Array {
  return concat(...values.map((value) => u16(value >>> 16, value & 0xffff)));
}

const END_A4 = Uint8Array.of(10, 1, 2, 3), END_B4 = Uint8Array.of(10, 9, 8, 7);
const END_A6 = Uint8Array.of(0xfd, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 1);
const END_B6 = Uint8Array.of(0xfd, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 2);

function tcpSegment(shape: PacketShape): Uint8Array {
  const optionBytes = shape.tcpOptionBytes ?? 0;
  const source = shape.sourcePort ?? 40000, destination = shape.destinationPort ?? 8080;
  const ports = shape.reversed ? u16(destination, source) : u16(source, destination);
  return concat(
    ports,
    u32(shape.sequence ?? 0x01020304, shape.acknowledgement ?? 0xf0e0d0c0),
    Uint8Array.of((5 + optionBytes / 4) << 4, shape.flags ?? PSH | ACK),
    u16(512, 0, 0),
    new Uint8Array(optionBytes).fill(1),
    shape.payload ?? new Uint8Array(),
  );
}

function ipv4(shape: PacketShape, content: Uint8Array): Uint8Array {
  const optionBytes = shape.ipOptionBytes ?? 0;
  const fragment = shape.fragment
    ? (shape.fragment.more ? 0x2000 : 0) | shape.fragment.offsetUnits
    : 0x4000;
  const addresses = shape.reversed ? [END_B4, END_A4] : [END_A4, END_B4];
  return concat(
    Uint8Array.of(0x40 | (5 + optionBytes / 4), 0),
    u16(shape.lengthField ?? 20 + optionBytes + content.length, 7, fragment),
    Uint8Array.of(64, shape.protocol ?? 6),
    u16(0),
    ...addresses,
    new Uint8Array(optionBytes).fill(1),
    content,
  );
}

const EXTENSION_NUMBERS: Record<Extension | "fragment", number> = {
  hop: 0,
  destination: 60,
  routing: 43,
  authentication: 51,
  atomic: 44,
  fragment: 44,
};

/** Each kind with a length of its own, so that a parser that ignores lengths is found out. */
function extension(kind: Extension, next: number): Uint8Array {
  if (kind === "atomic") return concat(Uint8Array.of(next, 0), u16(0), u32(99));
  const [unitsField, size] = { hop: [0, 8], destination: [2, 24], routing: [1, 16] }[
    kind as "hop" | "destination" | "routing"
  ] ?? [4, 24]; // authentication: (4 + 2) * 4
  const header = new Uint8Array(size).fill(0xee);
  header[0] = next;
  header[1] = unitsField;
  return header;
}

function ipv6(shape: PacketShape, content: Uint8Array): Uint8Array {
  let next = shape.protocol ?? 6;
  let body = content;
  if (shape.fragment) {
    const field = shape.fragment.offsetUnits << 3 | (shape.fragment.more ? 1 : 0);
    body = concat(Uint8Array.of(next, 0), u16(field), u32(99), body);
    next = EXTENSION_NUMBERS.fragment;
  }
  for (const kind of [...shape.extensions ?? []].reverse()) {
    body = concat(extension(kind, next), body);
    next = EXTENSION_NUMBERS[kind];
  }
  const addresses = shape.reversed ? [END_B6, END_A6] : [END_A6, END_B6];
  return concat(
    u32(0x60000000),
    u16(shape.lengthField ?? body.length),
    Uint8Array.of(next, 64),
    ...addresses,
    body,
  );
}

/** The whole frame, from the Ethernet header on. */
export function packet(shape: PacketShape): Uint8Array {
  const version = shape.version ?? 4;
  const content = shape.protocol === undefined || shape.protocol === 6
    ? tcpSegment(shape)
    : shape.payload ?? new Uint8Array();
  const types = [...shape.tags ?? [], version === 4 ? 0x0800 : 0x86dd];
  const tags = types.slice(1).map((type) => u16(100, type));
  return concat(
    Uint8Array.of(2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2),
    u16(types[0]),
    ...tags,
    version === 4 ? ipv4(shape, content) : ipv6(shape, content),
    new Uint8Array(shape.paddingBytes ?? 0).fill(0x47),
  );
}
