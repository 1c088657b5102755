// Every sentence about a Gateway's listeners that binds an implementation is quoted by a case, as in
// httproute_test.ts. Sentences about TLS settings are left to the tests of TLS.

import { assertEquals } from "../assert.ts";
import { LISTENERS } from "./gateway_listeners.ts";
import { bindingSentences } from "./sentences.ts";

const CHANNELS = ["standard", "experimental"];

function isAboutListeners(field: string): boolean {
  return field.startsWith("spec.listeners") && !field.startsWith("spec.listeners.tls");
}

async function sentencesOf(channel: string): Promise<string[]> {
  const path = `deploy/crds/${channel}/gateway.networking.k8s.io_gateways.yaml`;
  return bindingSentences(await Deno.readTextFile(path))
    .filter(({ fields }) => fields.some(isAboutListeners)).map(({ text }) => text);
}

Deno.test("Gateway listeners: every sentence that binds is quoted by a case, and every quote is said", async () => {
  const said = new Set((await Promise.all(CHANNELS.map(sentencesOf))).flat());
  const quoted = new Set(LISTENERS.flatMap(({ quotes }) => quotes));
  assertEquals(said.size > 60, true, `${said.size} sentences`);
  assertEquals([...said].filter((sentence) => !quoted.has(sentence)), [], "no case quotes them");
  assertEquals([...quoted].filter((sentence) => !said.has(sentence)), [], "nobody says them");
});

for (const { name, quotes, prove } of LISTENERS) {
  Deno.test(`Gateway listeners: ${name} (${quotes.length} of its sentences)`, async () =>
    await prove());
}
