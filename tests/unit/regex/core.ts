// core.as/route/regex.ts compiled alone, with programs and subjects put into its memory.

import { SCRATCH_BYTES } from "../../../src/core/regex/layout.ts";
import { instantiate } from "../../wasm/compile.ts";

const SCRATCH = 0x10000;
const PROGRAM = 0x20000;
const SUBJECT = 0x80000;

const { memory, call } = await instantiate("core.as/route/regex.ts", 32);

/** Filled with what an earlier call may have left: nothing may depend on it. */
function soil(): void {
  const scratch = new Uint8Array(memory.buffer, SCRATCH, SCRATCH_BYTES + 64);
  for (let at = 0; at < scratch.length; at++) scratch[at] = (at * 7 + 3) & 0xff;
}

function put(at: number, bytes: Uint8Array): void {
  new Uint8Array(memory.buffer, at, bytes.length).set(bytes);
}

export function coreValidates(program: Uint8Array): boolean {
  put(PROGRAM, program);
  return call.regexValidate(PROGRAM, program.length) !== 0;
}

/** Runs the core; throws where it writes past its scratch space. */
export function coreMatches(program: Uint8Array, subject: Uint8Array): boolean {
  put(PROGRAM, program);
  put(SUBJECT, subject);
  soil();
  const answer = call.regexMatch(PROGRAM, program.length, SUBJECT, subject.length, SCRATCH) !== 0;
  const beyond = new Uint8Array(memory.buffer, SCRATCH + SCRATCH_BYTES, 64);
  beyond.forEach((byte, index) => {
    if (byte !== (((SCRATCH_BYTES + index) * 7 + 3) & 0xff)) throw new Error("wrote past scratch");
  });
  return answer;
}
