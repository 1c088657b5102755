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
      const { exchanges, backendUs, client, losses } = await observe([PHASE], 32, proxy);
      const ids = Object.keys(backendUs);
      const front = byId(exchanges.filter(({ isAtProxy }) => isAtProxy));
      const back = byId(exchanges.filter(({ isAtProxy }) => !isAtProxy));
      let wrong = 0;
      for (const id of ids) {
        const times = [
          backendUs[id],
          back.latencies.get(id) ?? backendUs[id],
          front.latencies.get(id) ?? client.tookUs[id],
          client.tookUs[id],
        ];
        if (times.some((us, at) => at > 0 && us + CLOCK_US < times[at - 1])) wrong++;
      }
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
      // There is room for every record: however busy the machine, nothing is lost.
      assertEquals([losses.ring_full, losses.reader_slow], [0, 0], words);
      for (const { latencies, unknown } of [front, back]) {
        const missing = ids.length - latencies.size - unknown;
        assertEquals(missing >= 0 && missing <= losses.ambiguous + losses.record_lost, true, words);
        assertEquals(latencies.size >= 0.999 * ids.length, true, words);
      }
    },
  );
}
