// `deno task conformance`: runs the upstream Gateway API suite against a running test cluster.
// Writes the raw `go test -v` output to a file and a table by profile to the terminal; exits 1
// where the suite failed or nothing passed. Starts a cluster of one node when none runs.

import { adminClient } from "../cluster/lab/api.ts";
import { CONFORMANCE_SUITE } from "../cluster/lab/artifacts.ts";
import { up } from "../cluster/lab/cluster.ts";
import { insideNetwork, run, until } from "../cluster/lab/command.ts";
import { build } from "../cluster/lab/go_build.ts";
import { nodeNumbers } from "../cluster/lab/node.ts";
import {
  CHECKOUT,
  CONTROL_PLANE_NETWORK,
  networkPath,
  type Places,
  placesOf,
} from "../cluster/lab/settings.ts";
import { CONTROLLER_NAME, GATEWAY_API_VERSION } from "../../src/gatewayapi/supported_features.ts";
import { type Catalog, readCatalog } from "./catalog.ts";
import { parseOptions, type RunOptions, UsageError } from "./options.ts";
import { renderPage } from "./page.ts";
import { RawOutputReader, type TestResult } from "./raw_output.ts";
import { renderTable, SUITE, summarise, type Summary } from "./table.ts";

interface GatewayClass {
  status?: {
    conditions?: { type: string; status: string }[];
    supportedFeatures?: { name: string }[];
  };
}

const USABLE_ADDRESS = "10.99.200.60";
const UNUSABLE_ADDRESS = "10.99.222.1";
const CLASSES = "/apis/gateway.networking.k8s.io/v1/gatewayclasses";

/** Makes the GatewayClass where there is none, and reads the features that its controller claims. */
async function prepareClass(
  places: Places,
  options: RunOptions,
): Promise<{ accepted: boolean; features: ReadonlySet<string> }> {
  using client = await adminClient(places);
  const path = `${CLASSES}/${options.gatewayClass}`;
  if ((await client.request("GET", path)).status === 404) {
    const { status, body } = await client.request("POST", CLASSES, {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "GatewayClass",
      metadata: { name: options.gatewayClass },
      spec: { controllerName: options.controllerName },
    });
    if (status !== 201) throw new Error(`can't make the GatewayClass: ${JSON.stringify(body)}`);
  }
  const accepted = await until("the GatewayClass to be accepted", async () => {
    const { status } = (await client.request("GET", path)).body as GatewayClass;
    const isAccepted = status?.conditions?.some(({ type, status }) =>
      type === "Accepted" && status === "True"
    );
    return isAccepted ? status : null;
  }, { timeoutMs: options.acceptTimeoutMs, everyMs: 200 }).catch(() => null);
  const names = accepted?.supportedFeatures?.map(({ name }) => name) ?? [];
  return { accepted: accepted !== null, features: new Set(names) };
}

interface NamespaceList {
  items: { metadata: { name: string; deletionTimestamp?: string } }[];
}

/** The suite can't create its namespaces while those of an earlier run are still being deleted. */
async function waitForEarlierRun(places: Places): Promise<void> {
  using client = await adminClient(places);
  await until("the namespaces of an earlier run to be gone", async () => {
    const { items } = (await client.request("GET", "/api/v1/namespaces")).body as NamespaceList;
    const going = items.some(({ metadata }) =>
      metadata.name.startsWith("gateway-conformance-") && metadata.deletionTimestamp !== undefined
    );
    return going ? null : true;
  }, { timeoutMs: 120_000, everyMs: 300 });
}

function suiteFlags(
  options: RunOptions,
  catalog: Catalog,
  features: ReadonlySet<string>,
  accepted: boolean,
): string[] {
  const profiles = options.profiles;
  const flags = [
    `--gateway-class=${options.gatewayClass}`,
    `--conformance-profiles=${profiles.join(",")}`,
  ];
  if (options.all) {
    // All features of Gateways: those of a mesh would have the suite wait for one.
    flags.push("--all-features", `--exempt-features=${catalog.meshFeatures.join(",")}`);
  } else if (features.size === 0) {
    // Without claims the suite would refuse to start; the core features lead to its first check.
    const core = catalog.profiles.filter(({ name }) => profiles.includes(name))
      .flatMap(({ core }) => core);
    flags.push(`--supported-features=${[...new Set(core)].join(",")}`);
  }
  // On the bridge where Gateways' addresses are, and where none of them is.
  flags.push(`--usable-address=${USABLE_ADDRESS}`, `--unusable-address=${UNUSABLE_ADDRESS}`);
  if (options.test !== null) flags.push(`--run-test=${options.test}`);
  // We have waited already: the suite's own three minutes would tell nothing new.
  if (!accepted) flags.push("--timeout-config-overrides=GWCMustBeAccepted:2");
  return [...flags, ...options.suiteFlags];
}

