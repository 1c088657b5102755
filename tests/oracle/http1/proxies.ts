// Starts a proxy before a backend: RAUTA's fronts in this process, the peers as programs that
// bench/proxy installs. Takes a name and the backend's port, gives a port and how to stop it.

import { installPeers, type Peers } from "../../../bench/proxy/peers.ts";
import {
  freePort,
  gatewayYaml,
  routeYaml,
  serviceYaml,
  startGateway,
} from "../../integration/gateway_harness.ts";
import { envoyConfig, haproxyConfig, nginxConfig } from "./peer_configs.ts";
import type { ProxyName } from "./row.ts";

export interface Proxy {
  readonly port: number;
  stop(): Promise<void>;
}

const START_MS = 120_000;

async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

async function startProgram(words: readonly string[], port: number): Promise<Proxy> {
  const child = new Deno.Command(words[0]!, {
    args: words.slice(1),
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let errors = "";
  const reading = (async () => {
    for await (const chunk of child.stderr.pipeThrough(new TextDecoderStream())) {
      errors = (errors + chunk).slice(-4000);
    }
  })();
  const stop = async (): Promise<void> => {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended already.
    }
    const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
    await child.status;
    clearTimeout(timer);
    await reading;
  };
  const endMs = performance.now() + START_MS;
  while (!await listens(port)) {
    if (performance.now() > endMs) {
      await stop();
      throw new Error(`${words.join(" ")} does not listen on ${port}:\n${errors}`);
    }
    await new Promise((wake) => setTimeout(wake, 20));
  }
  return { port, stop };
}

async function startRauta(front: string, backend: number): Promise<Proxy> {
  const port = freePort();
  const yaml = gatewayYaml(port) + serviceYaml("a", [backend]) +
    routeYaml({ name: "r", rules: "[{ backendRefs: [{ name: a, port: 80 }] }]" });
  const env = { RAUTA_FRONT: front, RAUTA_WORKERS: "1", RAUTA_ACCESS_LOG: "off" };
  const gateway = await startGateway(port, { "all.yaml": yaml }, env);
  return { port, stop: async () => void await gateway.stop(1_000) };
}

async function startPeer(name: ProxyName, peers: Peers, backend: number): Promise<Proxy> {
  const port = freePort();
  const folder = await Deno.makeTempDir({ prefix: "rauta-oracle-" });
  const path = `${folder}/config`;
  const write = (text: string): Promise<void> => Deno.writeTextFile(path, text);
  let words: readonly string[];
  if (name === "nginx") {
    await write(nginxConfig(folder, port, backend));
    words = [...peers.nginx, "-c", path, "-p", folder];
  } else if (name === "HAProxy") {
    await write(haproxyConfig(port, backend));
    words = [...peers.haproxy, "-f", path];
  } else {
    await write(envoyConfig(port, backend));
    const limits = ["--concurrency", "1", "--use-dynamic-base-id", "-l", "error"];
    words = [...peers.envoy, ...limits, "--config-yaml", await Deno.readTextFile(path)];
  }
  const program = await startProgram(words, port);
  return {
    port,
    stop: async () => {
      await program.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The peers, or why they can't be had on this machine. */
export type Installed =
  | { readonly kind: "installed"; readonly peers: Peers }
  | { readonly kind: "missing"; readonly reason: string };

export async function install(): Promise<Installed> {
  try {
    return { kind: "installed", peers: await installPeers() };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { kind: "missing", reason: text.split("\n").slice(0, 2).join(" ") };
  }
}

export async function startProxy(
  name: ProxyName,
  peers: Peers | undefined,
  backend: number,
): Promise<Proxy> {
  if (name === "wire" || name === "serve") return await startRauta(name, backend);
  if (peers === undefined) throw new Error(`${name} is not installed`);
  return await startPeer(name, peers, backend);
}
