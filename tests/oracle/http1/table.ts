// The oracle's table: every group of rows, in the order in which they are asked and printed.

import { CHUNKS, CODINGS, LENGTHS } from "./rows/bodies.ts";
import { EARLY, HOPS, INTERIM, PIPELINES, TUNNELS } from "./rows/connections.ts";
import { FIELDS, HOSTS, LINES, METHODS, VERSIONS } from "./rows/requests.ts";
import { BAD_RESPONSES, RESPONSES } from "./rows/responses.ts";
import { FORMS, PATHS } from "./rows/targets.ts";
import type { Group, Row } from "./row.ts";

export const GROUPS: readonly Group[] = [
  METHODS,
  VERSIONS,
  FORMS,
  PATHS,
  LINES,
  FIELDS,
  HOSTS,
  LENGTHS,
  CODINGS,
  CHUNKS,
  HOPS,
  INTERIM,
  TUNNELS,
  PIPELINES,
  EARLY,
  RESPONSES,
  BAD_RESPONSES,
];

/** A row under a name that is its own in the whole table. */
export interface NamedRow {
  readonly id: string;
  readonly row: Row;
}

export const ROWS: readonly NamedRow[] = GROUPS.flatMap((group) =>
  group.rows.map((row) => ({ id: `${group.name}: ${row.name}`, row }))
);
