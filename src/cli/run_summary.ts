// Waits for the proxy to be ready, over its admin server, and words what it loaded.
// Takes the proxy's process id, so that another instance on the same address is not taken for it.

import type { RoutesView } from "../admin/routes_view.ts";
import { adminAuthority } from "./admin_page.ts";
import { summary } from "./summary.ts";

const POLL_MS = 25;

/** The members of /status that are read here. */
interface StatusPage {
  readonly pid: number;
  readonly ready: boolean;
  readonly source: string;
  readonly bindAddress: string;
  readonly problems: readonly unknown[];
}

async function page<T>(authority: string, path: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(`http://${authority}${path}`, { signal });
  if (!response.ok) throw new Error(await response.text());
  return await response.json();
}

/** Undefined once `ended` fires: the proxy is gone and has said why. */
export async function waitForSummary(
  pid: number,
  ended: AbortSignal,
): Promise<string | undefined> {
  const admin = adminAuthority();
  while (!ended.aborted) {
    try {
      const status = await page<StatusPage>(admin, "/status", ended);
      if (status.pid === pid && status.ready) {
        const view = await page<RoutesView>(admin, "/routes", ended);
        const { source, bindAddress, problems } = status;
        return summary({ source, view, bindAddress, admin, problems: problems.length });
      }
    } catch {
      // Not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return undefined;
}
