// The command line of `deno task conformance`.

import { CHECKOUT } from "../cluster/lab/settings.ts";

export class UsageError extends Error {}

export interface RunOptions {
  readonly cluster: string;
  readonly profiles: readonly string[];
  /** One test's name; null runs all that the features allow. */
  readonly test: string | null;
  /** Run what the controller does not claim, too. */
  readonly all: boolean;
  readonly gatewayClass: string;
  readonly controllerName: string;
  readonly acceptTimeoutMs: number;
  readonly outputFolder: string;
  /** Where the results are written as a page; null: nowhere. */
  readonly pagePath: string | null;
  /** Handed on to the suite as they are. */
  readonly suiteFlags: readonly string[];
}

const GATEWAY_PROFILES = [
  "GATEWAY-HTTP",
  "GATEWAY-GRPC",
  "GATEWAY-TLS",
  "GATEWAY-TCP",
  "GATEWAY-UDP",
];

const USAGE = `usage: deno task conformance [--name CLUSTER] [--profile P[,P]] [--run TEST] [--all]
  [--class GATEWAYCLASS] [--controller NAME] [--output FOLDER]
  [--page FILE] [-- FLAGS OF THE SUITE]
  --profile  ${GATEWAY_PROFILES.join(", ")} (default: these),
             MESH-HTTP or MESH-GRPC
  --page     writes the results as Markdown: docs/conformance.md
  --run      one test, whatever the controller claims
  --all      also the tests of features that the controller does not claim`;

const ACCEPT_TIMEOUT_MS = 15_000;

/** Reads the command line; throws a UsageError that says what is wrong with it. */
export function parseOptions(args: readonly string[], ownController: string): RunOptions {
  const values = new Map<string, string>();
  let all = false;
  let index = 0;
  for (; index < args.length && args[index] !== "--"; index++) {
    const [flag, joined] = args[index].split(/=(.*)/s);
    if (flag === "--all") {
      all = true;
      continue;
    }
    const known = ["--name", "--profile", "--run", "--class", "--controller", "--output", "--page"];
    if (!known.includes(flag)) throw new UsageError(`what is ${args[index]}?\n${USAGE}`);
    const value = joined ?? args[++index];
    if (value === undefined) throw new UsageError(`${flag} wants a value\n${USAGE}`);
    values.set(flag, value);
  }
  return {
    cluster: values.get("--name") ?? Deno.env.get("RAUTA_CLUSTER") ?? "dev",
    profiles: values.get("--profile")?.split(",") ?? GATEWAY_PROFILES,
    test: values.get("--run") ?? null,
    all,
    gatewayClass: values.get("--class") ?? "gateway-conformance",
    controllerName: values.get("--controller") ?? ownController,
    acceptTimeoutMs: ACCEPT_TIMEOUT_MS,
    outputFolder: values.get("--output") ?? `${CHECKOUT}/build/conformance`,
    pagePath: values.get("--page") ?? null,
    suiteFlags: args.slice(index + 1),
  };
}
