// A lab with RAUTA as a gateway between a client and a backend, reading a real loader's captures of the
// backend's side: processes in network namespaces, nothing in this one.

import { proxyArguments } from "../../src/cli/proxy_process.ts";
import type { ObserverPage } from "../../src/cli/observe/page.ts";
import { Lab, PORT } from "../bpf/lab.ts";
import { Loader, until } from "../bpf/loader.ts";
import { rautaObjects } from "./proxies.ts";
import type { Phase } from "./traffic/client.ts";

const GATEWAY_ADDRESS = "10.77.1.1";
const ADMIN = "127.0.0.1:9090";

export interface ClientOutcome {
  /** By id, microseconds. */
  readonly tookUs: Readonly<Record<string, number>>;
}

export class IngressLab implements AsyncDisposable {
  readonly #lab: Lab;
  readonly socketPath: string;
  #loader: Loader | undefined;

  private constructor(lab: Lab) {
    this.#lab = lab;
    this.socketPath = `${lab.folder}/observer.sock`;
  }

  static async create(): Promise<IngressLab> {
    const ingress = new IngressLab(await Lab.create(true));
    try {
      await ingress.#start();
    } catch (error) {
      await ingress[Symbol.asyncDispose]();
      throw error;
    }
    return ingress;
  }

  async #start(): Promise<void> {
    const lab = this.#lab;
    const backend = lab.start("server", [...this.#script("backend"), "::", String(PORT)], {
      stdin: "piped",
      stdout: "piped",
    });
    await backend.stdout.pipeThrough(new TextDecoderStream()).getReader().read(); // "ready"
    const config = `${lab.folder}/config.yaml`;
    await Deno.writeTextFile(config, rautaObjects());
    this.startLoader();
    const gateway = [Deno.execPath(), ...proxyArguments(config, this.socketPath)];
    lab.start("node", gateway, {
      env: {
        RAUTA_OBSERVER_SOCKET: this.socketPath,
        RAUTA_BIND_ADDRESS: GATEWAY_ADDRESS,
        RAUTA_ADMIN_ADDRESS: ADMIN,
        RAUTA_WORKERS: "1",
      },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    await until("the gateway is ready", async () => {
      return await this.#curl("/readyz").then(() => true, () => false);
    });
  }

  #script(name: string): string[] {
    const flags = ["run", "--quiet", "--no-config", "--no-lock", "--allow-net"];
    return [Deno.execPath(), ...flags, `tests/observer/traffic/${name}.ts`];
  }

  async #curl(path: string): Promise<string> {
    return await this.#lab.in("node", "curl", "-sSf", "-m", "60", `http://${ADMIN}${path}`);
  }

  /** Observes the side of the gateway that backends are on. */
  startLoader(): void {
    const args = ["--socket", this.socketPath];
    this.#loader = new Loader(this.#lab, { place: "node", interfaces: ["eth1"], args });
  }

  async killLoader(): Promise<void> {
    this.#loader?.kill("SIGKILL");
    await this.#loader?.end();
  }

  /** Throws where a request is not answered as it should be. */
  async send(phase: Phase, connections: number): Promise<ClientOutcome> {
    const plan = { hostname: GATEWAY_ADDRESS, port: PORT, connections, phases: [phase] };
    const client = this.#lab.start("client", [...this.#script("client"), JSON.stringify(plan)], {
      stdout: "piped",
    });
    const { success, stdout } = await client.output();
    if (!success) throw new Error("the client failed");
    return JSON.parse(new TextDecoder().decode(stdout));
  }

  /** `deno task observe` as somebody on the gateway's machine would type it. */
  async observe(...args: string[]): Promise<string> {
    const task = JSON.parse(await Deno.readTextFile("deno.json")).tasks.observe.command;
    const words = task.split(" ").slice(1);
    return await this.#lab.in("node", Deno.execPath(), ...words, ADMIN, ...args);
  }

  async page(): Promise<ObserverPage> {
    let page = "";
    // The command gives up after three seconds, which a busy machine may take.
    await until("the page is answered", async () => {
      page = await this.observe("--output", "json").catch(() => "");
      return page !== "";
    });
    return JSON.parse(page);
  }

  /** The sum of a counter's series that have these labels. */
  async counter(name: string, labels: string): Promise<number> {
    const lines = (await this.#curl("/metrics")).split("\n");
    return lines.filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
      .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab[Symbol.asyncDispose]();
  }
}
