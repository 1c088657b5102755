// The two tests that every table of quoted sentences gets: that nothing which binds is left out or
// made up, and each case. Takes a CRD of the project and the tables; registers tests.

import { assertEquals } from "../assert.ts";
import type { SentenceCase } from "./cases.ts";
import { bindingSentences } from "./sentences.ts";

const CHANNELS = ["standard", "experimental"];

export interface Quoted {
  readonly title: string;
  /** `httproutes`: the CRD's plural. */
  readonly plural: string;
  readonly cases: readonly SentenceCase[];
  /** Tables of another kind that is served by the same code: what they quote is shown there. */
  readonly shownElsewhere?: readonly SentenceCase[];
  /** Fewer sentences than these mean that they are no longer found. */
  readonly atLeast: number;
  /** Sentences that say what their authors mean to do, and ask nothing of anybody. */
  readonly outlook?: readonly string[];
}

async function sentencesOf(plural: string, channel: string): Promise<string[]> {
  const path = `deploy/crds/${channel}/gateway.networking.k8s.io_${plural}.yaml`;
  return bindingSentences(await Deno.readTextFile(path)).map(({ text }) => text);
}

export function testQuotes(
  { title, plural, cases, atLeast, outlook = [], shownElsewhere = [] }: Quoted,
): void {
  const elsewhere = new Set(shownElsewhere.flatMap(({ quotes }) => quotes));
  Deno.test(`${title}: every sentence that binds is quoted by a case, and every quote is said`, async () => {
    const all = await Promise.all(CHANNELS.map((channel) => sentencesOf(plural, channel)));
    const said = new Set(all.flat());
    const quoted = new Set([...outlook, ...cases.flatMap(({ quotes }) => quotes)]);
    assertEquals(said.size >= atLeast, true, `${said.size} sentences`);
    const silent = [...said].filter((text) => !quoted.has(text) && !elsewhere.has(text));
    assertEquals(silent, [], "no case quotes them");
    assertEquals([...quoted].filter((sentence) => !said.has(sentence)), [], "nobody says them");
  });
  for (const { name, quotes, prove } of cases) {
    Deno.test(`${title}: ${name} (${quotes.length} of its sentences)`, async () => await prove());
  }
}
