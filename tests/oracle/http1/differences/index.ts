// Every listed difference, by reason. Lists alone; oracle_test.ts compares them with what happens.

import type { Reason } from "../row.ts";
import { BODIES } from "./bodies.ts";
import { HEADS } from "./heads.ts";
import { HOPS } from "./hops.ts";
import { PATHS } from "./paths.ts";
import { RESPONSES } from "./responses.ts";
import { SERVE } from "./serve.ts";

export const REASONS: readonly Reason[] = [
  ...SERVE,
  ...PATHS,
  ...HEADS,
  ...BODIES,
  ...HOPS,
  ...RESPONSES,
];
