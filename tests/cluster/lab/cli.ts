// The commands `deno task cluster:...`: up, down, status, kubectl, enter, load, fault.
// Parses arguments and prints; what the commands do is in the modules beside it.

import { kubectlCommand } from "./api.ts";
import { down, isRunning, listClusters, status, up } from "./cluster.ts";
import { insideNetwork } from "./command.ts";
import { fault, FAULT_USAGE, FaultUsageError } from "./fault_command.ts";
import { RAUTA_ARCHIVE } from "./images.ts";
import { importImage, nodeNumbers } from "./node.ts";
import { nodePlacesOf } from "./node_config.ts";
import { CONTROL_PLANE_NETWORK, networkPath, nodeName, type Places, placesOf } from "./settings.ts";

const USAGE = `usage:
  deno task cluster:up      [--name X] [--nodes N]   start a cluster, or add nodes to it (default 1)
  deno task cluster:down    [--name X]               take it away
  deno task cluster:status  [--name X]               what runs in it
  deno task cluster:kubectl [--name X] -- ARGS       kubectl as its administrator
  deno task cluster:enter   [--name X] -- COMMAND    a program inside its network, KUBECONFIG set
  deno task cluster:load    [--name X] [ARCHIVE...]  import image archives into its nodes
  deno task cluster:fault   [--name X] FAULT ...     break something, or mend it
The name is RAUTA_CLUSTER or 'dev' where --name is not given.
${FAULT_USAGE}`;

class UsageError extends Error {}

interface Arguments {
  readonly name: string;
  readonly nodes: number;
  /** What is no flag of ours: all that follows `--`, or bare words. */
  readonly rest: readonly string[];
}

export function parseArguments(args: readonly string[]): Arguments {
  let name = Deno.env.get("RAUTA_CLUSTER") ?? "dev";
  let nodes = 1;
  const rest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const [flag, joined] = splitFlag(args[index]);
    if (args[index] === "--") {
      rest.push(...args.slice(index + 1));
      break;
    }
    if (flag === "--name" || flag === "--nodes") {
      const value = joined ?? args[++index];
      if (value === undefined) throw new UsageError(`${flag} wants a value`);
      if (flag === "--name") name = value;
      else nodes = Number(value);
    } else if (args[index].startsWith("--")) {
      throw new UsageError(`no flag is named ${args[index]} (a program's own flags go after --)`);
    } else {
      rest.push(args[index]);
    }
  }
  return { name, nodes, rest };
}

function splitFlag(argument: string): [string, string | undefined] {
  const equals = argument.indexOf("=");
  return equals < 0
    ? [argument, undefined]
    : [argument.slice(0, equals), argument.slice(equals + 1)];
}

/** Runs a program with this one's input and output, and ends with its exit code. */
async function become(args: readonly string[], env: Record<string, string> = {}): Promise<never> {
  const child = new Deno.Command(args[0], { args: args.slice(1), env }).spawn();
  Deno.exit((await child.status).code);
}

async function requireRunning(name: string): Promise<Places> {
  const places = placesOf(name);
  if (await isRunning(places)) return places;
  throw new Error(`cluster ${name} is not running; start it with: deno task cluster:up`);
}

/** Like `requireRunning`, for what must also work on a cluster that has been broken on purpose. */
async function requireFolder(name: string): Promise<Places> {
  const places = placesOf(name);
  if ((await listClusters()).includes(name)) return places;
  throw new Error(`there is no cluster ${name}`);
}

async function showStatus(name: string): Promise<void> {
  const found = await status(name);
  if (found === null) {
    const others = await listClusters();
    const list = others.length > 0 ? `; there are: ${others.join(", ")}` : "";
    throw new Error(`there is no cluster ${name}${list}`);
  }
  console.log(`cluster ${name} is ${found.running ? "running" : "not running whole"}`);
  for (const { name, pid, residentBytes } of found.programs) {
    const state = pid === null
      ? "not running"
      : `pid ${pid}, ${(residentBytes / 2 ** 20).toFixed(0)} MiB resident`;
    console.log(`  ${name.padEnd(24)} ${state}`);
  }
  for (const node of found.nodes.filter(({ running }) => !running)) {
    console.log(`  ${node.name} is down`);
  }
  console.log(found.objects ?? "the API server does not answer");
}

async function load(places: Places, archives: readonly string[]): Promise<void> {
  const paths = await Promise.all(
    (archives.length > 0 ? archives : [RAUTA_ARCHIVE]).map((path) => Deno.realPath(path)),
  );
  for (const number of await nodeNumbers(places)) {
    for (const path of paths) {
      await importImage(places, nodePlacesOf(places, number), path);
      console.log(`${nodeName(number)} has ${path}`);
    }
  }
}

async function main(command: string | undefined, args: readonly string[]): Promise<void> {
  const { name, nodes, rest } = parseArguments(args);
  switch (command) {
    case "up": {
      const places = await up(name, { nodes, report: (line) => console.log(line) });
      console.log(`export KUBECONFIG=${places.hostKubeconfig}`);
      return;
    }
    case "down":
      console.log(await down(name) ? `cluster ${name} is gone` : `there is no cluster ${name}`);
      return;
    case "status":
      return await showStatus(name);
    case "kubectl":
      return await become(await kubectlCommand(await requireRunning(name), rest));
    case "enter": {
      const places = await requireRunning(name);
      const program = rest.length > 0 ? rest : [Deno.env.get("SHELL") ?? "/bin/sh"];
      const network = networkPath(places, CONTROL_PLANE_NETWORK);
      return await become(insideNetwork(network, program), { KUBECONFIG: places.kubeconfig });
    }
    case "load":
      return await load(await requireRunning(name), rest);
    case "fault":
      return console.log(await fault(await requireFolder(name), rest));
    default:
      throw new UsageError(`no command is named ${command}`);
  }
}

if (import.meta.main) {
  try {
    await main(Deno.args[0], Deno.args.slice(1));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    const isMisused = error instanceof UsageError || error instanceof FaultUsageError;
    if (isMisused) console.error(USAGE);
    Deno.exit(isMisused ? 2 : 1);
  }
}
