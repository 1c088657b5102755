// What `explain` asks beside a traced lookup: which hosts of a listener take the request, and why a
// rule that the lookup had no need to try doesn't match. The conditions are judged by match.ts itself.
// Reads a head that `routeRequest` has normalised; traffic never comes here.

import { normalPathLen, normalPathOff } from "../head/head";
import { equalBytes } from "../memory/bytes";
import * as L from "./layout";
import { FAILED_PATH, failedOf, nameHosts } from "./match";
import { blobOf, tableAddress } from "./table";

/** Whether the exact path or prefix that a match states takes the head's path. */
function pathTakes(head: usize, match: usize): bool {
  const at = normalPathOff(head);
  const length = normalPathLen(head);
  const value = blobOf(match) + load<u32>(match, 16);
  const valueLength = load<u32>(match, 20);
  if (valueLength > length || !equalBytes(at, value, valueLength)) return false;
  if (valueLength == length) return true;
  return <u32> load<u8>(match, 11) == L.PATH_PREFIX && load<u8>(at + valueLength) == 0x2f;
}

/** 0, or what of the match record at `offset` fails first: its path, then what `failedOf` says. */
export function explainMatch(head: usize, offset: u32): u32 {
  const match = tableAddress(offset);
  const isTaken = <u32> load<u8>(match, 11) == L.PATH_REGEX || pathTakes(head, match);
  return isTaken ? failedOf(head, match) : FAILED_PATH;
}

/** Notes every host of the listener that takes the head, the most specific first. */
export function explainHosts(portGroup: u32): void {
  nameHosts(portGroup);
}