/** Runs the suite inside the cluster's network; returns all results. */
async function runSuite(
  places: Places,
  binary: string,
  flags: readonly string[],
  rawPath: string,
): Promise<TestResult[]> {
  const args = [binary, `-test.run=^${SUITE}$`, "-test.v", "-test.timeout=2h", ...flags];
  const [program, ...rest] = insideNetwork(networkPath(places, CONTROL_PLANE_NETWORK), args);
  const child = new Deno.Command(program, {
    args: rest,
    env: { KUBECONFIG: places.kubeconfig },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = new RawOutputReader();
  const raw = await Deno.open(rawPath, { create: true, truncate: true, write: true });
  const [forFile, forReader] = child.stdout.tee();
  const written = forFile.pipeTo(raw.writable);
  for await (const text of forReader.pipeThrough(new TextDecoderStream())) {
    for (const { name, verdict, seconds } of reader.read(text)) {
      const [suite, test, part] = name.split("/");
      const isTest = suite === SUITE && test !== undefined && part === undefined;
      if (isTest && verdict !== "skipped") console.error(`  ${verdict} ${test} (${seconds} s)`);
    }
  }
  await written;
  await child.status;
  return reader.results();
}

/** The suite's own words about why it failed before any test, from the raw output. */
function setupError(raw: string): string {
  const section = (title: string) =>
    new RegExp(`\\s${title}:\\s+(.*?)\\n(?:\\s+Test:|\\S)`, "s").exec(raw)?.[1]
      .replaceAll(/\s*\n\s*/g, " ");
  const said = [section("Messages"), section("Error")].filter((text) => text !== undefined);
  return said.length > 0 ? said.join(": ") : raw.trim().split("\n").slice(-3).join("\n");
}

async function main(): Promise<number> {
  const options = parseOptions(Deno.args, CONTROLLER_NAME);
  const folder = await build(CONFORMANCE_SUITE);
  const binary = `${folder}/conformance.test`;
  const catalog = await readCatalog(binary);
  const known = catalog.profiles.map(({ name }) => name);
  for (const name of options.profiles) {
    if (!known.includes(name)) {
      throw new UsageError(`no profile is named ${name}: ${known.join(", ")}`);
    }
  }
  // One node is enough; where there are more they stay.
  const nodes = Math.max(1, (await nodeNumbers(placesOf(options.cluster))).length);
  const places = await up(options.cluster, { nodes, report: (line) => console.error(line) });
  await waitForEarlierRun(places);
  const { accepted, features } = await prepareClass(places, options);
  await Deno.mkdir(options.outputFolder, { recursive: true });
  const rawPath = `${options.outputFolder}/go-test.txt`;
  const flags = suiteFlags(options, catalog, features, accepted);
  console.error(`running the suite: ${flags.join(" ")}`);
  const results = await runSuite(places, binary, flags, rawPath);
  const summary = summarise(catalog, results);
  const { test } = options;
  const claimed = options.all ? null : features;
  const table = renderTable(summary, claimed, ({ name }) => test === null || name === test);
  console.log(`\n${table}`);
  if (summary.failedInSetup) {
    console.log(
      `the suite failed before any test: ${setupError(await Deno.readTextFile(rawPath))}`,
    );
  }
  if (options.pagePath !== null) {
    const page = renderPage(summary, catalog, {
      gatewayApiVersion: GATEWAY_API_VERSION,
      commit: (await run(["git", "rev-parse", "--short", "HEAD"], { cwd: CHECKOUT })).trim(),
      date: new Date().toISOString().slice(0, 10),
      command: ["deno task conformance", ...Deno.args].join(" "),
      claimed: features,
    });
    await Deno.writeTextFile(options.pagePath, page);
    await run([Deno.execPath(), "fmt", "--quiet", options.pagePath], { cwd: CHECKOUT });
  }
  console.log(`raw output: ${rawPath.replace(`${CHECKOUT}/`, "")}`);
  return isSuccess(summary) ? 0 : 1;
}

function isSuccess(summary: Summary): boolean {
  const passed = summary.profiles.some(({ rows }) => rows.some((row) => row.verdict === "passed"));
  return summary.succeeded && passed;
}

try {
  Deno.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(error instanceof UsageError ? 2 : 1);
}
