// The sentences of a CRD's descriptions that bind whoever implements it, by their words. Takes the
// CRD's YAML as the project ships it; gives each sentence once, with the fields that say it. A list
// under a binding sentence that ends in a colon binds item by item: each is quoted with its lead.

import { parse } from "yaml";

export interface Sentence {
  /** As written, line breaks and runs of spaces as one space. */
  readonly text: string;
  /** Fields that say it, `spec.rules.matches.path` and so on, in the CRD's order. */
  readonly fields: readonly string[];
}

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
}

interface Crd {
  readonly spec: {
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: Node } }[];
  };
}

/** RFC 2119's words in any case, precedence, and what implementations and gateways do. */
const BINDING =
  /\b(?:must|should|shall|required|MAY)\b|\bMUST|\bSHOULD|\bprecedence\b|\b[Ii]mplementations? (?:may|can|will|is|are|cannot)\b|\bstatus codes?\b|\bis (?:considered )?invalid\b|\bproportion of\b|\bwill result in\b|\bcannot be\b|\b[Mm]ay not\b|\bnot (?:allowed|possible|valid)\b|\b[Dd]efaults? (?:is|to)\b|\b[WwIi](?:hen|f) (?:unset|unspecified|empty|omitted)\b|\binterpreted as\b|\bis not accepted\b|\bonly (?:valid|applied)\b|\balways allowed\b|\bthe gateway (?:returns|responds|sets|will)\b|\bwill be (?:matched|mirrored|exposed)\b|\bwould (?:all |not )?match\b|\bmatches (?:HTTPRoutes|all hosts|full path)\b|\bis assumed\b|\bgreedy match\b|\bANDed\b|\bcan only\b|\b[Oo]nly one of\b|\bcase[- ](?:in)?sensitive\b|\bconsidered\b|\bignored\b|\bonly (?:the|one|a|compatible)\b/;

const LIST_ITEM = /^\s*(?:[*-]|\d+\.)\s+/;

function squeezed(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** A paragraph's list items, each with the lines that go on under it; or the paragraph itself. */
function itemsOf(paragraph: string): string[] {
  const items: string[] = [];
  for (const line of paragraph.split("\n")) {
    if (items.length === 0 || LIST_ITEM.test(line)) items.push(line);
    else items[items.length - 1] += `\n${line}`;
  }
  return items;
}

/** Sentences end where a stop is followed by a capital, a quote, a code or a bracket. */
function sentencesOf(text: string): string[] {
  return squeezed(text)
    .split(/(?<=(?<!\b[ei]\.[ge])[.!?]["')]?)\s+(?=[A-Z`"*_(<])/)
    .map((sentence) => sentence.trim()).filter((sentence) => sentence !== "");
}

function bindingIn(description: string): string[] {
  const found: string[] = [];
  /** The binding sentence that a list stands under. */
  let lead: string | undefined;
  for (const paragraph of description.split(/\n\s*\n/)) {
    for (const item of itemsOf(paragraph)) {
      const isItem = LIST_ITEM.test(item);
      const sentences = sentencesOf(item.replace(LIST_ITEM, ""));
      if (isItem && lead !== undefined) {
        found.push(...sentences.map((sentence) => `${lead} ${sentence}`));
        continue;
      }
      found.push(...sentences.filter((sentence) => BINDING.test(sentence)));
      if (isItem) continue;
      const last = sentences.at(-1) ?? "";
      lead = last.endsWith(":") && BINDING.test(last) ? last : undefined;
    }
  }
  // A lead is said by its items.
  return found.filter((sentence) =>
    !sentence.endsWith(":") || !found.some((other) => other.startsWith(`${sentence} `))
  );
}

function walk(node: Node, field: string, tell: (sentence: string, field: string) => void): void {
  for (const sentence of bindingIn(node.description ?? "")) tell(sentence, field);
  for (const [name, child] of Object.entries(node.properties ?? {})) {
    walk(child, field === "" ? name : `${field}.${name}`, tell);
  }
  if (node.items) walk(node.items, field, tell);
  if (typeof node.additionalProperties === "object") walk(node.additionalProperties, field, tell);
}

/** Every binding sentence of every version of a CRD, each once. */
export function bindingSentences(crdYaml: string): Sentence[] {
  const fieldsOf = new Map<string, Set<string>>();
  for (const { schema } of (parse(crdYaml) as Crd).spec.versions) {
    walk(schema.openAPIV3Schema, "", (sentence, field) => {
      const fields = fieldsOf.get(sentence) ?? new Set<string>();
      fieldsOf.set(sentence, fields.add(field));
    });
  }
  return [...fieldsOf].map(([text, fields]) => ({ text, fields: [...fields] }));
}
