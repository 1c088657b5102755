// The one timer of a worker's pipeline: coarse clock, Date, deadlines, those who wait for connections.
// Takes the context as it is at each tick; never throws.

import type { WireContext } from "./context.ts";

/** Ticks once at once, then with the wheel; keeps no process alive. */
export function startTicking(current: () => WireContext): ReturnType<typeof setInterval> {
  tick(current());
  const timer = setInterval(() => tick(current()), current().wheel.tickMs);
  Deno.unrefTimer(timer);
  return timer;
}

/** One turn of the wheel, and what goes with it. */
export function tick(context: WireContext): void {
  context.coarseMs = performance.now();
  const epochMs = Date.now();
  context.epochMs = epochMs - context.coarseMs;
  context.core.setDate(epochMs);
  try {
    context.wheel.advance(context.coarseMs);
    if (context.pools.waiting > 0) context.pools.serveWaiters();
  } catch (error) {
    context.trapped(error);
  }
}
