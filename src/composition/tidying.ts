// Gives back what starting, and reading a large configuration, left behind: garbage at once, which V8
// would keep for half a minute and longer, then what docs/decisions/135 says. On the main thread,
// which serves no traffic: each time it is paused for some tens of milliseconds. What compiling hot
// code left behind is given back now and then, without a collection.

import { findLibc } from "../data/native/libc.ts";
import { giveBackMemory } from "../data/native/give_back.ts";
import { collectGarbage } from "./collect_garbage.ts";

/** By then whoever waited has been told. */
const AFTER_START_MS = 1_000;
/** By then the worker's memory has come back to the process. */
const AFTER_READER_MS = 300;
/** Code that traffic has made hot is compiled within seconds, and then for hours not. */
const AGAIN_MS = 20_000;

export class Tidying {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setInterval> | undefined;
  #isStopped = false;
  readonly #libcPath = findLibc();

  started(): void {
    this.#later(AFTER_START_MS);
    this.#again ??= setInterval(() => this.#giveBack(), AGAIN_MS);
  }

  /** A worker that read a large configuration has ended. */
  readerEnded(): void {
    this.#later(AFTER_READER_MS);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#again);
  }

  #later(ms: number): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tidy(), ms);
  }

  async #tidy(): Promise<void> {
    await collectGarbage();
    this.#giveBack();
  }

  #giveBack(): void {
    if (this.#libcPath !== undefined && !this.#isStopped) giveBackMemory(this.#libcPath);
  }
}
