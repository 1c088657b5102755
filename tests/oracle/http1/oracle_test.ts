// The same bytes through `wire`, `serve`, nginx, HAProxy and Envoy: they agree, or the difference is
// listed with its reason. A peer that can't be installed is a skipped test that says why.

import type { Peers } from "../../../bench/proxy/peers.ts";
import { assertEquals } from "../../assert.ts";
import { REASONS } from "./differences/index.ts";
import { PAGE, pageText } from "./page.ts";
import { install } from "./proxies.ts";
import { KNOWN_RELEASES, PROXIES, type ProxyName } from "./row.ts";
import { runRows } from "./run_rows.ts";
import { ROWS } from "./table.ts";

const WIRE = new Map(ROWS.map(({ id, row }) => [id, row.wire]));

/** What a proxy may do, by row: what is listed for it, else what `wire` does. */
function expectationsOf(name: ProxyName): ReadonlyMap<string, readonly string[]> {
  const expected = new Map<string, readonly string[]>();
  for (const [id, wire] of WIRE) expected.set(id, [wire]);
  if (name === "wire") return expected;
  for (const { cases } of REASONS) {
    for (const { who, id, does } of cases) if (who.includes(name)) expected.set(id, does);
  }
  return expected;
}

/** Rows in which a proxy does something else than is listed. */
async function surprises(name: ProxyName, peers: Peers | undefined): Promise<string[]> {
  const expected = expectationsOf(name);
  const isExpected = (id: string, summary: string) => expected.get(id)!.includes(summary);
  const observed = await runRows(name, peers, ROWS, isExpected);
  return [...observed].filter(([id, summary]) => !isExpected(id, summary)).map(([id, summary]) =>
    `${id}\n    is     ${summary}\n    listed ${expected.get(id)!.join(" or ")}`
  );
}

const installed = await install();
const peers: Peers | undefined = installed.kind === "installed" ? installed.peers : undefined;

/** Why a proxy can't be asked here; empty where it can. */
function skipReason(name: ProxyName): string {
  if (name === "wire" || name === "serve") return "";
  if (installed.kind === "missing") return installed.reason;
  const [release, version] = [KNOWN_RELEASES[name], peers?.versions[name.toLowerCase()]];
  if (version?.startsWith(`${release}.`)) return "";
  return `its release ${version} is installed here, and what is listed is ${release}'s`;
}

for (const name of PROXIES) {
  const reason = skipReason(name);
  Deno.test({
    name: `${name} does with ${ROWS.length} cases what is listed` +
      (reason === "" ? "" : ` (skipped: ${reason})`),
    ignore: reason !== "",
    fn: async () => {
      assertEquals(await surprises(name, peers), []);
    },
  });
}

Deno.test("each row has a name of its own, and each difference a row that it differs from", () => {
  assertEquals(WIRE.size, ROWS.length);
  const seen = new Set<string>();
  for (const { cases } of REASONS) {
    for (const { who, id, does } of cases) {
      const expected = WIRE.get(id);
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
