// ns a packet by BPF_PROG_TEST_RUN, for packets that end at different stations of the program.

import { bytes, packet, type PacketShape } from "../../tests/bpf/packets.ts";
import { PACKET_RUN } from "../../tests/bpf/prepare.ts";
import { type Figure, figure } from "../core/figures.ts";

const RUNS_A_ROUND = 10_000;
const TIMESTAMP_BYTES = 12; // as Linux sends

const BODY = bytes("z".repeat(300));
const REQUEST = bytes(`GET /index.html HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(400)}`.slice(0, 300));

const PACKETS: [string, PacketShape][] = [
  ["UDP, not TCP", { protocol: 17, payload: BODY }],
  ["TCP, bare ACK", { tcpOptionBytes: TIMESTAMP_BYTES }],
  ["TCP, 300 bytes without HTTP", { tcpOptionBytes: TIMESTAMP_BYTES, payload: BODY }],
  ["TCP over IPv6, 300 bytes without HTTP", {
    version: 6,
    tcpOptionBytes: TIMESTAMP_BYTES,
    payload: BODY,
  }],
  ["TCP in a VLAN, 300 bytes without HTTP", {
    tags: [0x8100],
    tcpOptionBytes: TIMESTAMP_BYTES,
    payload: BODY,
  }],
  ["HTTP, 256 bytes captured", { tcpOptionBytes: TIMESTAMP_BYTES, payload: REQUEST }],
];

async function roundsOf(shape: PacketShape, direction: number, rounds: number): Promise<number[]> {
  const child = new Deno.Command(PACKET_RUN, {
    args: ["bench", String(direction), String(RUNS_A_ROUND), String(rounds)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(packet(shape));
  await writer.close();
  const { stdout } = await child.output();
  return JSON.parse(new TextDecoder().decode(stdout)) as number[];
}

export async function packetCosts(rounds: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [name, shape] of PACKETS) {
    for (const [direction, program] of ["XDP", "TC"].entries()) {
      figures.push(figure(`${name}, ${program}`, "ns", await roundsOf(shape, direction, rounds)));
    }
  }
  return figures;
}
