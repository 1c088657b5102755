// The station "response edits": those the plan kept, whatever table is in use by now.

import { OUTCOME_FORWARD, OUTCOME_TOO_LARGE } from "../route/stations";
import * as P from "../route/plan";
import { applyEdits } from "./headers";

/** Edits a response head; the plan must live until the head is written. */
export function applyResponseEdits(head: usize, plan: usize): u32 {
  const block: usize = load<u32>(plan, P.P_EDITS);
  if (!block) return OUTCOME_FORWARD;
  const done = applyEdits(head, block, block, load<u32>(plan, P.P_EDIT_COUNT));
  return done ? OUTCOME_FORWARD : OUTCOME_TOO_LARGE;
}
