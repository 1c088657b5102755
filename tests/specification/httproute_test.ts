// Every sentence of the HTTPRoute CRD that binds an implementation is quoted by a case that shows that
// it holds here, or that what it is about is refused. A sentence that no case quotes fails, and so does
// a quote that the CRD no longer says.

import { assertEquals } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { BACKENDS } from "./httproute_backends.ts";
import { CORS } from "./httproute_cors.ts";
import { EXCHANGES } from "./httproute_exchange.ts";
import { FILTERS } from "./httproute_filters.ts";
import { HOSTNAMES } from "./httproute_hostnames.ts";
import { MATCHES } from "./httproute_matches.ts";
import { PARENTS } from "./httproute_parents.ts";
import { STATUS } from "./httproute_status.ts";
import { UNSERVED } from "./httproute_unserved.ts";
import { bindingSentences } from "./sentences.ts";

const CHANNELS = ["standard", "experimental"];

/** Says what the authors mean to do, and asks nothing of anybody. */
const OUTLOOK: readonly string[] = [
  "In the future, filters showing convergence in behavior across multiple implementations will be considered for inclusion in extended or core conformance levels.",
];

const CASES: readonly SentenceCase[] = [
  HOSTNAMES,
  PARENTS,
  MATCHES,
  BACKENDS,
  FILTERS,
  CORS,
  UNSERVED,
  STATUS,
  EXCHANGES,
].flat();

async function sentencesOf(channel: string): Promise<string[]> {
  const path = `deploy/crds/${channel}/gateway.networking.k8s.io_httproutes.yaml`;
  return bindingSentences(await Deno.readTextFile(path)).map(({ text }) => text);
}

Deno.test("HTTPRoute: every sentence that binds is quoted by a case, and every quote is said", async () => {
  const said = new Set((await Promise.all(CHANNELS.map(sentencesOf))).flat());
  const quoted = new Set([...OUTLOOK, ...CASES.flatMap(({ quotes }) => quotes)]);
  assertEquals(said.size > 200, true, `${said.size} sentences`);
  assertEquals([...said].filter((sentence) => !quoted.has(sentence)), [], "no case quotes them");
  assertEquals([...quoted].filter((sentence) => !said.has(sentence)), [], "nobody says them");
});

for (const { name, quotes, prove } of CASES) {
  Deno.test(`HTTPRoute: ${name} (${quotes.length} of its sentences)`, async () => await prove());
}
