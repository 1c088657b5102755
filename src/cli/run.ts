// The launcher behind `deno task run`: builds what is missing, starts the demo backends where the
// demo is served, starts the proxy as a child with narrower permissions (it may run no programs and
// write no files), prints what was loaded, and passes signals on.

import { buildCore } from "./build_core.ts";
import { type DemoBackends, endpointsInFolder, startDemoBackends } from "./demo_backends.ts";
import { proxyArguments, proxyEnvironment } from "./proxy_process.ts";
import { waitForSummary } from "./run_summary.ts";

const USAGE = `usage: deno task run [--config PATH]

Serves Gateway API objects from YAML on this machine. Ctrl-C drains and ends it; a second one ends it
at once.

  --config PATH  a YAML file, or a folder of them, with the kinds that a cluster would have: Gateway,
                 HTTPRoute, Service, EndpointSlice, ... Editing it changes what is served.
                 Without it: deploy/examples, with demo backends on this machine.
  --help         this text

The environment variables are in docs/configuration.md; the first to know are RAUTA_BIND_ADDRESS
(127.0.0.1), RAUTA_ADMIN_ADDRESS (127.0.0.1:9090), RAUTA_WORKERS and RAUTA_LOG_LEVEL.
`;

const EXAMPLES = "deploy/examples";

interface Plan {
  /** Absolute. */
  readonly configPath: string;
  readonly demo: boolean;
}

/** Paths are meant from where the command was typed; `deno task` changes the folder. */
function absolute(path: string): string {
  if (path.startsWith("/")) return path;
  return `${Deno.env.get("INIT_CWD") ?? Deno.cwd()}/${path}`;
}

function planOf(args: readonly string[]): Plan | string {
  let path = Deno.env.get("RAUTA_CONFIG") || undefined;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index];
    if (arg === "--config") path = args[++index] ?? "";
    else if (arg.startsWith("--config=")) path = arg.slice("--config=".length);
    else return `argument ${JSON.stringify(arg)} is not known\n\n${USAGE}`;
    if (path === "") return `--config needs the path of a file or a folder\n\n${USAGE}`;
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
  try {
    if (await buildCore() === "built") console.error("core built");
    if (plan.demo) demo = await startDemo();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 1;
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: proxyArguments(plan.configPath),
    clearEnv: true,
    env: proxyEnvironment(Deno.env.toObject()),
    stdin: "null",
    // A group of its own: a Ctrl-C of the terminal reaches it through us, and once.
    detached: true,
  }).spawn();
  forwardSignals(child);
  const ended = new AbortController();
  const printed = waitForSummary(child.pid, ended.signal).then((text) => {
    if (text !== undefined) console.log(text);
  });
  const { code } = await child.status;
  ended.abort();
  await printed;
  await demo?.close();
  return code;
}

if (import.meta.main) Deno.exit(await run(Deno.args));
