// `deno task cluster:fault VERB [TARGET] [VALUE]`: one fault of faults.ts from the command line.

import {
  bootNode,
  compactHistory,
  cutNetwork,
  freeze,
  kill,
  mendNetwork,
  parseTarget,
  slowNetwork,
  start,
  stop,
  type Target,
  thaw,
  throttlePod,
} from "./faults.ts";
import type { Places } from "./settings.ts";

export const FAULT_USAGE = `faults:
  stop|start|restart PROGRAM      SIGTERM and wait; start again with the same arguments
  kill|freeze|thaw TARGET         SIGKILL; SIGSTOP; SIGCONT
  boot NODE                       start a killed node again
  compact                         make etcd forget all versions before the present one
  cut|mend NODE|POD               take the network away; give it back, at full speed
  slow NODE|POD KILOBITS          limit the network, in kbit/s
  throttle POD PERCENT|off        limit the processor, in percent of one
  PROGRAM is etcd, kube-apiserver, kube-controller-manager, kube-scheduler, nodeN.kubelet,
  nodeN.containerd or nodeN.kube-proxy; NODE is nodeN; POD is namespace/name; TARGET any of them.`;

/** A command line that asks for nothing that exists. */
export class FaultUsageError extends Error {}

function programName(target: Target): string {
  if (target.kind === "program") return target.name;
  throw new FaultUsageError(`only a program can be stopped and started, not a ${target.kind}`);
}

function positive(text: string | undefined, unit: string): number {
  const value = Number(text);
  if (text !== undefined && Number.isFinite(value) && value > 0) return value;
  throw new FaultUsageError(`${text ?? "nothing"} is not a number of ${unit}`);
}

/** Does what the words say and returns what to tell. */
export async function fault(places: Places, words: readonly string[]): Promise<string> {
  const [verb, name, value] = words;
  if (verb === "compact") {
    return `etcd remembers nothing before revision ${await compactHistory(places)}`;
  }
  if (name === undefined) throw new FaultUsageError(`${verb ?? "a fault"} wants a target`);
  const target = parseTarget(name);
  switch (verb) {
    case "stop":
      await stop(places, programName(target));
      break;
    case "start":
      await start(places, programName(target));
      break;
    case "restart":
      await stop(places, programName(target));
      await start(places, programName(target));
      break;
    case "kill":
      await kill(places, target);
      break;
    case "freeze":
      await freeze(places, target);
      break;
    case "thaw":
      await thaw(places, target);
      break;
    case "boot":
      if (target.kind !== "node") throw new FaultUsageError("only a node can be booted");
      await bootNode(places, target.number);
      break;
    case "cut":
      await cutNetwork(places, target);
      break;
    case "mend":
      await mendNetwork(places, target);
      break;
    case "slow":
      await slowNetwork(places, target, positive(value, "kbit/s"));
      break;
    case "throttle":
      if (target.kind !== "pod") throw new FaultUsageError("only a pod can be throttled");
      await throttlePod(
        places,
        target.fullName,
        value === "off" ? null : positive(value, "percent"),
      );
      break;
    default:
      throw new FaultUsageError(`no fault is named ${verb}`);
  }
  return `${words.join(" ")}: done`;
}
