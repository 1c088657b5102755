// What a variable of the environment is, and the parsers that several variables share.
// Takes text, gives a value or what would have been allowed. Reads nothing itself.

/** What a parser answers where the text is not allowed. */
export class NotAllowed {
  constructor(readonly allowed: string) {}
}

export interface Variable<T> {
  readonly name: string;
  /** The text that counts where the variable is unset or empty; undefined: there is none. */
  readonly fallback: string | undefined;
  readonly meaning: string;
  readonly parse: (text: string) => T | NotAllowed;
}

export function choice<T extends string>(
  name: string,
  allowed: readonly T[],
  fallback: T | undefined,
  meaning: string,
): Variable<T> {
  const parse = (text: string) =>
    allowed.find((item) => item === text) ?? new NotAllowed(`one of ${allowed.join(", ")}`);
  return { name, fallback, meaning, parse };
}

export function integer(
  name: string,
  [minimum, maximum]: readonly [number, number],
  fallback: number | undefined,
  meaning: string,
): Variable<number> {
  const parse = (text: string) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    if (value >= minimum && value <= maximum) return value;
    return new NotAllowed(`a whole number from ${minimum} to ${maximum}`);
  };
  return { name, fallback: fallback?.toString(), meaning, parse };
}

/** NaN where it is no number with up to three decimals. */
function threeDecimals(text: string): number {
  return /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
}

/** Seconds with up to three decimals in the environment, milliseconds inside. */
export function seconds(
  name: string,
  [minimum, maximum]: readonly [number, number],
  fallback: number,
  meaning: string,
): Variable<number> {
  const parse = (text: string) => {
    const value = threeDecimals(text);
    if (value >= minimum && value <= maximum) return Math.round(value * 1000);
    return new NotAllowed(`seconds from ${minimum} to ${maximum}, such as 2 or 0.5`);
  };
  return { name, fallback: String(fallback), meaning, parse };
}

export function parsePath(text: string): string | NotAllowed {
  return text.includes("\0") ? new NotAllowed("the path of a file or a folder") : text;
}

/** Items separated by commas, none of them empty, each of which has to pass. */
export function list(
  name: string,
  isItem: (item: string) => boolean,
  allowed: string,
  fallback: string | undefined,
  meaning: string,
): Variable<readonly string[]> {
  const parse = (text: string) => {
    const items = text.split(",");
    return items.every((item) => item !== "" && isItem(item)) ? items : new NotAllowed(allowed);
  };
  return { name, fallback, meaning, parse };
}

/** A number with up to three decimals. */
export function decimal(
  name: string,
  [minimum, maximum]: readonly [number, number],
  fallback: number,
  meaning: string,
): Variable<number> {
  const parse = (text: string) => {
    const value = threeDecimals(text);
    if (value >= minimum && value <= maximum) return value;
    return new NotAllowed(`a number from ${minimum} to ${maximum}, such as ${fallback}`);
  };
  return { name, fallback: String(fallback), meaning, parse };
}
