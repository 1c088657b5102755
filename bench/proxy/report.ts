// Writes what was measured: a JSON file with every round, a Markdown page with medians and ranges,
// and the plot. Takes samples, judges nothing: the ratios stand beside the targets.

import type { Cell, Sample } from "./load.ts";
import type { Provenance } from "./machine.ts";
import { drawBars, type Panel } from "./plot.ts";
import { ratioOf, spreadOf, writeSpread } from "./statistics.ts";

/** All rounds of one proxy in one cell, in the order in which they ran. */
export interface Rounds {
  readonly proxy: string;
  readonly samples: readonly Sample[];
}

export interface CellResult {
  readonly cell: Cell;
  readonly rounds: readonly Rounds[];
}

/** A single figure that is not a round of a cell. */
export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly how: string;
}

export interface Results {
  readonly provenance: Provenance;
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  readonly cells: readonly CellResult[];
  readonly figures: readonly Figure[];
}

type Pick = (sample: Sample) => number;

const streams = (cell: Cell): boolean => cell.responseBytes >= 2 ** 20;
const cost = (cell: Cell): Pick =>
  streams(cell) ? (sample) => sample.cpuSecondsPerGib : (sample) => sample.cpuMicrosPerRequest;
const costUnit = (cell: Cell): string => streams(cell) ? "CPU s/GiB" : "CPU us/request";

function valuesOf(rounds: Rounds, pick: Pick): number[] {
  return rounds.samples.map(pick);
}

function cellTable(result: CellResult): string {
  const { cell } = result;
  const digits = streams(cell) ? 2 : 1;
  const pick = cost(cell);
  const nginx = result.rounds.find((rounds) => rounds.proxy === "nginx");
  const haproxy = result.rounds.find((rounds) => rounds.proxy === "HAProxy");
  const lines = result.rounds.map((rounds) => {
    const own = valuesOf(rounds, pick);
    const against = (other: Rounds | undefined): string =>
      other ? writeSpread(ratioOf(own, valuesOf(other, pick)), 2) : "-";
    const column = (get: Pick, places: number): string =>
      writeSpread(spreadOf(valuesOf(rounds, get)), places);
    return `| ${
      [
        rounds.proxy,
        writeSpread(spreadOf(own), digits),
        against(nginx),
        against(haproxy),
        column((sample) => sample.requestsPerSecond, 0),
        column((sample) => sample.p50Micros, 0),
        column((sample) => sample.p99Micros, 0),
        column((sample) => sample.rssMib, 0),
        String(rounds.samples.reduce((sum, sample) => sum + sample.errors, 0)),
      ].join(" | ")
    } |`;
  });
  return `## ${cell.title}

| proxy | ${
    costUnit(cell)
  } | to nginx, round by round | to HAProxy | requests/s | p50 us | p99 us | RSS MiB | errors |
|---|---|---|---|---|---|---|---|---|
${lines.join("\n")}
`;
}

function markdown(results: Results): string {
  const { provenance } = results;
  const versions = Object.entries(results.versions).map(([name, version]) => `${name} ${version}`);
  const figures = results.figures.length === 0 ? "" : `## Single figures

| what | value | how |
|---|---|---|
${results.figures.map((f) => `| ${f.name} | ${f.value} | ${f.how} |`).join("\n")}
`;
  return `# RAUTA and its peers as proxies

Made by \`${provenance.command}\` on ${provenance.date}, commit ${provenance.commit}. Machine:
${provenance.cpu}, ${provenance.cores} cores, Linux ${provenance.kernel}; Deno ${provenance.deno},
${versions.join(", ")}. Load average at the end: ${provenance.loadAverage}.
Each proxy has one worker on one core; wrk and the backends (nginx) share the other. ${results.rounds}
rounds in turn. Median [lowest-highest]. CPU is utime + stime of the proxy's process tree.

${results.cells.map(cellTable).join("\n")}
${figures}`;
}

function panels(results: Results): Panel[] {
  return results.cells.map((result) => ({
    title: result.cell.title,
    unit: costUnit(result.cell),
    bars: result.rounds.map((rounds) => ({
      label: rounds.proxy,
      spread: spreadOf(valuesOf(rounds, cost(result.cell))),
    })),
  }));
}

/** Writes proxy.json, proxy.md and proxy.svg into `folder`. */
export async function writeResults(folder: string, results: Results): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/proxy.json`, JSON.stringify(results, null, 1) + "\n");
  await Deno.writeTextFile(`${folder}/proxy.md`, markdown(results));
  await Deno.writeTextFile(`${folder}/proxy.svg`, drawBars(panels(results)));
}
