// The /metrics page before anyone has asked for it: prom-client is loaded with the first scrape.
// Takes the sources of the page, gives the page; a gateway that is never scraped pays nothing.

import type { Metrics, MetricsSources } from "./sources.ts";

/** The text format of Prometheus, as prom-client names it. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export function lazyMetrics(sources: MetricsSources): Metrics {
  let page: Promise<Metrics> | undefined;
  return {
    contentType: CONTENT_TYPE,
    async render() {
      page ??= import("./metrics.ts").then(({ createMetrics }) => createMetrics(sources));
      return await (await page).render();
    },
  };
}
