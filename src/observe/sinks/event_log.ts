// The last events, and whoever listens for new ones. A listener that can't keep up loses events,
// which its stream says; it is never waited for.

import type { ObserverEvent } from "../events/event.ts";

const KEPT = 256;
const MAX_LISTENERS = 16;
/** Events that may wait for one reader. */
const QUEUED = 512;

export class EventLog {
  readonly #events: ObserverEvent[] = [];
  readonly #listeners = new Set<(event: ObserverEvent) => void>();
  readonly #counts = new Map<string, number>();

  add(event: ObserverEvent): void {
    this.#events.push(event);
    if (this.#events.length > KEPT) this.#events.shift();
    const kind = `${event.type} ${event.subtype}`;
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
    for (const listener of this.#listeners) listener(event);
  }

  get last(): readonly ObserverEvent[] {
    return this.#events;
  }

  /** How many of each `type subtype` there were. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /**
   * Server-sent events: the last ones, or those behind `lastId`, then new ones as they come; null
   * where too many listen already.
   */
  stream(lastId: string | null): ReadableStream<Uint8Array> | null {
    if (this.#listeners.size >= MAX_LISTENERS) return null;
    const encoder = new TextEncoder();
    const encode = (event: ObserverEvent) =>
      encoder.encode(`id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    const behind = this.#events.findIndex(({ id }) => id === lastId) + 1;
    const replay = this.#events.slice(behind);
    const listeners = this.#listeners;
    let listener: ((event: ObserverEvent) => void) | undefined;
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(encoder.encode(": events of RAUTA's observer\n\n"));
        for (const event of replay) controller.enqueue(encode(event));
        let dropped = 0;
        listener = (event) => {
          if ((controller.desiredSize ?? 0) <= 0) {
            dropped++;
            return;
          }
          if (dropped > 0) controller.enqueue(encoder.encode(`: ${dropped} events dropped\n\n`));
          dropped = 0;
          controller.enqueue(encode(event));
        };
        listeners.add(listener);
      },
      cancel() {
        if (listener) listeners.delete(listener);
      },
    }, { highWaterMark: QUEUED });
    return stream;
  }
}
