// What the kernel saw against the backend's own log and the client's clock, to the request.

import { assertEquals } from "../assert.ts";
import { bpfTest } from "../bpf/prepare.ts";
import { observe } from "./lab.ts";

for (const [way, seconds] of [["IPv4", 6], ["IPv6", 2]] as const) {
  bpfTest(
    `5,000 requests/s over ${way} under keep-alive: captured, paired, between backend and client`,
    async () => {
      const phase = { seconds, ratePerSecond: 5000, delayMs: 0, shareOf503: 0, probeStatus: 0 };
      const { exchanges, backendUs, client, losses, services } = await observe([phase], 32, way);
      assertEquals(services, ["shop/cart"]);
      const ids = Object.keys(backendUs);
      const seen = new Set<string>();
      let wrong = 0, unknown = 0;
      for (const exchange of exchanges) {
        if (exchange.outcome === "unknown") {
          unknown++;
          continue;
        }
        const id = exchange.request.head.target.split("/")[1];
        assertEquals(seen.has(id), false, `${id} twice`);
        seen.add(id);
        // The kernel counts whole nanoseconds, the ends' clocks are coarser than a microsecond.
        const isBetween = backendUs[id] - 5 <= exchange.latencyUs &&
          exchange.latencyUs <= client.tookUs[id] + 5;
        if (!isBetween) wrong++;
      }
      const words = JSON.stringify({ all: ids.length, known: seen.size, unknown, wrong, losses });
      console.log(words);
      assertEquals(wrong, 0, "backend <= observed <= client");
      assertEquals(seen.size >= 0.999 * ids.length, true, words);
      // There is room for every record: however busy the machine, nothing is lost.
      assertEquals([losses.ring_full, losses.reader_slow], [0, 0], words);
      const missing = ids.length - seen.size - unknown;
      assertEquals(missing >= 0 && missing <= losses.ambiguous + losses.record_lost, true, words);
    },
  );
}
