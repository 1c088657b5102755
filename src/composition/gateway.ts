// The gateway as a whole: admin server, data plane, control plane, and how they are joined.
// Takes a Config and two writers, gives what main.ts needs to end it. Reads no environment.

import { type AdminServer, startAdmin } from "../admin/server.ts";
import { routesView } from "../admin/routes_view.ts";
import type { Cluster } from "./cluster.ts";
import type { Config } from "../config.ts";
import { type Control, startControl } from "../control/control.ts";
import { createFileProvider } from "../control/provider/file/file_provider.ts";
import { regexFault } from "../core/regex/compile.ts";
import { IdRegistry } from "../core/ids.ts";
import { MeasureStore } from "../core/measure.ts";
import { JsonFormat, TextFormat } from "../data/access/format.ts";
import { AccessOutput, type LineSink } from "../data/access/output.ts";
import { DataPlane } from "../data/data_plane.ts";
import { findLibc } from "../data/native/libc.ts";
import { inspectPair } from "../data/tls/inspect_pair.ts";
import { createBudgetMemory } from "../data/upstream/budget.ts";
import { type BoundedWriter, withinMs } from "../logging/bounded_writer.ts";
import type { ExplainPage } from "./explain_page.ts";
import { logger } from "../logging/logging.ts";
import { certificateExpiries, measuredServices, measuredSources } from "./measurements.ts";
import { lazyMetrics } from "../metrics/lazy_metrics.ts";
import type { Observation } from "./observation.ts";
import { Problems } from "./problems.ts";
import { TablePublisher } from "./table_publisher.ts";
import { Tidying } from "./tidying.ts";

export const VERSION = "0.1.0";

/** So long the end waits for a reader of the access log that takes no more. */
const LAST_LINES_MS = 1_000;

export interface GatewayWriters {
  /** The log's, for the count of what it dropped. */
  readonly log: BoundedWriter;
  readonly access: LineSink;
}

type Observing =
  & Pick<typeof import("./observation.ts"), "Observation" | "withObserver">
  & Pick<typeof import("./observed_routes.ts"), "observedRoute">;

async function compileModule(name: string): Promise<WebAssembly.Module> {
  const url = new URL(`../../build/${name}.wasm`, import.meta.url);
  return await WebAssembly.compile(await Deno.readFile(url));
}

/** The runtime's HTTP server takes no streams that TLS was terminated on (docs/decisions/111). */
function refusalOf(front: Config["front"], protocol: string): string | undefined {
  if (front !== "serve" || protocol !== "HTTPS") return undefined;
  return "the serve front does not serve HTTPS: use RAUTA_FRONT=wire";
}

function pathOf(source: Config["source"]): string {
  if (source.kind === "files") return source.path;
  throw new Error(`${source.kind} names no files`);
}

export class Gateway {
  readonly #config: Config;
  readonly #writers: GatewayWriters;
  readonly #ids = new IdRegistry();
  readonly #problems = new Problems(logger("control"));
  readonly #measures: MeasureStore;
  readonly #workerUrl: URL | undefined;
  readonly #admin: AdminServer;
  readonly #startedAtMs = Date.now();
  #explainPage: ExplainPage | undefined;
  #plane: DataPlane | undefined;
  #publisher: TablePublisher | undefined;
  #control: Control | undefined;
  #cluster: Cluster | undefined;
  readonly #tidying = new Tidying();
  #draining = false;
  readonly #access: AccessOutput | undefined;
  readonly #observation: Observation | undefined;

