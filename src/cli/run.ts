// The launcher behind `deno task run`: builds what is missing, starts the demo backends where the
// demo is served, starts the proxy as a child with narrower permissions (it may run no programs and
// write no files), prints what was loaded, and passes signals on.

import { UNTIL_STDIN_ENDS } from "../config/arguments.ts";
import { absolute, type Options, parseArguments, pathFault, UsageError } from "./arguments.ts";
import { buildCore } from "./build_core.ts";
import { helpOf } from "./commands.ts";
import { type DemoBackends, endpointsInFolder, startDemoBackends } from "./demo_backends.ts";
import { type LoaderProcess, startLoader } from "./loader_process.ts";
import { kubeconfigFiles } from "./kubeconfig_files.ts";
import { controllerArguments, proxyArguments, proxyEnvironment } from "./proxy_process.ts";
import { resolveTargets } from "./resolve_targets.ts";
import { DEFAULT_FROM, readFrom, readTarget, WordError, yamlFor } from "./run_to.ts";
import { waitForSummary } from "./run_summary.ts";
import { takeKeys } from "./terminal_keys.ts";

const EXAMPLES = "deploy/examples";

interface Plan {
  /** Absolute: YAML, or the kubeconfig of a cluster to be controlled, or to name what is observed. */
  readonly configPath: string;
  readonly isKubeconfig?: true;
  readonly demo: boolean;
  /** What --to stands for: written to configPath first, removed at the end. */
  readonly yaml?: string;
  /** What the person who typed --to should know. */
  readonly notes?: readonly string[];
}

/** @throws {UsageError} for a word that can't be taken. */
async function planOf(options: Options): Promise<Plan> {
  const { config = Deno.env.get("RAUTA_CONFIG") || undefined, to, from } = options;
  if (to.length > 0) return await planTo(to, options);
  if (from !== undefined) {
    throw new UsageError("run", "--from goes with --to; in YAML a listener's port says where");
  }
  const kubeconfig = Deno.env.get("KUBECONFIG");
  // Asked for by name: many have KUBECONFIG set, and a demo must not write to their cluster.
  const isAsked = ["ingress", "observability"].includes(Deno.env.get("RAUTA_MODE") ?? "");
  if (config === undefined && kubeconfig && isAsked) {
    return { configPath: absolute(kubeconfig), isKubeconfig: true, demo: false };
  }
  const ingress = (Deno.env.get("RAUTA_MODE") || "ingress") === "ingress";
  if (config === undefined) return { configPath: `${Deno.cwd()}/${EXAMPLES}`, demo: ingress };
  const fault = await pathFault(config);
  if (fault !== undefined) throw new UsageError("run", `--config: ${fault}`);
  return { configPath: absolute(config), demo: false };
}

async function planTo(to: readonly string[], options: Options): Promise<Plan> {
  if (options.config !== undefined) {
    throw new UsageError("run", "--to and --config exclude each other");
  }
  try {
    const from = options.from === undefined ? DEFAULT_FROM : readFrom(options.from);
    const bindAddress = Deno.env.get("RAUTA_BIND_ADDRESS") || "127.0.0.1";
    const { backends, notes } = await resolveTargets(to.map(readTarget), from, bindAddress);
    const configPath = `${Deno.cwd()}/build/run-to-${Deno.pid}.yaml`;
    return { configPath, demo: false, yaml: yamlFor(from, backends), notes };
  } catch (error) {
    if (error instanceof WordError) throw new UsageError("run", error.message);
    throw error;
  }
}

/** The proxy drains at the first, ends at the second. */
function end(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGTERM");
  } catch {
    // It has ended already; its status is on the way.
  }
}

/** Passes the first and every later signal on; SIGHUP comes when the terminal is closed. */
function forwardSignals(child: Deno.ChildProcess): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => end(child));
  }
}

async function startDemo(): Promise<DemoBackends> {
  return await startDemoBackends(await endpointsInFolder(EXAMPLES));
}

/** The loader that an observer needs and nobody else runs; undefined where there is none to start. */
async function startNeededLoader(): Promise<LoaderProcess | undefined> {
  const isObserver = Deno.env.get("RAUTA_MODE") === "observability";
  const interfaces = Deno.env.get("RAUTA_INTERFACE");
  if (!isObserver || !interfaces || Deno.env.get("RAUTA_OBSERVER_SOCKET")) return undefined;
  return await startLoader(interfaces.split(","));
}

/** A kubeconfig's path in the environment is made absolute: the proxy has another folder. */
async function argumentsFor(plan: Plan, env: Record<string, string>): Promise<string[]> {
  const socket = env.RAUTA_OBSERVER_SOCKET || undefined;
  if (!plan.isKubeconfig) return proxyArguments(plan.configPath, socket);
  env.KUBECONFIG = plan.configPath;
  const text = await Deno.readTextFile(plan.configPath).catch(() => "");
  return controllerArguments(kubeconfigFiles(plan.configPath, text), socket);
}

async function run(args: readonly string[]): Promise<number> {
  let plan: Plan;
  try {
    const { options, rest } = parseArguments("run", args);
    if (options.help) {
      console.log(helpOf("run"));
      return 0;
    }
    if (rest.length > 0) throw new UsageError("run", `${rest[0]} is not known`);
    plan = await planOf(options);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return 2;
  }
  let demo: DemoBackends | undefined;
  let loader: LoaderProcess | undefined;
  try {
    if (await buildCore() === "built") console.error("core built");
    if (plan.yaml !== undefined) {
      await Deno.writeTextFile(plan.configPath, plan.yaml);
      console.log(plan.yaml);
    }
    for (const note of plan.notes ?? []) console.log(note);
    if (plan.demo) demo = await startDemo();
    loader = await startNeededLoader();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
  const env = proxyEnvironment(Deno.env.toObject());
  if (loader) env.RAUTA_OBSERVER_SOCKET = loader.socketPath;
  const child = new Deno.Command(Deno.execPath(), {
    args: [...await argumentsFor(plan, env), UNTIL_STDIN_ENDS],
    clearEnv: true,
    env,
    // Nothing is written to it. It ends with this process, however that ends, and the proxy with it.
    stdin: "piped",
    // A group of its own: a Ctrl-C of the terminal reaches it through us, and once.
    detached: true,
  }).spawn();
  forwardSignals(child);
  const giveKeysBack = await takeKeys({
    interrupt: () => end(child),
    quit: () => child.kill("SIGKILL"),
  });
  loader?.ended.then((code) => {
    if (code !== 0) end(child);
  });
  const ended = new AbortController();
  // An observer serves nothing that could be summed up.
  const isObserver = env.RAUTA_MODE === "observability";
  const printed = isObserver
    ? Promise.resolve()
    : waitForSummary(child.pid, ended.signal).then((text) => {
      if (text !== undefined) console.log(text);
    });
  const { code } = await child.status;
  giveKeysBack();
  ended.abort();
  await printed;
  await demo?.close();
  if (plan.yaml !== undefined) await Deno.remove(plan.configPath);
  const loaderCode = await loader?.stop();
  return code || (loaderCode ?? 0);
}

if (import.meta.main) Deno.exit(await run(Deno.args));
