// A gateway that reads a loader: what the kernel saw and what the proxy measured of one service stand
// in one row and agree, and the proxy does not care whether the loader lives.

import { assertEquals } from "../assert.ts";
import { until } from "../bpf/loader.ts";
import { bpfTest } from "../bpf/prepare.ts";
import { IngressLab } from "./ingress_lab.ts";

const SERVICE = 'service="shop/cart"';
const PHASE = { seconds: 4, ratePerSecond: 200, delayMs: 20, shareOf503: 0, probeStatus: 0 };

/** Sends phase after phase until `isEnough` is; gives how many requests were answered in all. */
async function sendUntil(lab: IngressLab, isEnough: () => boolean): Promise<number> {
  let sent = 0;
  // Throws where one was not answered as it should be.
  do sent += Object.keys((await lab.send(PHASE, 8)).tookUs).length; while (!isEnough());
  return sent;
}

bpfTest("kernel and proxy see the same service side by side, and count the same", async () => {
  await using lab = await IngressLab.create();
  let isOver = false;
  const sending = sendUntil(lab, () => isOver);
  // Each covers its own last seconds, in which a busy machine may change.
  await until(
    "the backend's own delay <= what the kernel saw <= what the proxy waited",
    async () => {
      const row = (await lab.page()).services.find(({ service }) => service === "shop/cart");
      const kernelMs = row?.kernel?.p50Ms ?? NaN, proxyMs = row?.proxy?.p50AtMostMs ?? NaN;
      if (!(20 <= kernelMs * 1.01 && kernelMs <= proxyMs)) return false;
      assertEquals([row?.kernel?.shareOf5xx, row?.proxy?.shareOf5xx], [0, 0]);
      return true;
    },
  );
  const table = await lab.observe("--once", "--sort", "service");
  isOver = true;
  const sent = await sending;
  await until("the kernel's records are read", async () => {
    return await lab.counter("rauta_observer_requests_total", SERVICE) >= sent;
  });
  assertEquals(await lab.counter("rauta_observer_requests_total", SERVICE), sent);
  assertEquals(await lab.counter("rauta_upstream_requests_total", SERVICE), sent);

  const line = table.split("\n").find((line) => line.startsWith("shop/cart"));
  assertEquals(/kernel-seen .*proxy-seen/.test(table), true, table);
  assertEquals(/<=\d/.test(line ?? ""), true, table);
  // Not a terminal: nothing but text.
  assertEquals(table.includes("\x1b"), false);
});

bpfTest("a loader that goes away and comes back costs no request", async () => {
  await using lab = await IngressLab.create();
  let isOver = false;
  const sending = sendUntil(lab, () => isOver);
  await until("the kernel sees it", async () => {
    return await lab.counter("rauta_observer_requests_total", SERVICE) > 50;
  });
  await lab.killLoader();
  await until("that is said", async () => !(await lab.page()).connected);
  await until("the proxy's own figures go on", async () => {
    const row = (await lab.page()).services.find(({ service }) => service === "shop/cart");
    return typeof row?.proxy?.p50AtMostMs === "number";
  });
  const before = await lab.counter("rauta_observer_requests_total", SERVICE);
  lab.startLoader();
  await until("the kernel sees it again", async () => {
    return await lab.counter("rauta_observer_requests_total", SERVICE) > before + 50;
  });
  assertEquals((await lab.page()).connected, true);
  isOver = true;
  const sent = await sending;
  assertEquals(await lab.counter("rauta_upstream_requests_total", SERVICE), sent);
  const { losses } = await lab.page();
  // A socket that a dying process still holds may be connected to once more.
  assertEquals([losses.disconnects >= 1, losses.protocol_error], [true, 0]);
});
