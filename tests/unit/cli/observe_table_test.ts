// The table of `deno task observe`: what is in it, in which order, and what it does in narrow terminals.

import { SORT_KEYS, sortRows } from "../../../src/cli/observe/columns.ts";
import { frame, press } from "../../../src/cli/observe/live.ts";
import { isLoopbackAuthority, type ServiceRow } from "../../../src/cli/observe/page.ts";
import { PLAIN_TABLE, tableLines, type TableOptions } from "../../../src/cli/observe/table.ts";
import { keysIn } from "../../../src/cli/observe/terminal.ts";
import { assertEquals } from "../../assert.ts";

function row(service: string, rate: number, more: Partial<ServiceRow> = {}): ServiceRow {
  const kernel = {
    rate,
    shareOf5xx: 0.25,
    unknown: 3,
    p50Ms: 1.5,
    p99Ms: 1234.5,
    baselineP99Ms: null,
    open: [],
  };
  return { service, kernel, proxy: null, ...more };
}

const PROXY = { rate: 9, shareOf5xx: 0, p50AtMostMs: 1.75, p99AtMostMs: 20.48 };

function page(services: readonly ServiceRow[], connected = true) {
  const interfaces = [{ name: "eth0", xdp: "native", tc: "tcx" }];
  return { connected, interfaces, records: 10, connections: 2, services, losses: { ring_full: 0 } };
}

function lines(services: readonly ServiceRow[], options: Partial<TableOptions> = {}): string[] {
  return tableLines(page(services), { ...PLAIN_TABLE, sort: "rate", ...options });
}

const EXPECTED = `connected, eth0, 10 records, 2 connections

             kernel-seen                                            proxy-seen
SERVICE      req/sv    5xx   unknown   p50 ms   p99 ms   usual p99   req/s   5xx   p50 ms   p99 ms  open episodes
shop/cart      10.0  25.0%         3     1.50     1235           -     9.0  0.0%   <=1.75   <=20.5
shop/web        0.0  25.0%         3     1.50     1235           -       -     -        -        -  SlowResponse HealthCheck
shop/silent       -      -         -        -        -           -     9.0  0.0%   <=1.75   <=20.5

losses: none`;

Deno.test("a service is one row: what the kernel saw, then what the proxy measured", () => {
  const open = { ...row("", 0).kernel!, open: ["SlowResponse", "HealthCheck"] };
  const shown = lines([
    row("shop/cart", 10, { proxy: PROXY }),
    row("shop/web", 20, { kernel: open }),
    row("shop/silent", 0, { kernel: null, proxy: PROXY }),
  ]);
  assertEquals(shown.join("\n"), EXPECTED);
});

Deno.test("without a proxy there are no columns for one", () => {
  assertEquals(lines([row("a", 1)]).some((line) => line.includes("proxy")), false);
});

Deno.test("no line is longer than the terminal is wide, and names outlast figures", () => {
  const services = [
    row("a-namespace-of-some-length/a-service-with-a-long-name", 1, { proxy: PROXY }),
  ];
  for (let columns = 20; columns <= 200; columns++) {
    const shown = lines(services, { columns });
    assertEquals(shown.filter((line) => line.length > columns), [], `${columns} columns`);
    assertEquals(shown.some((line) => line.startsWith("a-na")), true, `${columns} columns`);
  }
  const narrow = lines(services, { columns: 60 });
  assertEquals(narrow.some((line) => line.includes("unknown")), false);
  assertEquals(narrow.some((line) => line.includes("p99 ms")), true);
});

Deno.test("rows beyond the terminal's height are counted, and moving shows them", () => {
  const services = Array.from({ length: 30 }, (_, index) => row(`s${index}`, 100 - index));
  const shown = lines(services, { rows: 5, from: 10 });
  assertEquals(shown.filter((line) => /^s\d/.test(line)).map((line) => line.split(" ")[0]), [
    "s10",
    "s11",
    "s12",
    "s13",
    "s14",
  ]);
  assertEquals(shown.includes("25 more of 30 services"), true);
  const state = {
    page: page(services),
    trouble: "",
    sort: "rate",
    isReversed: false,
    isPaused: false,
    from: 0,
  };
  for (const rows of [10, 24, 50]) {
    assertEquals(frame(state, "title", { columns: 80, rows }, false).length <= rows, true);
  }
  press(state, "down");
  press(state, "sort");
  press(state, "reverse");
  assertEquals([state.from, state.sort, state.isReversed], [1, "errors", true]);
});

Deno.test("rows sort by any column, the highest first, those without a value last", () => {
  const rows = [row("b", 1), row("c", 7), row("a", 7), row("d", 0, { kernel: null, proxy: PROXY })];
  const names = (key: string, isReversed = false) =>
    sortRows(rows, key, isReversed).map(({ service }) => service).join("");
  assertEquals(names("rate"), "acbd");
  assertEquals(names("rate", true), "bacd");
  assertEquals(names("service"), "abcd");
  assertEquals(names("service", true), "dcba");
  assertEquals(names("proxy-p99"), "dabc");
  for (const key of SORT_KEYS) assertEquals(names(key).length, 4, key);
});

Deno.test("colour marks what is wrong, and is there only where it is wanted", () => {
  const kernel = { ...row("", 1).kernel!, open: ["ErrorRate"] };
  const services = [row("bad", 1, { kernel }), row("good", 2)];
  // deno-lint-ignore no-control-regex
  const isPainted = (line: string) => /\x1b\[31m/.test(line);
  const painted = lines(services, { hasColour: true });
  assertEquals(painted.filter(isPainted).length, 1);
  assertEquals(painted.find(isPainted)?.includes("bad"), true);
  assertEquals(lines(services).some((line) => line.includes("\x1b")), false);
});

Deno.test("nothing in a name steers the terminal", () => {
  const [line] = lines([row("a\x1b[2Jb\u009b31m\u202ec", 1)]).filter((one) => one.startsWith("a"));
  assertEquals(line.startsWith("a?[2Jb?31m?c"), true, line);
});

Deno.test("what is wrong with the observer is said", () => {
  const options = { ...PLAIN_TABLE, sort: "rate" };
  assertEquals(tableLines(page([], false), options)[0].startsWith("NOT CONNECTED"), true);
  const waiting = { ...page([]), interfaces: [{ name: "eth9", xdp: "detached", tc: "detached" }] };
  assertEquals(tableLines(waiting, options)[0].includes("eth9 (not there)"), true);
  const lossy = { ...page([]), losses: { ring_full: 7, unread: 0 } };
  assertEquals(tableLines(lossy, options).at(-1), "losses: ring_full 7");
  assertEquals(tableLines(lossy, options).includes("no traffic has been seen yet"), true);
});

Deno.test("keys are told apart from what they are not", () => {
  assertEquals(keysIn("ssr\x1b[A\x1b[5~\x1b[Bxq"), [
    "sort",
    "sort",
    "reverse",
    "up",
    "down",
    "quit",
  ]);
  assertEquals(keysIn("constructor"), ["sort", "reverse", "reverse"]);
});

Deno.test("only loopback addresses with a port are asked", () => {
  for (const good of ["127.0.0.1:9091", "127.1.2.3:1", "[::1]:9091"]) {
    assertEquals(isLoopbackAuthority(good), true, good);
  }
  for (const bad of ["127.0.0.1", "10.0.0.1:9091", "[::2]:1", "127.0.0.1:0", "127.0.0.1:99999"]) {
    assertEquals(isLoopbackAuthority(bad), false, bad);
  }
});