  private constructor(
    config: Config,
    writers: GatewayWriters,
    observing: Observing | undefined,
    workerUrl?: URL,
  ) {
    this.#config = config;
    this.#writers = writers;
    this.#workerUrl = workerUrl;
    this.#measures = new MeasureStore(config.workers);
    this.#access = this.#createAccess();
    if (observing && config.observerSocket !== undefined) {
      this.#observation = new observing.Observation({
        socketPath: config.observerSocket,
        settings: config.observer,
        routeOf: (question) =>
          observing.observedRoute((method, url) => {
            const served = this.#publisher?.served;
            return served && this.#explainPage
              ? this.#explainPage.answerNow(served, { method, url, headers: [] })
              : null;
          }, question),
        proxySeen: () => measuredServices(this.#measures, this.#ids),
      });
    }
    const views = {
      metrics: this.#createMetrics(),
      readiness: () => this.#readiness(),
      local: {
        "/status": () => this.#status(),
        "/routes": () => this.#routes(),
        "/explain": (query: URLSearchParams) => this.#explain(query),
      },
    };
    this.#admin = startAdmin(
      config.admin,
      observing && this.#observation ? observing.withObserver(views, this.#observation) : views,
    );
  }

  /**
   * Resolves when the first configuration is served or, where it can't be, has said why in the log.
   * `workerUrl`: the module that workers run; tests give one that can be made to fail.
   * @throws {AdminAddressError} when the admin address can't be had: nothing else was bound then.
   */
  static async start(
    config: Config,
    writers: GatewayWriters,
    workerUrl?: URL,
  ): Promise<Gateway> {
    // What a configuration does not ask for is not loaded: memory is what this proxy is short of.
    const observing = config.observerSocket === undefined
      ? undefined
      : { ...await import("./observation.ts"), ...await import("./observed_routes.ts") };
    const gateway = new Gateway(config, writers, observing, workerUrl);
    try {
      await gateway.#start();
    } catch (error) {
      await gateway.stop(0);
      throw error;
    }
    return gateway;
  }

  get adminPort(): number {
    return this.#admin.port;
  }

  /** No longer ready, so that load balancers send no more; everything is served on. */
  leave(): void {
    this.#draining = true;
  }

  /** Drains for at most `drainMs`, then ends everything; gives the exchanges that were cut off. */
  async stop(drainMs: number): Promise<number> {
    this.#draining = true;
    this.#tidying.stop();
    const unfinished = await this.#plane?.drain(drainMs) ?? 0;
    await this.#control?.stop();
    await this.#cluster?.stop();
    this.#plane?.stop();
    await this.#observation?.stop();
    await this.#admin.close();
    if (this.#access) await withinMs(this.#access.flush(), LAST_LINES_MS);
    return unfinished;
  }

  async #start(): Promise<void> {
    const { source, bindAddress, gatewayClass, front } = this.#config;
    if (this.#observation) {
      await this.#observation.start();
      await (await this.#loadExplainPage()).prepare();
    }
    const plane = this.#plane = await this.#startPlane();
    const publisher = this.#publisher = new TablePublisher({ plane, ids: this.#ids, bindAddress });
    const log = logger("control");
    const cluster = source.kind === "files"
      ? undefined
      : await (await import("./cluster.ts")).Cluster.connect(this.#config);
    this.#cluster = cluster;
    const provider = cluster?.provider ?? createFileProvider({
      path: pathOf(source),
      onReaderEnded: () => this.#tidying.readerEnded(),
    });
    const control = this.#control = startControl({
      provider: this.#observation?.listenTo(provider) ?? provider,
      ...(gatewayClass === undefined ? {} : { gatewayClass }),
      hostAddresses: () => cluster?.hostAddresses ?? [bindAddress],
      ...(cluster ? { crdVersions: () => cluster.crdVersions } : {}),
      ...(cluster?.assignAddresses ? { assignAddresses: cluster.assignAddresses } : {}),
      inspectPair,
      refuseProtocol: (protocol) => refusalOf(front, protocol),
      checkRegex: regexFault,
      apply: async (snapshot, generation) => {
        const result = await publisher.apply(snapshot);
        this.#problems.applied(result);
        const { compileMs, publishMs } = publisher.served ?? {};
        if (result.kind === "applied") {
          log.debug("generation {generation} is served", { generation, compileMs, publishMs });
        }
        return result;
      },
      onStatuses: (statuses) => cluster?.want(statuses),
      onProblems: (problems) => this.#problems.found(problems),
      log: {
        info: (message, fields) => log.info(message, { ...fields }),
        warn: (message, fields) => log.warn(message, { ...fields }),
        error: (message, fields) => log.error(message, { ...fields }),
      },
    });
    cluster?.watchHosts(this.#config, () => control.refresh());
    cluster?.watchVersions(() => control.refresh());
    await control.started;
    this.#tidying.started();
  }

  async #startPlane(): Promise<DataPlane> {
    const { workers, front, sockets, trustedProxies, timeouts, limits } = this.#config;
    const [coreModule, measureModule] = await Promise.all([
      compileModule("core"),
      compileModule("measure"),
    ]);
    return await DataPlane.start({
      workers,
      libcPath: front === "wire" && sockets === "kernel" ? findLibc() : undefined,
      start: {
        front,
        coreModule,
        measureModule,
        noLabelId: this.#ids.labels.idOf("", ""),
        timesServices: this.#observation !== undefined,
        workers,
        trustedProxies,
        budgets: createBudgetMemory(),
        timeouts,
        limits,
      },
      access: this.#access,
      regions: this.#measures,
      ...(this.#workerUrl === undefined ? {} : { workerUrl: this.#workerUrl }),
      endpointName: (id) => this.#endpointName(id),
      log: logger("data"),
    });
  }

  #createAccess(): AccessOutput | undefined {
    const { accessLog } = this.#config;
    if (accessLog === "off") return undefined;
    const names = {
      label: (id: number) => this.#ids.labels.labelOf(id),
      endpoint: (id: number) => this.#endpointName(id),
    };
    const format = accessLog === "json" ? new JsonFormat(names) : new TextFormat(names);
    return new AccessOutput(this.#writers.access, format);
  }

  #endpointName(id: number): string | undefined {
    return this.#ids.endpoints.nameOf(id)?.split(" ").at(-1);
  }

  #readiness() {
    if (this.#draining) return { ready: false, reason: "draining" } as const;
    if (!this.#control?.state().ready) {
      return { ready: false, reason: "no configuration has been served yet" } as const;
    }
    if (this.#plane?.liveWorkers === 0) return { ready: false, reason: "no worker lives" } as const;
    return { ready: true } as const;
  }

  #status() {
    const state = this.#control?.state();
    const served = this.#publisher?.served;
    return {
      version: VERSION,
      pid: Deno.pid,
      mode: this.#config.mode,
      startedAt: new Date(this.#startedAtMs).toISOString(),
      ready: this.#readiness().ready,
      bindAddress: this.#config.bindAddress,
      source: state?.source ?? "",
      workers: { live: this.#plane?.liveWorkers ?? 0, restarts: this.#plane?.restarts ?? 0 },
      table: {
        generation: this.#plane?.generation ?? 0,
        refusals: this.#plane?.refusals ?? 0,
        compileMs: served?.compileMs,
        publishMs: served?.publishMs,
        slowestSwapUs: served?.slowestSwapUs,
      },
      lastGoodGeneration: state?.lastGoodGeneration ?? 0,
      lastGoodAt: state?.lastGoodAtMs ? new Date(state.lastGoodAtMs).toISOString() : null,
      lastRefusal: state?.lastRefusal ?? "",
      objects: state?.objects ?? {},
      problems: state?.problems ?? [],
      unbound: Object.fromEntries(served?.unbound ?? []),
      statuses: state?.statuses ?? [],
    };
  }

  #routes() {
    const served = this.#publisher?.served;
    if (!served) return { listeners: [], services: [] };
    return routesView(served.snapshot, served.unbound);
  }

  async #explain(query: URLSearchParams) {
    const page = await this.#loadExplainPage();
    return await page.answer(() => this.#publisher?.served, query);
  }

  async #loadExplainPage(): Promise<ExplainPage> {
    const { ExplainPage } = await import("./explain_page.ts");
    const { limits } = this.#config;
    return this.#explainPage ??= new ExplainPage(() => compileModule("core"), this.#ids, limits);
  }

  #createMetrics() {
    return lazyMetrics({
      ...measuredSources(this.#measures, this.#ids),
      tableGeneration: () => this.#plane?.generation ?? 0,
      tableRefusals: () => this.#plane?.refusals ?? 0,
      configProblems: () => this.#control?.state().problems.length ?? 0,
      configFailures: () => this.#problems.failures,
      certificates: () => certificateExpiries(this.#publisher?.served?.snapshot),
      workers: () => ({
        live: this.#plane?.liveWorkers ?? 0,
        restarts: this.#plane?.restarts ?? 0,
      }),
      ejectedEndpoints: () => this.#plane?.ejectedEndpoints ?? 0,
      droppedLines: () => ({
        log: this.#writers.log.dropped,
        access: this.#access?.dropped ?? 0,
      }),
      memory: () => Deno.memoryUsage(),
      startedAtSeconds: this.#startedAtMs / 1000,
    });
  }
}
