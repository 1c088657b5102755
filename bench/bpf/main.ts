// What observing costs: ns a packet inside the kernel, CPU a captured record in the loader, and a
// proxied load with and without. Prints the figures and writes bench/results/bpf.md.
// Needs root; under three minutes. `--quick`: fewer rounds, nothing written.

import { installMissing } from "../../src/cli/build_loader.ts";
import { prepare } from "../../tests/bpf/prepare.ts";
import { type Figure, row, writePage } from "../core/figures.ts";
import { packetCosts } from "./packets.ts";
import { proxiedLoad } from "./proxied.ts";
import { recordCost } from "./records.ts";

const isQuick = Deno.args.includes("--quick");

const reason = await prepare();
if (reason) {
  console.error(`bench:bpf: ${reason}`);
  Deno.exit(1);
}
await installMissing([
  { what: "nginx", package: "nginx-light" },
  { what: "wrk", package: "wrk" },
  { what: "h2load", package: "nghttp2-client" },
]);

const sections: { heading: string; lines: string[] }[] = [];

function add(heading: string, figures: readonly Figure[], ...notes: readonly string[]): void {
  const head = ["| what | median | range |", "| --- | ---: | ---: |"];
  sections.push({ heading, lines: [...notes, "", ...head, ...figures.map(row)] });
  console.log(`\n${heading}\n${figures.map(row).join("\n")}`);
}

add(
  "A packet inside the kernel",
  await packetCosts(isQuick ? 5 : 31),
  "BPF_PROG_TEST_RUN, 10,000 runs a round, the ring buffer emptied between rounds. The figures " +
    "hold the cost of BPF_PROG_TEST_RUN itself. Aims: TCP without HTTP 100 ns, HTTP with 256 bytes " +
    "300 ns.",
);
add(
  "A captured record in the loader",
  await recordCost(isQuick ? 2 : 5),
  "CPU time of the loader divided by the records that it handed to one reader, at 5,000 " +
    "requests/s (10,000 records/s), from the ring buffer to the socket.",
);
const PROXIED =
  "nginx as a proxy in a network namespace between a client (32 connections) and an nginx backend, " +
  "four records a request where both its sides are observed, two with one. CPU time of proxy, backend, client and " +
  "loader, with the packet processing that they do, divided by the requests of the same second; a " +
  "reader empties the socket. Seconds alternate; what is more is taken pair by pair. Aim: at most 3%.";
add("A proxied load of 5,000 requests/s", await proxiedLoad(isQuick ? 4 : 11, 5000), PROXIED);
add("A proxied load without pause", await proxiedLoad(isQuick ? 4 : 11, null), PROXIED);
if (!isQuick) {
  await writePage("bench/results/bpf.md", "The observer", "deno task bench:bpf", sections);
}
