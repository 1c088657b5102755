// Runs rows against one proxy, one after the other, and says what became of each.

import { Backend } from "./backend.ts";
import { barrier, play } from "./client.ts";
import type { Peers } from "../../../bench/proxy/peers.ts";
import { startProxy } from "./proxies.ts";
import type { ProxyName } from "./row.ts";
import { summaryOf } from "./summary.ts";
import type { NamedRow } from "./table.ts";

/** By the row's id: its summary. */
export async function runRows(
  proxyName: ProxyName,
  peers: Peers | undefined,
  rows: readonly NamedRow[],
): Promise<Map<string, string>> {
  const summaries = new Map<string, string>();
  const backend = new Backend();
  try {
    const proxy = await startProxy(proxyName, peers, backend.port);
    try {
      await barrier(proxy.port);
      for (const { id, row } of rows) {
        backend.script = row.backend ?? {};
        const view = await play(proxy.port, row);
        if (view.ending !== "kept") await barrier(proxy.port);
        summaries.set(id, summaryOf(row, view, backend.take()));
      }
    } finally {
      await proxy.stop();
    }
  } finally {
    await backend.close();
  }
  return summaries;
}
