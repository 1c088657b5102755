// Validation against the answers of Kubernetes' own code (tests/testdata/gatewayapi/apiserver).
// The verdict and the value with defaults must be the same, and the errors too, but for what
// docs/validation.md lists: one error a place, words for metadata of a wrong type, and a place named
// where the API server says <nil>.

import { assertEquals } from "../../assert.ts";
import { loadValidator } from "../../../src/gatewayapi/validation/bundled.ts";

interface Answer {
  readonly object: unknown;
  readonly unknown: readonly string[];
  readonly errors: readonly string[];
  readonly value?: unknown;
}

const validator = await loadValidator();
const text = await Deno.readTextFile("tests/testdata/gatewayapi/apiserver/answers.jsonl");
const answers = text.trim().split("\n").map((line) => JSON.parse(line) as Answer);

const UNKNOWN = "strict decoding error: unknown field";

/** The place that a message is about; some of the API server's have it only inside the sentence. */
function fieldOf(message: string): string {
  if (message.startsWith(UNKNOWN)) return JSON.parse(message.slice(UNKNOWN.length + 1));
  if (!message.startsWith("<nil>: ")) return message.split(": ", 1)[0];
  const place = /"([^"]+)" must|format \w+ in (\S+)$/.exec(message);
  if (!place) throw new Error(`no place in ${message}`);
  return place[1] ?? place[2];
}

function isBelow(field: string, parent: string): boolean {
  return field === parent || field.startsWith(`${parent}.`) || field.startsWith(`${parent}[`);
}

const WRONG_METADATA = /^metadata: Invalid value: .*: json: cannot unmarshal/;

/** Theirs that ours doesn't say, though it should. */
function missing(ours: readonly string[], theirs: readonly string[]): string[] {
  return theirs.filter((message) => {
    if (ours.includes(message)) return false;
    if (WRONG_METADATA.test(message)) return !ours.some((one) => one.startsWith("metadata"));
    // A place that we have already said something about, or one above it.
    return !ours.some((one) => isBelow(fieldOf(message), fieldOf(one)));
  });
}

/** Ours that the API server doesn't say. */
function surplus(ours: readonly string[], theirs: readonly string[]): string[] {
  // With metadata of a wrong type it says nothing else.
  if (theirs.some((message) => WRONG_METADATA.test(message))) return [];
  const places = theirs.map(fieldOf);
  return ours.filter((message) => !places.includes(fieldOf(message)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1).map(([key, child]) => [
      key,
      sorted(child),
    ]),
  );
}

Deno.test("Kubernetes accepts and refuses the same objects, with the same defaults", () => {
  assertEquals(answers.length > 700, true);
  for (const { object, unknown, errors, value } of answers) {
    const result = validator.validate(object);
    const accepted = unknown.length === 0 && errors.length === 0;
    assertEquals(result.ok, accepted, JSON.stringify({ object, unknown, errors }));
    if (result.ok) assertEquals(sorted(result.value), sorted(value));
  }
});

Deno.test("Kubernetes says the same about what is wrong", () => {
  let same = 0;
  for (const { object, unknown, errors } of answers) {
    const result = validator.validate(object);
    if (result.ok) continue;
    const ours = result.errors.map((error) => error.message);
    const theirs = [...unknown.map((field) => `${UNKNOWN} ${JSON.stringify(field)}`), ...errors];
    assertEquals(missing(ours, theirs), [], JSON.stringify({ ours, theirs }));
    assertEquals(surplus(ours, theirs), [], JSON.stringify({ ours, theirs }));
    if (ours.every((one) => theirs.includes(one)) && theirs.every((one) => ours.includes(one))) {
      same += 1;
    }
  }
  // Word for word, all of them, for nearly all objects.
  const refused = answers.filter(({ unknown, errors }) => unknown.length + errors.length > 0);
  assertEquals(same / refused.length > 0.8, true, `${same} of ${refused.length}`);
});
