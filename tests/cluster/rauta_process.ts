// RAUTA as a process of the cluster's network, with the rights of its own service account and no
// more, started as the launcher and the image start it; ended, killed and restarted as a test wants.

import { ALLOCATOR, controllerArguments } from "../../src/cli/proxy_process.ts";
import { kubeconfig } from "./lab/pki.ts";
import { kubectl } from "./lab/api.ts";
import { attempt, until } from "./lab/command.ts";
import { residentBytesOf } from "./lab/process_table.ts";
import { CHECKOUT, NETWORK, type Places } from "./lab/settings.ts";
import { inNetwork } from "./programs/child.ts";

export const RAUTA_NAMESPACE = "rauta-system";

/** kubectl with manifests of deploy/daemonset, whose kustomization names the namespace. */
async function withManifests(
  places: Places,
  verb: "apply" | "delete",
  ...names: readonly string[]
): Promise<void> {
  const files = names.map((name) => `--filename=${CHECKOUT}/deploy/daemonset/${name}.yaml`);
  const namespace = names.includes("namespace") ? [] : [`--namespace=${RAUTA_NAMESPACE}`];
  await kubectl(places, [verb, ...namespace, ...files]);
}

/** Gives RAUTA's service account its rights, as deploy/daemonset/rbac.yaml grants them. */
export async function grantRights(places: Places): Promise<void> {
  await withManifests(places, "apply", "namespace");
  await withManifests(places, "apply", "serviceaccount", "rbac");
}

/** Takes away all that deploy/daemonset/rbac.yaml grants; the account stays. */
export async function revokeRights(places: Places): Promise<void> {
  await withManifests(places, "delete", "rbac");
}

/** Writes a kubeconfig with a token of the service account; gives its path. */
export async function rautaKubeconfig(
  places: Places,
  address = `${NETWORK.controlPlane}:${NETWORK.apiPort}`,
): Promise<string> {
  await grantRights(places);
  const token = await kubectl(places, [
    ...["create", "token", "rauta", `--namespace=${RAUTA_NAMESPACE}`, "--duration=24h"],
  ]);
  const path = `${places.root}/kubeconfig-rauta-${address.replace(":", "-")}`;
  const authority = await Deno.readFile(`${places.pki}/ca.crt`);
  const text = kubeconfig(`https://${address}`, authority, { token: token.trim() });
  await Deno.writeTextFile(path, text, { mode: 0o600 });
  return path;
}

export interface RautaOptions {
  /** Shown as the holder of the Lease. */
  readonly name: string;
  readonly adminPort: number;
  readonly kubeconfig: string;
  readonly gatewayClass: string;
  readonly addressPool: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface StatusPage {
  readonly ready: boolean;
  readonly objects: Readonly<Record<string, number>>;
  readonly problems: readonly { readonly kind: string; readonly message: string }[];
  readonly table: { readonly generation: number; readonly compileMs: number };
}

interface RoutesPage {
  readonly services: readonly {
    readonly key: string;
    readonly endpoints: readonly { readonly address: string; readonly ready: boolean }[];
  }[];
}

export class Rauta {
  readonly #places: Places;
  readonly #options: RautaOptions;
  #process: Deno.ChildProcess;

  private constructor(places: Places, options: RautaOptions) {
    this.#places = places;
    this.#options = options;
    this.#process = this.#spawn();
  }

  static start(places: Places, options: RautaOptions): Rauta {
    return new Rauta(places, options);
  }

  get logPath(): string {
    return `${this.#places.logs}/rauta-${this.#options.name}.log`;
  }

  get pid(): number {
    return this.#process.pid;
  }

  get residentBytes(): number {
    return residentBytesOf(this.pid);
  }

  #spawn(): Deno.ChildProcess {
    const { name, adminPort, kubeconfig, gatewayClass, addressPool, env } = this.#options;
    // Every step becomes the next, so that the pid stays.
    const [program, ...args] = inNetwork(
      this.#places,
      ...["sh", "-c", 'log=$1; shift; exec "$@" 2>>"$log"', "sh", this.logPath],
      ...[Deno.execPath(), ...controllerArguments([kubeconfig])],
    );
    return new Deno.Command(program, {
      args,
      cwd: CHECKOUT,
      env: {
        ...ALLOCATOR,
        KUBECONFIG: kubeconfig,
        RAUTA_GATEWAY_CLASS: gatewayClass,
        RAUTA_ADDRESS_MODE: "pool",
        RAUTA_ADDRESS_POOL: addressPool,
        RAUTA_WORKERS: "1",
        RAUTA_DRAIN_SECONDS: "1",
        RAUTA_POD_NAME: name,
        RAUTA_POD_NAMESPACE: RAUTA_NAMESPACE,
        RAUTA_ADMIN_ADDRESS: `127.0.0.1:${adminPort}`,
        ...env,
      },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
  }

  async kill(): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // Ended already.
    }
    await this.#process.status;
  }

  /** Drains and gives the Lease back, so that whoever comes next need not wait for its end. */
  async end(): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch {
      // Ended already.
    }
    const late = setTimeout(() => this.#process.kill("SIGKILL"), 60_000);
    await this.#process.status;
    clearTimeout(late);
  }

  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  async restart(): Promise<void> {
    await this.kill();
    this.#process = this.#spawn();
  }

  async #page(path: string): Promise<unknown> {
    const url = `http://127.0.0.1:${this.#options.adminPort}${path}`;
    const { stdout } = await attempt(inNetwork(this.#places, "curl", "-s", "-m", "20", url));
    return JSON.parse(stdout);
  }

  async status(): Promise<StatusPage> {
    return await this.#page("/status") as StatusPage;
  }

  /** Addresses of a Service port's endpoints that requests are sent to. */
  async readyEndpoints(service: string): Promise<string[]> {
    const { services } = await this.#page("/routes") as RoutesPage;
    const found = services.find(({ key }) => key === service);
    return (found?.endpoints ?? []).filter(({ ready }) => ready).map(({ address }) => address);
  }

  async untilReady(timeoutMs = 240_000): Promise<void> {
    await until("RAUTA to be ready", async () => {
      return (await this.status()).ready ? true : null;
    }, { timeoutMs, everyMs: 50 });
  }
}
