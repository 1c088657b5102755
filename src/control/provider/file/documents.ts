// Cuts a YAML stream into its documents without parsing it, so that each can be parsed, cached and
// forgotten on its own. A line that begins with `---` or `...` is a marker wherever it stands: YAML
// 1.2.2, 9.1.2 forbids such lines inside a document, block scalars included.

export interface DocumentText {
  readonly text: string;
  /** Line of the file on which `text` begins, from 1. */
  readonly line: number;
}

const MARKER = /^(?:---|\.\.\.)(?=[\s]|$)/gm;
const EMPTY = /^(?:\s*(?:#.*|%.*|---|\.\.\.)?(?:\r?\n|$))*$/;

function countLines(text: string, from: number, to: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) {
    lines++;
  }
  return lines;
}

/** The documents of a stream; those of nothing but comments, directives and markers are left out. */
export function splitDocuments(stream: string): DocumentText[] {
  const documents: DocumentText[] = [];
  const start = stream.charCodeAt(0) === 0xfeff ? 1 : 0;
  const cuts = [start];
  for (const match of stream.matchAll(MARKER)) if (match.index > start) cuts.push(match.index);
  cuts.push(stream.length);
  let line = 1;
  for (let index = 0; index + 1 < cuts.length; index++) {
    const text = stream.slice(cuts[index], cuts[index + 1]);
    if (!isEmpty(text)) documents.push({ text, line });
    line += countLines(stream, cuts[index], cuts[index + 1]);
  }
  return documents;
}

/** A cheap look at the first lines decides for nearly all documents. */
function isEmpty(text: string): boolean {
  for (let from = 0; from < text.length;) {
    const newline = text.indexOf("\n", from);
    const end = newline < 0 ? text.length : newline;
    const row = text.slice(from, end);
    if (!EMPTY.test(row)) return false;
    from = end + 1;
  }
  return true;
}
