// Runs rows against one proxy, one after the other, and says what became of each.
// A row that does not do what is expected is played again with more patience: on a busy machine a
// proxy may say nothing for a while although it is not waiting for anything.

import { Backend } from "./backend.ts";
import { barrier, play } from "./client.ts";
import type { Peers } from "../../../bench/proxy/peers.ts";
import { startProxy } from "./proxies.ts";
import type { ProxyName } from "./row.ts";
import { summaryOf } from "./summary.ts";
import type { NamedRow } from "./table.ts";

const SILENCE_MS = 700;
const PATIENT_SILENCE_MS = 5_000;

/** By the row's id: its summary. `isExpected` says which need no second look. */
export async function runRows(
  proxyName: ProxyName,
  peers: Peers | undefined,
  rows: readonly NamedRow[],
  isExpected: (id: string, summary: string) => boolean,
): Promise<Map<string, string>> {
  const summaries = new Map<string, string>();
  const backend = new Backend();
  try {
    const proxy = await startProxy(proxyName, peers, backend.port);
    const ask = async ({ row }: NamedRow, silenceMs: number): Promise<string> => {
      backend.script = row.backend ?? {};
      const view = await play(proxy.port, row, silenceMs);
      if (view.ending !== "kept") await barrier(proxy.port, silenceMs);
      return summaryOf(row, view, backend.take());
    };
    try {
      await barrier(proxy.port, PATIENT_SILENCE_MS);
      for (const row of rows) {
        const summary = await ask(row, SILENCE_MS);
        summaries.set(
          row.id,
          isExpected(row.id, summary) ? summary : await ask(row, PATIENT_SILENCE_MS),
        );
      }
    } finally {
      await proxy.stop();
    }
  } finally {
    await backend.close();
  }
  return summaries;
}
