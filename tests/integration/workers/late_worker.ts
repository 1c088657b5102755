// The real worker, which hears of listeners half a second late, as one on a busy machine may.
// It does with every message what the real one does.

import "../../../src/data/worker.ts";

type Hear = (event: MessageEvent<{ kind: string }>) => void;

const LATE_MS = 500;
const scope = self as unknown as { onmessage: Hear };
const hear = scope.onmessage;

scope.onmessage = (event) => {
  if (event.data.kind === "listeners") setTimeout(() => hear(event), LATE_MS);
  else hear(event);
};
