// The same bytes through `wire`, `serve`, nginx, HAProxy and Envoy: they agree, or the difference is
// listed with its reason. A peer that can't be installed is a skipped test that says why.

import type { Peers } from "../../../bench/proxy/peers.ts";
import { assertEquals } from "../../assert.ts";
import { REASONS } from "./differences/index.ts";
import { PAGE, pageText } from "./page.ts";
import { install } from "./proxies.ts";
import { type OtherName, PROXIES, type ProxyName } from "./row.ts";
import { runRows } from "./run_rows.ts";
import { ROWS } from "./table.ts";

/** What is listed for a proxy, by row. */
function listedFor(name: OtherName): Map<string, readonly string[]> {
  const listed = new Map<string, readonly string[]>();
  for (const { cases } of REASONS) {
    for (const { who, id, does } of cases) if (who.includes(name)) listed.set(id, does);
  }
  return listed;
}

/** Rows in which a proxy does something else than is listed. */
function surprises(name: ProxyName, observed: ReadonlyMap<string, string>): string[] {
  const listed = name === "wire" ? new Map<string, readonly string[]>() : listedFor(name);
  return ROWS.flatMap(({ id, row }) => {
    const expected = listed.get(id) ?? [row.wire];
    const happened = observed.get(id)!;
    if (expected.includes(happened)) return [];
    return [`${id}\n    is     ${happened}\n    listed ${expected.join(" or ")}`];
  });
}

const installed = await install();
const peers: Peers | undefined = installed.kind === "installed" ? installed.peers : undefined;

for (const name of PROXIES) {
  const isOurs = name === "wire" || name === "serve";
  const why = installed.kind === "missing" && !isOurs ? ` (skipped: ${installed.reason})` : "";
  Deno.test({
    name: `${name} does with ${ROWS.length} cases what is listed${why}`,
    ignore: why !== "",
    fn: async () => {
      assertEquals(surprises(name, await runRows(name, peers, ROWS)), []);
    },
  });
}

Deno.test("each row has a name of its own, and each difference a row that it differs from", () => {
  const wire = new Map(ROWS.map(({ id, row }) => [id, row.wire]));
  assertEquals(wire.size, ROWS.length);
  const seen = new Set<string>();
  for (const { cases } of REASONS) {
    for (const { who, id, does } of cases) {
      const expected = wire.get(id);
      if (expected === undefined) throw new Error(`no row is named ${id}`);
      if (does[0] === expected) throw new Error(`${id}: what is listed is no difference`);
      for (const proxy of who) {
        if (!PROXIES.includes(proxy)) throw new Error(`no proxy is named ${proxy}`);
        if (seen.has(`${proxy} ${id}`)) throw new Error(`${id} is listed twice for ${proxy}`);
        seen.add(`${proxy} ${id}`);
      }
    }
  }
});

Deno.test(`${PAGE} is the table as it stands`, async () => {
  assertEquals(await Deno.readTextFile(PAGE), pageText());
});
