// What a table of quoted sentences is made of.

/** One or more sentences, quoted word for word, and what shows that they hold here. */
export interface SentenceCase {
  /** A statement about behaviour. */
  readonly name: string;
  readonly quotes: readonly string[];
  /** Rejects where the behaviour is another one. */
  readonly prove: () => Promise<void> | void;
}
