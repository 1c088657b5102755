// A gateway that reads a loader: what the kernel saw and what the proxy measured of one service stand
// in one row and agree, and the proxy does not care whether the loader lives.

import { assertEquals } from "../assert.ts";
import { until } from "../bpf/loader.ts";
import { bpfTest } from "../bpf/prepare.ts";
import { IngressLab } from "./ingress_lab.ts";

const SERVICE = 'service="shop/cart"';
const PHASE = { seconds: 5, ratePerSecond: 200, delayMs: 20, shareOf503: 0, probeStatus: 0 };

bpfTest("kernel and proxy see the same service side by side, and count the same", async () => {
  await using lab = await IngressLab.create();
  const sending = lab.send(PHASE, 8);
  await until("both have seen it", async () => {
    const row = (await lab.page()).services.find(({ service }) => service === "shop/cart");
    return typeof row?.kernel?.p50Ms === "number" && typeof row.proxy?.p50AtMostMs === "number";
  });
  const { kernel, proxy } = (await lab.page()).services.find(({ service }) => {
    return service === "shop/cart";
  })!;
  // The backend's own delay <= what the kernel saw <= what the proxy waited for.
  const [kernelMs, proxyMs] = [kernel?.p50Ms ?? NaN, proxy?.p50AtMostMs ?? NaN];
  assertEquals(
    [20 <= kernelMs * 1.01, kernelMs <= proxyMs],
    [true, true],
    `${kernelMs} ${proxyMs}`,
  );
  assertEquals([kernel?.shareOf5xx, proxy?.shareOf5xx], [0, 0]);
  const { tookUs } = await sending;
  const sent = Object.keys(tookUs).length;
  await until("the kernel's records are read", async () => {
    return await lab.counter("rauta_observer_requests_total", SERVICE) >= sent;
  });
  assertEquals(await lab.counter("rauta_observer_requests_total", SERVICE), sent);
  assertEquals(await lab.counter("rauta_upstream_requests_total", SERVICE), sent);

  const table = await lab.observe("--once", "--sort", "service");
  const line = table.split("\n").find((line) => line.startsWith("shop/cart"));
  assertEquals(/kernel-seen .*proxy-seen/.test(table), true, table);
  assertEquals(/<=\d/.test(line ?? ""), true, table);
  // Not a terminal: nothing but text.
  assertEquals(table.includes("\x1b"), false);
});

bpfTest("a loader that goes away and comes back costs no request", async () => {
  await using lab = await IngressLab.create();
  const sending = lab.send({ ...PHASE, seconds: 10 }, 8);
  await until("the kernel sees it", async () => {
    return await lab.counter("rauta_observer_requests_total", SERVICE) > 50;
  });
  await lab.killLoader();
  await until("that is said", async () => !(await lab.page()).connected);
  const [row] = (await lab.page()).services.filter(({ service }) => service === "shop/cart");
  assertEquals(typeof row.proxy?.p50AtMostMs, "number");
  const before = await lab.counter("rauta_observer_requests_total", SERVICE);
  lab.startLoader();
  await until("the kernel sees it again", async () => {
    return await lab.counter("rauta_observer_requests_total", SERVICE) > before + 50;
  });
  assertEquals((await lab.page()).connected, true);
  // Throws where one was not answered as it should be.
  const { tookUs } = await sending;
  const sent = Object.keys(tookUs).length;
  assertEquals(await lab.counter("rauta_upstream_requests_total", SERVICE), sent);
  assertEquals((await lab.page()).losses.disconnects, 1);
});
