// Reads the YAML that configuration is mostly written in, some twenty times as fast as the whole
// language can be read: block mappings and sequences, flow collections, scalars of one line. Takes a
// document; gives its value, or undefined for whatever is not of this subset or not right: then the
// `yaml` package reads it, and says what is wrong. Never gives a value that the package would not.

/** Thrown inside, never out of this module. */
const NOT_PLAIN = Symbol("not plain");

const MAX_DEPTH = 64;

/** Control characters, tabs and other line breaks: rules of their own. */
// deno-lint-ignore no-control-regex
const UNUSUAL = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\p{Surrogate}/u;
/** Marks between documents, which have no place within one. */
const MARKER = /\n---|(?:^|\n)\.\.\./;

/** The core schema's words and numbers (YAML 1.2.2, 10.3.2) that are no plain integers. */
const NUMBER =
  /^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+|[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const INTEGER = /^(?:0|-?[1-9][0-9]{0,14})$/;
const WORDS: ReadonlyMap<string, null | boolean> = new Map<string, null | boolean>([
  ["~", null],
  ["null", null],
  ["Null", null],
  ["NULL", null],
  ["true", true],
  ["True", true],
  ["TRUE", true],
  ["false", false],
  ["False", false],
  ["FALSE", false],
]);

const NEWLINE = 0x0a;
const SPACE = 0x20;
const DOUBLE_QUOTE = 0x22;
const HASH = 0x23;
const QUOTE = 0x27;
const COMMA = 0x2c;
const DASH = 0x2d;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Characters that a plain scalar does not begin with; `-`, `:` and `?` are looked at apart. */
const INDICATORS: ReadonlySet<number> = new Set(
  [..."?:,[]{}#&*!|>'\"%@`"].map((character) => character.charCodeAt(0)),
);

type Plain = null | boolean | number | string | Plain[] | { [key: string]: Plain };

function isFlowIndicator(code: number): boolean {
  return code === COMMA || code === OPEN_BRACKET || code === CLOSE_BRACKET ||
    code === OPEN_BRACE || code === CLOSE_BRACE;
}

/** A plain scalar's value by the core schema. */
function resolve(text: string): Plain {
  const first = text.charCodeAt(0);
  // Digits, signs and the dot.
  if ((first >= 0x30 && first <= 0x39) || first === 0x2b || first === DASH || first === 0x2e) {
    if (INTEGER.test(text)) return Number(text);
    if (NUMBER.test(text)) throw NOT_PLAIN;
    return text;
  }
  if (text.length > 5) return text;
  const word = WORDS.get(text);
  return word === undefined ? text : word;
}

class PlainReader {
  #at = 0;
  /** Of the line that `#at` is on. */
  #indent = 0;

  constructor(readonly source: string) {}

  read(): Plain {
    if (this.source.startsWith("---")) {
      this.#at = 3;
      this.#endLine();
    } else {
      this.#toContent(true);
    }
    if (this.#isAtEnd()) throw NOT_PLAIN;
    const value = this.#block(this.#indent, 0);
    if (!this.#isAtEnd()) throw NOT_PLAIN;
    return value;
  }

  #code(offset = 0): number {
    return this.source.charCodeAt(this.#at + offset);
  }

  #isAtEnd(): boolean {
    return this.#at >= this.source.length;
  }

  /** To the first character of the next line that says something; `#indent` is its column. */
  #toContent(isAtLineStart: boolean): void {
    const { source } = this;
    let at = this.#at;
    if (!isAtLineStart) {
      if (at < source.length && source.charCodeAt(at) !== NEWLINE) throw NOT_PLAIN;
      at++;
    }
    for (;;) {
      const start = at;
      while (source.charCodeAt(at) === SPACE) at++;
      const code = source.charCodeAt(at);
      if (code === NEWLINE) {
        at++;
        continue;
      }
      if (code === HASH) {
        const end = source.indexOf("\n", at);
        at = end < 0 ? source.length : end + 1;
        continue;
      }
      this.#at = Math.min(at, source.length);
      this.#indent = at - start;
      return;
    }
  }

  /** Past spaces and a comment to the next line's content; anything else is not plain. */
  #endLine(): void {
    const { source } = this;
    let at = this.#at;
    while (source.charCodeAt(at) === SPACE) at++;
    if (source.charCodeAt(at) === HASH) {
      if (source.charCodeAt(at - 1) !== SPACE) throw NOT_PLAIN;
      const end = source.indexOf("\n", at);
      at = end < 0 ? source.length : end;
    }
    this.#at = at;
    this.#toContent(false);
  }

  #skipSpaces(): void {
    while (this.#code() === SPACE) this.#at++;
  }

  #isDash(): boolean {
    const next = this.#code(1);
    return this.#code() === DASH && (next === SPACE || next === NEWLINE || Number.isNaN(next));
  }

  /** A block collection whose entries stand at column `indent`. */
  #block(indent: number, depth: number): Plain {
    if (depth > MAX_DEPTH) throw NOT_PLAIN;
    return this.#isDash() ? this.#sequence(indent, depth) : this.#mapping(indent, depth);
  }

  #sequence(indent: number, depth: number): Plain[] {
    const items: Plain[] = [];
    do {
      this.#at++;
      const start = this.#at;
      this.#skipSpaces();
      const column = indent + 1 + this.#at - start;
      if (this.#isLineOver()) {
        this.#endLine();
        const isNested = !this.#isAtEnd() && this.#indent > indent;
        items.push(isNested ? this.#block(this.#indent, depth + 1) : null);
      } else if (this.#isDash() || this.#isKey()) {
        items.push(this.#block(column, depth + 1));
      } else {
        items.push(this.#inline(indent, depth));
      }
    } while (!this.#isAtEnd() && this.#indent === indent && this.#isDash());
    this.#mustBeOutside(indent);
    return items;
  }

  #mapping(indent: number, depth: number): Plain {
    const map: { [key: string]: Plain } = {};
    do {
      const key = this.#key();
      if (Object.hasOwn(map, key)) throw NOT_PLAIN;
      this.#skipSpaces();
      if (!this.#isLineOver()) {
        map[key] = this.#inline(indent, depth);
        continue;
      }
      this.#endLine();
      if (this.#isAtEnd() || this.#indent < indent) map[key] = null;
      else if (this.#indent > indent) map[key] = this.#block(this.#indent, depth + 1);
      // A sequence may stand at the column of its key.
      else map[key] = this.#isDash() ? this.#sequence(indent, depth + 1) : null;
    } while (!this.#isAtEnd() && this.#indent === indent && !this.#isDash());
    this.#mustBeOutside(indent);
    return map;
  }

  /** What follows belongs to a collection further out: no item among keys, nothing further in. */
  #mustBeOutside(indent: number): void {
    if (!this.#isAtEnd() && this.#indent > indent) throw NOT_PLAIN;
  }

  #isLineOver(): boolean {
    const code = this.#code();
    return code === NEWLINE || code === HASH || Number.isNaN(code);
  }

  /** Whether a key of a block mapping stands here. */
  #isKey(): boolean {
    const before = this.#at;
    const found = this.#tryKey();
    this.#at = before;
    return found !== undefined;
  }

  #key(): string {
    const key = this.#tryKey();
    if (key === undefined || key === "__proto__" || key === "<<") throw NOT_PLAIN;
    return key;
  }

  /** A key and its colon; undefined where there is none on this line. */
  #tryKey(): string | undefined {
    const { source } = this;
    const first = this.#code();
    let key: string;
    if (first === DOUBLE_QUOTE || first === QUOTE) {
      key = this.#quoted();
      if (this.#code() !== COLON) return undefined;
    } else {
      if (INDICATORS.has(first)) return undefined;
      let at = this.#at;
      for (;; at++) {
        const code = source.charCodeAt(at);
        if (code === COLON) {
          const next = source.charCodeAt(at + 1);
          if (next === SPACE || next === NEWLINE || Number.isNaN(next)) break;
        } else if (code === NEWLINE || Number.isNaN(code)) return undefined;
        else if (code === HASH && source.charCodeAt(at - 1) === SPACE) return undefined;
      }
      key = source.slice(this.#at, at);
      if (key.endsWith(" ") || typeof resolve(key) !== "string") throw NOT_PLAIN;
      this.#at = at;
    }
    const next = this.#code(1);
    if (next !== SPACE && next !== NEWLINE && !Number.isNaN(next)) throw NOT_PLAIN;
    this.#at++;
    return key;
  }

  /** A value on the line of its key or dash, and the rest of that line. */
  #inline(parentIndent: number, depth: number): Plain {
    const code = this.#code();
    let value: Plain;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      value = this.#flow(parentIndent, depth + 1);
    } else if (code === DOUBLE_QUOTE || code === QUOTE) {
      value = this.#quoted();
    } else {
      value = this.#plain();
    }
    this.#endLine();
    // A scalar that goes on in the next line.
    if (!this.#isAtEnd() && this.#indent > parentIndent) throw NOT_PLAIN;
    return value;
  }

  #quoted(): string {
    const { source } = this;
    const quote = this.#code();
    const start = this.#at + 1;
    let isEscaped = false;
    for (let at = start;; at++) {
      const code = source.charCodeAt(at);
      if (code === NEWLINE || Number.isNaN(code)) throw NOT_PLAIN;
      if (quote === DOUBLE_QUOTE && code === 0x5c) throw NOT_PLAIN;
      if (code !== quote) continue;
      if (quote === QUOTE && source.charCodeAt(at + 1) === QUOTE) {
        isEscaped = true;
        at++;
        continue;
      }
      this.#at = at + 1;
      const text = source.slice(start, at);
      return isEscaped ? text.replaceAll("''", "'") : text;
    }
  }

  #mustBeginPlain(next: number): void {
    const first = this.#code();
    if (INDICATORS.has(first)) throw NOT_PLAIN;
    if (first === DASH && (Number.isNaN(next) || next === SPACE || next === NEWLINE)) {
      throw NOT_PLAIN;
    }
  }

  /** A plain scalar to the end of the line or its comment. */
  #plain(): Plain {
    const { source } = this;
    this.#mustBeginPlain(this.#code(1));
    const start = this.#at;
    let at = start;
    let end = start;
    for (;; at++) {
      const code = source.charCodeAt(at);
      if (code === NEWLINE || Number.isNaN(code)) break;
      if (code === SPACE) continue;
      if (code === HASH && source.charCodeAt(at - 1) === SPACE) break;
      if (code === COLON) {
        const next = source.charCodeAt(at + 1);
        if (next === SPACE || next === NEWLINE || Number.isNaN(next)) throw NOT_PLAIN;
      }
      end = at + 1;
    }
    this.#at = end;
    return resolve(source.slice(start, end));
  }

  /** Past spaces and line breaks between the parts of a flow collection. */
  #flowSpaces(parentIndent: number): void {
    for (;;) {
      this.#skipSpaces();
      if (this.#code() !== NEWLINE) return;
      this.#at++;
      const start = this.#at;
      this.#skipSpaces();
      if (this.#code() === NEWLINE) continue;
      if (this.#at - start <= parentIndent || this.#isAtEnd()) throw NOT_PLAIN;
    }
  }

  #flow(parentIndent: number, depth: number): Plain {
    if (depth > MAX_DEPTH) throw NOT_PLAIN;
    const isMap = this.#code() === OPEN_BRACE;
    const close = isMap ? CLOSE_BRACE : CLOSE_BRACKET;
    const map: { [key: string]: Plain } = {};
    const list: Plain[] = [];
    this.#at++;
    for (;;) {
      this.#flowSpaces(parentIndent);
      if (this.#code() === close) break;
      if (isMap) this.#flowPair(map, parentIndent, depth);
      else list.push(this.#flowValue(parentIndent, depth));
      this.#flowSpaces(parentIndent);
      if (this.#code() === close) break;
      if (this.#code() !== COMMA) throw NOT_PLAIN;
      this.#at++;
    }
    this.#at++;
    return isMap ? map : list;
  }

  #flowPair(map: { [key: string]: Plain }, parentIndent: number, depth: number): void {
    const first = this.#code();
    const key = first === DOUBLE_QUOTE || first === QUOTE ? this.#quoted() : this.#flowPlain();
    if (typeof key !== "string" || key === "__proto__" || key === "<<") throw NOT_PLAIN;
    if (Object.hasOwn(map, key) || this.#code() !== COLON || this.#code(1) !== SPACE) {
      throw NOT_PLAIN;
    }
    this.#at += 2;
    this.#flowSpaces(parentIndent);
    map[key] = this.#flowValue(parentIndent, depth);
  }

  #flowValue(parentIndent: number, depth: number): Plain {
    const code = this.#code();
    if (code === OPEN_BRACE || code === OPEN_BRACKET) return this.#flow(parentIndent, depth + 1);
    if (code !== DOUBLE_QUOTE && code !== QUOTE) return this.#flowPlain();
    const text = this.#quoted();
    // What follows a quoted scalar at once is a key's colon, or wrong.
    const next = this.#code();
    if (next !== SPACE && next !== NEWLINE && !isFlowIndicator(next)) throw NOT_PLAIN;
    return text;
  }

  /** A plain scalar inside a flow collection: ends at an indicator, or at the colon of a key. */
  #flowPlain(): Plain {
    const { source } = this;
    this.#mustBeginPlain(this.#code(1));
    if (this.#code() === DASH && isFlowIndicator(this.#code(1))) throw NOT_PLAIN;
    const start = this.#at;
    let at = start;
    let end = start;
    for (;; at++) {
      const code = source.charCodeAt(at);
      if (code === NEWLINE || isFlowIndicator(code)) break;
      if (Number.isNaN(code)) throw NOT_PLAIN;
      if (code === SPACE) continue;
      if (code === HASH && source.charCodeAt(at - 1) === SPACE) throw NOT_PLAIN;
      if (code === COLON) {
        const next = source.charCodeAt(at + 1);
        if (next === NEWLINE || isFlowIndicator(next)) throw NOT_PLAIN;
        if (next === SPACE) {
          if (end !== at) throw NOT_PLAIN;
          break;
        }
      }
      end = at + 1;
    }
    if (end === start) throw NOT_PLAIN;
    this.#at = end;
    return resolve(source.slice(start, end));
  }
}

/** The value of a document, or undefined: then it has to be read by the whole language's rules. */
export function readPlainYaml(source: string): { readonly value: unknown } | undefined {
  if (UNUSUAL.test(source) || MARKER.test(source)) return undefined;
  try {
    return { value: new PlainReader(source).read() };
  } catch (error) {
    if (error === NOT_PLAIN) return undefined;
    throw error;
  }
}
