// RAUTA_MODE=observability: the observer, an admin server and, where files are given, an index of
// what they say of services. No proxy, no worker, no program run.

import { type AdminServer, startAdmin } from "./admin/server.ts";
import type { Config } from "./config.ts";
import type { Provider } from "./control/provider/provider.ts";
import { createFileProvider } from "./control/provider/file/file_provider.ts";
import type { BoundedWriter } from "./logging/bounded_writer.ts";
import { logger } from "./logging/logging.ts";
import { Observation, withObserver } from "./observation.ts";

export class StandaloneObserver {
  readonly #observation: Observation;
  readonly #admin: AdminServer;
  #provider: Provider | undefined;

  private constructor(config: Config, lines: BoundedWriter) {
    this.#observation = new Observation({
      socketPath: config.observerSocket ?? "",
      settings: config.observer,
      onEvent: (event) => lines.write(JSON.stringify(event) + "\n"),
    });
    const views = {
      metrics: { contentType: "text/plain; version=0.0.4", render: () => Promise.resolve("") },
      readiness: () =>
        this.#observation.isConnected
          ? { ready: true } as const
          : { ready: false, reason: "the loader's socket is not connected" } as const,
      local: {
        "/status": () => ({
          pid: Deno.pid,
          mode: config.mode,
          ready: this.#observation.isConnected,
        }),
      },
    };
    this.#admin = startAdmin(config.admin, withObserver(views, this.#observation));
  }

  /** @throws {AdminAddressError} when the admin address can't be had. */
  static async start(config: Config, lines: BoundedWriter): Promise<StandaloneObserver> {
    const observer = new StandaloneObserver(config, lines);
    await observer.#start(config);
    return observer;
  }

  get adminPort(): number {
    return this.#admin.port;
  }

  async stop(): Promise<void> {
    await this.#provider?.stop();
    await this.#observation.stop();
    await this.#admin.close();
  }

  async #start(config: Config): Promise<void> {
    await this.#observation.start();
    if (config.source.kind !== "files") return;
    const log = logger("observe");
    const files = createFileProvider({ path: config.source.path });
    const provider = this.#provider = this.#observation.listenTo(files);
    await provider.start({
      change: () => {},
      listed: () => {},
      problems: (problems) => {
        if (problems.length > 0) {
          log.warn("{count} problems in the files", { count: problems.length });
        }
      },
    });
  }
}
