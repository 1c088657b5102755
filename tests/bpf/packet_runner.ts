// Runs packets through the programs inside the kernel with BPF_PROG_TEST_RUN, by way of packet_run,
// and compares what comes out with the reference.

import { assertEquals } from "../assert.ts";
import { readCounters, readRecord } from "./frames.ts";
import { concat } from "./packets.ts";
import { PACKET_RUN } from "./prepare.ts";
import { type Counters, hex, type Observed, Reference } from "./reference.ts";

export interface Case {
  readonly name: string;
  readonly frame: Uint8Array;
  readonly direction: 0 | 1;
}

export interface Outcome {
  readonly verdict: number;
  readonly unchanged: boolean;
  readonly counters: Counters; // of that direction, since the start
  readonly records: readonly Observed[];
}

const XDP_PASS = 2, TC_ACT_UNSPEC = -1;

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

function readOutcome(data: Uint8Array): Outcome {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const records: Observed[] = [];
  let at = 8 + 128;
  while (at < data.length) {
    const { record: { bytes: _, timeNs: __, interfaceIndex: ___, ...observed }, recordBytes } =
      readRecord(data.subarray(at));
    records.push(observed);
    at += recordBytes;
  }
  return {
    verdict: view.getInt32(0, true),
    unchanged: view.getUint32(4, true) === 1,
    counters: readCounters(data.subarray(8, 136)),
    records,
  };
}

/**
 * What the kernel's programs do with the packets, one after the other, in one load; null for a
 * packet that BPF_PROG_TEST_RUN itself refuses.
 */
export async function runInKernel(
  cases: readonly Case[],
  ports: readonly number[] = [],
): Promise<(Outcome | null)[]> {
  const child = new Deno.Command(PACKET_RUN, {
    args: ["cases", ...ports.map(String)],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = concat(
    ...cases.flatMap(({ frame, direction }) => [words(frame.length, direction), frame]),
  );
  const writing = new Blob([input as BlobPart]).stream().pipeTo(child.stdin);
  const output = new Uint8Array(await new Response(child.stdout).arrayBuffer());
  await writing.catch(() => {}); // the exit code says more
  const { code } = await child.status;
  if (code !== 0) throw new Error(`packet_run ends with ${code}`);

  const outcomes: (Outcome | null)[] = [];
  const view = new DataView(output.buffer);
  for (let at = 0; at < output.length;) {
    const end = at + 4 + view.getUint32(at, true);
    outcomes.push(end === at + 4 ? null : readOutcome(output.subarray(at + 4, end)));
    at = end;
  }
  assertEquals(outcomes.length, cases.length);
  return outcomes;
}

/** Linux 6.18 runs no TC program on a frame whose IP header is cut off; XDP is run on it. */
function isCutInIpHeader(frame: Uint8Array): boolean {
  const type = frame[12] << 8 | frame[13];
  return type === 0x0800 && frame.length < 34 || type === 0x86dd && frame.length < 54;
}

/**
 * Every packet passes unchanged, and yields the record and the counters of the reference.
 * Returns the records in order, null for packets that yield none.
 */
export async function assertLikeReference(
  cases: readonly Case[],
  ports: readonly number[] = [],
): Promise<(Observed | null)[]> {
  const outcomes = await runInKernel(cases, ports);
  const reference = new Reference(ports);
  const seen: (Observed | null)[] = [];
  outcomes.forEach((outcome, i) => {
    const { name, frame, direction } = cases[i];
    if (outcome === null) {
      assertEquals(direction === 1 && isCutInIpHeader(frame), true, `refused: ${hex(frame)}`);
      seen.push(null);
      return;
    }
    const expected = reference.observe(frame, direction);
    const where = `case ${i}, ${name}, ${["ingress", "egress"][direction]}: ${hex(frame)}`;
    assertEquals(outcome.verdict, direction === 0 ? XDP_PASS : TC_ACT_UNSPEC, where);
    assertEquals(outcome.unchanged, true, where);
    assertEquals(outcome.records, expected ? [expected] : [], where);
    assertEquals(outcome.counters, reference.counters[direction], where);
    seen.push(expected);
  });
  return seen;
}
