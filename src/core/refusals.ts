// Why the core refuses a table, in words, by REFUSED_* of core.as/route/validate.ts and
// core.as/balance/table.ts.

export const REFUSALS: Readonly<Record<number, string>> = {
  1: "its size is not the one it states",
  2: "it does not begin with a table's magic number",
  3: "its version is not the one this core reads",
  4: "its checksum is wrong",
  5: "a section lies outside of it",
  6: "a port group or listener record is damaged",
  7: "the host index is damaged",
  8: "a path node is damaged",
  9: "a path edge is damaged",
  10: "a candidate group, list or index is damaged",
  14: "a route's blob is damaged",
  15: "a service record is damaged",
  16: "an endpoint record is damaged",
  17: "the core's memory is full",
};
