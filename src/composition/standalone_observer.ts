// RAUTA_MODE=observability: the observer, an admin server and an index of whose the addresses are, from
// files or from the cluster. No proxy, no worker, no program run. Observing never waits for the index.

import { type AdminServer, startAdmin } from "../admin/server.ts";
import { serverOf } from "./cluster.ts";
import type { Config } from "../config.ts";
import type { Problem } from "../control/problem.ts";
import { createFileProvider } from "../control/provider/file/file_provider.ts";
import { ApiClient } from "../control/provider/kubernetes/api_client.ts";
import { createKubernetesProvider } from "../control/provider/kubernetes/kubernetes_provider.ts";
import type { Provider } from "../control/provider/provider.ts";
import { OBSERVED_KINDS } from "../gatewayapi/kinds.ts";
import type { BoundedWriter } from "../logging/bounded_writer.ts";
import { logger } from "../logging/logging.ts";
import { Observation, withObserver } from "./observation.ts";
import { Problems } from "./problems.ts";
import { Tidying } from "./tidying.ts";

/** What names the addresses: `client` is there where the objects are a cluster's. */
interface Names {
  readonly provider: Provider;
  readonly client?: ApiClient;
}

async function namesOf(source: Config["source"]): Promise<Names | undefined> {
  if (source.kind === "none") return undefined;
  if (source.kind === "files") return { provider: createFileProvider({ path: source.path }) };
  const client = new ApiClient(await serverOf(source));
  return { provider: createKubernetesProvider({ client, kinds: OBSERVED_KINDS }), client };
}

export class StandaloneObserver {
  readonly #observation: Observation;
  readonly #admin: AdminServer;
  readonly #problems = new Problems(logger("observe"));
  readonly #tidying = new Tidying();
  #names: Names | undefined;
  #isListed = false;
  #currentProblems: readonly Problem[] = [];

  private constructor(config: Config, lines: BoundedWriter) {
    this.#observation = new Observation({
      socketPath: config.observerSocket ?? "",
      settings: config.observer,
      onEvent: (event) => lines.write(JSON.stringify(event) + "\n"),
    });
    const views = {
      metrics: { contentType: "text/plain; version=0.0.4", render: () => Promise.resolve("") },
      readiness: () => {
        const reason = this.#observation.idleReason;
        return reason === null ? { ready: true } as const : { ready: false, reason } as const;
      },
      local: { "/status": () => this.#status(config) },
    };
    this.#admin = startAdmin(config.admin, withObserver(views, this.#observation));
  }

  /**
   * @throws {AdminAddressError} when the admin address can't be had.
   * @throws {CredentialsError} where there is no way to the API server of the cluster.
   */
  static async start(config: Config, lines: BoundedWriter): Promise<StandaloneObserver> {
    const observer = new StandaloneObserver(config, lines);
    try {
      await observer.#start(config);
      observer.#tidying.started();
    } catch (error) {
      await observer.stop();
      throw error;
    }
    return observer;
  }

  get adminPort(): number {
    return this.#admin.port;
  }

  async stop(): Promise<void> {
    this.#tidying.stop();
    await this.#names?.provider.stop();
    this.#names?.client?.close();
    await this.#observation.stop();
    await this.#admin.close();
  }

  async #start(config: Config): Promise<void> {
    await this.#observation.start();
    const names = this.#names = await namesOf(config.source);
    if (names === undefined) return;
    const listed = this.#observation.listenTo(names.provider).start({
      change: () => {},
      listed: () => {},
      problems: (problems) => this.#found(problems),
    }).then(() => {
      this.#isListed = true;
    });
    // Files are read at once or not at all; an API server may be away for as long as it likes.
    if (names.client === undefined) await listed;
  }

  #found(problems: readonly Problem[]): void {
    this.#currentProblems = problems;
    this.#problems.found(problems);
  }

  #status(config: Config) {
    return {
      pid: Deno.pid,
      mode: config.mode,
      ready: this.#observation.idleReason === null,
      source: this.#names?.provider.description ?? "none: services are named by address and port",
      names: { complete: this.#isListed, ...this.#observation.known },
      problems: this.#currentProblems,
    };
  }
}
