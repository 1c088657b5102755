// The launcher behind `deno task run`: builds what is missing, starts the demo backends where the
// demo is served, starts the proxy as a child with narrower permissions (it may run no programs and
// write no files), prints what was loaded, and passes signals on.

import { buildCore } from "./build_core.ts";
import { type DemoBackends, endpointsInFolder, startDemoBackends } from "./demo_backends.ts";
import { type LoaderProcess, startLoader } from "./loader_process.ts";
import { kubeconfigFiles } from "./kubeconfig_files.ts";
import { controllerArguments, proxyArguments, proxyEnvironment } from "./proxy_process.ts";
import { yamlForTargets } from "./run_to.ts";
import { waitForSummary } from "./run_summary.ts";

const USAGE = `usage: deno task run [--config PATH | --to [HOST=]ADDRESS ...]

Serves Gateway API objects from YAML on this machine. Ctrl-C drains and ends it; a second one ends it
at once.

  --config PATH  a YAML file, or a folder of them, with the kinds that a cluster would have: Gateway,
                 HTTPRoute, Service, EndpointSlice, ... Editing it changes what is served.
                 Without it: deploy/examples, with demo backends on this machine.
  --to ADDRESS   no YAML: serve on port 8080 what runs at ADDRESS, such as localhost:3000;
                 HOST=ADDRESS serves it for HOST alone. May be given again. Prints the YAML that
                 it stands for.
  --help         this text

The environment variables are in docs/configuration.md; the first to know are RAUTA_BIND_ADDRESS
(127.0.0.1), RAUTA_ADMIN_ADDRESS (127.0.0.1:9090), RAUTA_WORKERS and RAUTA_LOG_LEVEL.

RAUTA_MODE=ingress KUBECONFIG=PATH, without --config, is the controller of that cluster from outside:
it serves the cluster's objects on this machine and writes their statuses: docs/kubernetes.md.

RAUTA_MODE=observability RAUTA_INTERFACE=eth0, as root, observes instead: docs/observer.md.
`;

const EXAMPLES = "deploy/examples";

interface Plan {
  /** Absolute: YAML, or the kubeconfig of a cluster whose controller this is to be. */
  readonly configPath: string;
  readonly isKubeconfig?: true;
  readonly demo: boolean;
  /** What --to stands for: written to configPath first, removed at the end. */
  readonly yaml?: string;
}

/** Paths are meant from where the command was typed; `deno task` changes the folder. */
function absolute(path: string): string {
  if (path.startsWith("/")) return path;
  return `${Deno.env.get("INIT_CWD") ?? Deno.cwd()}/${path}`;
}

function planOf(args: readonly string[]): Plan | string {
  let path = Deno.env.get("RAUTA_CONFIG") || undefined;
  const targets: string[] = [];
  let fromArguments = false;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index];
    if (arg === "--to" || arg.startsWith("--to=")) {
      targets.push(arg === "--to" ? args[++index] ?? "" : arg.slice("--to=".length));
      continue;
    }
    fromArguments = true;
    if (arg === "--config") path = args[++index] ?? "";
    else if (arg.startsWith("--config=")) path = arg.slice("--config=".length);
    else return `argument ${JSON.stringify(arg)} is not known\n\n${USAGE}`;
    if (path === "") return `--config needs the path of a file or a folder\n\n${USAGE}`;
  }
  if (targets.length > 0) {
    if (fromArguments) return `--to and --config exclude each other\n\n${USAGE}`;
    const made = yamlForTargets(targets);
    if ("wrong" in made) return `${made.wrong}\n\n${USAGE}`;
    const configPath = `${Deno.cwd()}/build/run-to-${Deno.pid}.yaml`;
    return { configPath, demo: false, yaml: made.yaml };
  }
  const kubeconfig = Deno.env.get("KUBECONFIG");
  // Asked for by name: many have KUBECONFIG set, and a demo must not write to their cluster.
  if (path === undefined && kubeconfig && Deno.env.get("RAUTA_MODE") === "ingress") {
    return { configPath: absolute(kubeconfig), isKubeconfig: true, demo: false };
  }
  const ingress = (Deno.env.get("RAUTA_MODE") || "ingress") === "ingress";
  if (path === undefined) return { configPath: `${Deno.cwd()}/${EXAMPLES}`, demo: ingress };
  return { configPath: absolute(path), demo: false };
}

/** Passes the first and every later signal on; the proxy drains at the first, ends at the second. */
function forwardSignals(child: Deno.ChildProcess): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended already; its status is on the way.
      }
    });
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
  if (args.includes("--help") || args.includes("-h")) {
    console.log(USAGE);
    return 0;
  }
  const plan = planOf(args);
  if (typeof plan === "string") {
    console.error(plan);
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
    if (plan.demo) demo = await startDemo();
    loader = await startNeededLoader();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
  const env = proxyEnvironment(Deno.env.toObject());
  if (loader) env.RAUTA_OBSERVER_SOCKET = loader.socketPath;
  const child = new Deno.Command(Deno.execPath(), {
    args: await argumentsFor(plan, env),
    clearEnv: true,
    env,
    stdin: "null",
    // A group of its own: a Ctrl-C of the terminal reaches it through us, and once.
    detached: true,
  }).spawn();
  forwardSignals(child);
  loader?.ended.then((code) => {
    if (code !== 0) child.kill("SIGTERM");
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
  ended.abort();
  await printed;
  await demo?.close();
  if (plan.yaml !== undefined) await Deno.remove(plan.configPath);
  const loaderCode = await loader?.stop();
  return code || (loaderCode ?? 0);
}

if (import.meta.main) Deno.exit(await run(Deno.args));
