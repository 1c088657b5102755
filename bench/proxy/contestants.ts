// Starts the backends and every proxy under test, each pinned and with one worker.
// Takes a work folder and the installed peers, gives running targets; stops what it started.

import { ALLOCATOR, proxyArguments } from "../../src/cli/proxy_process.ts";
import * as configs from "./configs.ts";
import type { Target } from "./load.ts";
import type { Peers } from "./peers.ts";
import { freePort, type Process, startPinned, waitForPort } from "./processes.ts";

/** The proxy's core, and the one that load generator and backends share. */
export const PROXY_CORE = "1";
export const LOAD_CORE = "0";

const BACKENDS = 3;
const SMALL_FILE_BYTES = 16_384;
const LARGE_FILE_BYTES = 64 * 2 ** 20;

/** Settings of one RAUTA process beyond its defaults. */
export interface RautaSetup {
  readonly name: string;
  readonly extraRoutes: number;
  readonly env: Readonly<Record<string, string>>;
  readonly workers: number;
  readonly core: string;
}

export class Contestants {
  readonly #running: Process[] = [];
  readonly #ports: number[] = Array.from({ length: BACKENDS }, freePort);

  constructor(readonly folder: string, readonly peers: Peers) {}

  async #start(
    name: string,
    core: string,
    port: number,
    words: readonly string[],
    env: Record<string, string> = {},
  ): Promise<Target> {
    const process = startPinned(name, core, words, env);
    this.#running.push(process);
    await waitForPort(process, port);
    return { name, process, port };
  }

  async startBackends(): Promise<void> {
    const files = `${this.folder}/files`;
    await Deno.mkdir(files, { recursive: true });
    await Deno.writeFile(`${files}/16k`, new Uint8Array(SMALL_FILE_BYTES).fill(0x62));
    await Deno.writeFile(`${files}/64m`, new Uint8Array(LARGE_FILE_BYTES).fill(0x63));
    const path = `${this.folder}/backend.conf`;
    await Deno.writeTextFile(path, configs.backendConfig(this.folder, this.#ports));
    await this.#start("backend", LOAD_CORE, this.#ports[0]!, [
      ...this.peers.nginx,
      "-c",
      path,
      "-p",
      this.folder,
    ]);
  }

  async startNginx(): Promise<Target> {
    const port = freePort();
    const path = `${this.folder}/nginx.conf`;
    await Deno.writeTextFile(path, configs.nginxConfig(this.folder, port, this.#ports));
    const words = [...this.peers.nginx, "-c", path, "-p", this.folder];
    return await this.#start("nginx", PROXY_CORE, port, words);
  }

  async startHaproxy(): Promise<Target> {
    const port = freePort();
    const path = `${this.folder}/haproxy.cfg`;
    await Deno.writeTextFile(path, configs.haproxyConfig(port, this.#ports));
    return await this.#start("HAProxy", PROXY_CORE, port, [...this.peers.haproxy, "-f", path]);
  }

  async startEnvoy(): Promise<Target> {
    const port = freePort();
    const path = `${this.folder}/envoy.json`;
    await Deno.writeTextFile(path, configs.envoyConfig(port, this.#ports));
    const words = [...this.peers.envoy, "--concurrency", "1", "-l", "error", "-c", path];
    return await this.#start("Envoy", PROXY_CORE, port, words);
  }

  /** RAUTA as `deno task run` starts it, with its default limits, timeouts, health and metrics. */
  async startRauta(setup: RautaSetup): Promise<Target> {
    const port = freePort();
    const path = `${this.folder}/${setup.name.replaceAll(/\W+/g, "-")}.yaml`;
    await Deno.writeTextFile(path, configs.rautaObjects(port, this.#ports, setup.extraRoutes));
    const env = {
      ...ALLOCATOR,
      RAUTA_ADMIN_ADDRESS: `127.0.0.1:${freePort()}`,
      RAUTA_WORKERS: String(setup.workers),
      RAUTA_ACCESS_LOG: "off",
      RAUTA_LOG_LEVEL: "warning",
      ...setup.env,
    };
    const words = [Deno.execPath(), ...proxyArguments(path)];
    return await this.#start(setup.name, setup.core, port, words, env);
  }

  async stop(target: Target): Promise<void> {
    this.#running.splice(this.#running.indexOf(target.process), 1);
    await target.process.stop();
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((process) => process.stop()));
  }
}
