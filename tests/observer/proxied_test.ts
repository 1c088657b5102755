// A proxy with the loader on both of its sides, against the backend's own log and the client's clock:
// each exchange is seen twice, and the four times of one request lie within each other.

import { assertEquals } from "../assert.ts";
import { bpfTest } from "../bpf/prepare.ts";
import { observe, type SeenExchange } from "./lab.ts";
import type { ProxyName } from "./proxies.ts";

const PHASE = { seconds: 6, ratePerSecond: 5000, delayMs: 0, shareOf503: 0, probeStatus: 0 };
/** The kernel counts whole nanoseconds, the ends' clocks are coarser than a microsecond. */
const CLOCK_US = 5;

/** Latencies of the known exchanges by id; the rest is counted. */
function byId(exchanges: readonly SeenExchange[]) {
  const latencies = new Map<string, number>();
  let unknown = 0, twice = 0;
  for (const exchange of exchanges) {
    if (exchange.outcome === "unknown") {
      unknown++;
      continue;
    }
    const id = exchange.request.head.target.split("/")[1];
    if (latencies.has(id)) twice++;
    latencies.set(id, exchange.latencyUs);
  }
  return { latencies, unknown, twice };
}

for (const proxy of ["nginx", "RAUTA"] satisfies ProxyName[]) {
  bpfTest(
    `${proxy} between client and backend at 5,000 requests/s: both sides captured, in order`,
    async () => {
      const { exchanges, backendUs, clientUs, losses } = await observe([PHASE], 32, proxy);
      const ids = Object.keys(backendUs);
      const front = byId(exchanges.filter(({ isAtProxy }) => isAtProxy));
      const back = byId(exchanges.filter(({ isAtProxy }) => !isAtProxy));
      let wrong = 0;
      for (const id of ids) {
        const times = [
          backendUs[id],
          back.latencies.get(id) ?? backendUs[id],
          front.latencies.get(id) ?? clientUs[id],
          clientUs[id],
        ];
        if (times.some((us, at) => at > 0 && us + CLOCK_US < times[at - 1])) wrong++;
      }
      const lost = losses.ring_full + losses.reader_slow + losses.ambiguous + losses.record_lost;
      const words = JSON.stringify({
        all: ids.length,
        front: front.latencies.size,
        back: back.latencies.size,
        unknown: [front.unknown, back.unknown],
        wrong,
        losses,
      });
      console.log(words);
      assertEquals([front.twice, back.twice], [0, 0]);
      assertEquals(wrong, 0, "backend <= seen at the backend <= seen at the proxy <= client");
      for (const { latencies, unknown } of [front, back]) {
        const seen = latencies.size;
        const missing = ids.length - seen - unknown;
        assertEquals(missing >= 0 && missing <= lost, true, words);
        // Where the machine has no time for the traffic it has none for the loader's reader either.
        const isAtRate = ids.length >= 0.95 * PHASE.seconds * PHASE.ratePerSecond;
        if (isAtRate) assertEquals(seen >= 0.999 * ids.length, true, words);
      }
    },
  );
}
