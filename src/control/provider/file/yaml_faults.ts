// What is wrong with YAML that can't be read, in words for the person who wrote it. Takes what the
// `yaml` package found, gives a message, what to write instead, and the place to look at.

import { type Document, isScalar, visit, type YAMLParseError } from "yaml";

export interface YamlFault {
  readonly message: string;
  readonly fix: string;
  /** Offset in the source. */
  readonly at: number;
}

const FIXES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "keep one of the two",
  TAB_AS_INDENT: "indent with spaces",
  BAD_INDENT: "let all keys of a mapping, and all items of a list, begin at the same column",
  MULTILINE_IMPLICIT_KEY:
    "write `key: value`, with a space behind the colon; quote a text that goes over several lines",
  BAD_ALIAS: "define the anchor (&name) before it is used, or write out what it stands for",
  MISSING_CHAR: "add it: look at quotes, brackets and colons from here on",
};
const TOO_DEEP = {
  message: "the YAML cannot be read: it is nested too deeply",
  fix: "nothing here needs more than some twenty levels",
};
const ANY_FIX = "correct the YAML at this place: look at its indentation, quotes and brackets";

/** Where the quoted text begins that is still open at `end`. */
function openQuote(document: Document, end: number): number | undefined {
  let start: number | undefined;
  visit(document, {
    Scalar(_, node) {
      const quoted = isScalar(node) && /^QUOTE/.test(node.type ?? "");
      if (quoted && node.range && node.range[1] >= end) start ??= node.range[0];
    },
  });
  return start;
}

function withoutPlace(message: string): string {
  const [first] = message.split("\n");
  return first.replace(/ at line \d+, column \d+:?$/, "");
}

/** The first fault that the package tells of, at the place where it begins. */
export function describeFault(
  document: Document,
  error: YAMLParseError,
  source: string,
): YamlFault {
  const [at, until] = error.pos;
  const fix = FIXES[error.code] ?? ANY_FIX;
  if (error.code === "DUPLICATE_KEY") {
    const key = /^["']?([^\s:"',{}]+)/.exec(source.slice(at, Math.max(until, at + 100)))?.[1] ?? "";
    return { message: `the key ${key} stands twice in one mapping`, fix, at };
  }
  if (error.code === "MISSING_CHAR" && /^Missing closing .quote/.test(error.message)) {
    const open = openQuote(document, at) ?? at;
    return { message: "a quote is opened here and never closed", fix: "close it", at: open };
  }
  if (/call stack/.test(error.message)) return { ...TOO_DEEP, at };
  const end = /end with an? (.)/.exec(error.message)?.[1];
  return {
    message: `the YAML cannot be read: ${withoutPlace(error.message)}`,
    fix: end === undefined ? fix : `close it with ${end}`,
    at,
  };
}

/** What is thrown rather than told. */
export function describeThrown(error: unknown): YamlFault {
  if (error instanceof RangeError) return { ...TOO_DEEP, at: 0 };
  const text = error instanceof Error ? error.message : String(error);
  if (/alias/i.test(text)) {
    const message = "the YAML cannot be read: its aliases (*name) stand for too much";
    return { message, fix: "write out what they stand for", at: 0 };
  }
  return { message: `the YAML cannot be read: ${withoutPlace(text)}`, fix: ANY_FIX, at: 0 };
}
