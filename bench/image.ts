// How big RAUTA's image is, how fast it starts and what it takes, on a node of the test cluster;
// and how long the cluster itself takes to come up and to go. Needs root and what docs/testing.md
// names. Writes bench/results/image.md. `deno task bench:image [--rounds 3]`

import { buildImage } from "../deploy/image/main.ts";
import { PROBE } from "../tests/cluster/lab/artifacts.ts";
import { down, up } from "../tests/cluster/lab/cluster.ts";
import { attempt, insideNetwork, run, until } from "../tests/cluster/lab/command.ts";
import { build } from "../tests/cluster/lab/go_build.ts";
import { RAUTA_IMAGE } from "../tests/cluster/lab/images.ts";
import { importImage, insideNode } from "../tests/cluster/lab/node.ts";
import { nodePlacesOf } from "../tests/cluster/lab/node_config.ts";
import { allCommandLines, readKernelFile } from "../tests/cluster/lab/kernel_files.ts";
import { residentBytesOf, sendSignal } from "../tests/cluster/lab/process_table.ts";
import { CHECKOUT, networkPath, type Places } from "../tests/cluster/lab/settings.ts";

const CLUSTER = "bench-image";

async function timed<T>(action: () => Promise<T>): Promise<[T, number]> {
  const startMs = performance.now();
  const value = await action();
  return [value, (performance.now() - startMs) / 1000];
}

interface Start {
  readonly readySeconds: number;
  readonly residentMebibytes: number;
}

/** Starts one container from the image on node 1 and waits until it says that it is ready. */
async function startOnce(places: Places, round: number): Promise<Start> {
  const node = nodePlacesOf(places, 1);
  const probe = `${await build(PROBE)}/probe`;
  const [program, ...args] = await insideNode(places, node, [
    ...["ctr", "--namespace=k8s.io", "run", "--rm", "--net-host", "--read-only"],
    ...["--env", "RAUTA_CONFIG=/etc/rauta", "--env", "RAUTA_WORKERS=1"],
    ...["--mount", `type=bind,src=${CHECKOUT}/deploy/examples,dst=/etc/rauta,options=rbind:ro`],
    ...[RAUTA_IMAGE, `bench-${round}`],
  ]);
  const startMs = performance.now();
  const options = { args, stdin: "null", stdout: "null", stderr: "null" } as const;
  const child = new Deno.Command(program, options).spawn();
  const network = networkPath(places, node.name);
  const ready = insideNetwork(network, [probe, "fetch", "http://127.0.0.1:9090/readyz"]);
  await until("the container to be ready", async () => {
    return (await attempt(ready)).stdout.includes(" 200 ") ? true : null;
  }, { timeoutMs: 30_000, everyMs: 10 });
  const readySeconds = (performance.now() - startMs) / 1000;
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const pid = [...allCommandLines()].find(([, words]) =>
    words[0] === "/usr/bin/deno" && words.includes("/app/src/main.ts")
  )?.[0];
  if (pid === undefined) throw new Error("the container's process is not to be found");
  const residentMebibytes = residentBytesOf(pid) / 2 ** 20;
  sendSignal(pid, "SIGKILL");
  await child.status;
  return { readySeconds, residentMebibytes };
}

function row(what: string, values: readonly number[], unit: string): string {
  const sorted = [...values].sort((a, b) => a - b);
  const show = (value: number) => value.toFixed(unit === "s" ? 2 : 1);
  const median = sorted[Math.floor(sorted.length / 2)];
  return `| ${what} | ${show(median)} ${unit} | ${show(sorted[0])} | ${show(sorted.at(-1) ?? 0)} |`;
}

const at = Deno.args.indexOf("--rounds");
const rounds = at < 0 ? 3 : Number(Deno.args[at + 1]);
const folder = await Deno.makeTempDir({ prefix: "bench-image-" });
const seconds: Record<"none" | "two" | "down", number[]> = { none: [], two: [], down: [] };
const starts: Start[] = [];
const image = await buildImage(`${folder}/image`);
try {
  for (let round = 0; round < rounds; round++) {
    seconds.none.push((await timed(() => up(CLUSTER, { nodes: 0 })))[1]);
    await down(CLUSTER);
    const [places, upSeconds] = await timed(() => up(CLUSTER, { nodes: 2 }));
    seconds.two.push(upSeconds);
    await importImage(places, nodePlacesOf(places, 1), `${folder}/image/rauta.tar`);
    starts.push(await startOnce(places, round));
    seconds.down.push((await timed(() => down(CLUSTER)))[1]);
  }
} finally {
  await down(CLUSTER);
  await Deno.remove(folder, { recursive: true });
}

const commit = (await run(["git", "-C", CHECKOUT, "rev-parse", "--short", "HEAD"])).trim();
const processor = /^model name\s*: (.*)$/m.exec(readKernelFile("/proc/cpuinfo") ?? "")?.[1];
const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const text = `# The image, and the test cluster

Commit ${commit}; ${processor}, ${navigator.hardwareConcurrency} cores, Linux ${Deno.osRelease()};
\`deno task bench:image --rounds ${rounds}\`. The cluster's programs were built before.

Image: ${mebibytes(image.compressedBytes)} packed, ${mebibytes(image.unpackedBytes)} unpacked.

| | median | min | max |
|---|---|---|---|
${
  row(
    "container start to /readyz, deploy/examples, one worker",
    starts.map((s) => s.readySeconds),
    "s",
  )
}
${row("resident memory 3 s later", starts.map((s) => s.residentMebibytes), "MiB")}
${row("cluster up, control plane alone", seconds.none, "s")}
${row("cluster up, two nodes Ready and DNS answering", seconds.two, "s")}
${row("cluster down, two nodes", seconds.down, "s")}
`;
await Deno.writeTextFile(`${CHECKOUT}/bench/results/image.md`, text);
console.log(text);
