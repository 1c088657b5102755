// Every hard case for the request reader, in the order of a message.

import type { Case } from "./case.ts";
import { CHUNKS } from "./chunks.ts";
import { CONNECTION } from "./connection.ts";
import { LINES } from "./field_lines.ts";
import { FRAMING } from "./framing.ts";
import { HOSTS } from "./hosts.ts";
import { START_LINES } from "./start_lines.ts";

export const REQUEST_CASES: readonly Case[] = [
  ...START_LINES,
  ...LINES,
  ...HOSTS,
  ...FRAMING,
  ...CHUNKS,
  ...CONNECTION,
];
