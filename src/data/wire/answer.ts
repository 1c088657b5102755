// Answers of RAUTA's own: what the rescue table says, and redirects.
// Takes a status and a text, gives bytes in a block of the core's memory.

import type { ExchangeCore } from "../../core/exchange_core.ts";
import { type Block, END_ROOM } from "./blocks.ts";

const encoder = new TextEncoder();

export interface Answer {
  /** 0: the plan's redirect. */
  readonly status: number;
  readonly text: string;
  /** RESPOND_CLOSE, or 0. */
  readonly close: number;
}

/** Writes the answer for exchange `x` to the block's beginning: its length, or an ERROR_*. */
export function writeAnswer(core: ExchangeCore, x: number, out: Block, answer: Answer): number {
  const bytes = encoder.encode(answer.text);
  const capacity = out.size - bytes.length - END_ROOM;
  const textAt = out.address + capacity;
  core.bytes.set(bytes, textAt);
  const { status, close } = answer;
  return core.exports.respondStep(x, status, textAt, bytes.length, out.address, capacity, close);
}
