// The observer as the composition root sees it: modules compiled, index filled, views and metrics.
// Used by the observer alone and by a gateway with a loader's socket. Never touches the data plane.

import type { AdminViews } from "../admin/server.ts";
import type { Provider } from "../control/provider/provider.ts";
import { logger } from "../logging/logging.ts";
import { renderObserverMetrics } from "../metrics/observer_metrics.ts";
import type { MeasuredService } from "./measurements.ts";
import type { ObserverEvent } from "../observe/events/event.ts";
import { Observer } from "../observe/observer.ts";
import { BUCKET_TOPS_US, type ServiceView, STATUS_CLASSES } from "../observe/services/service.ts";
import type { RouteOf } from "../observe/services/service_table.ts";
import { ServiceIndex } from "../observe/services/service_index.ts";
import { type ObserverSettings, thresholdsOf } from "../observe/services/settings.ts";
import { ProxySeen, type ProxySeenView, STEP_MS } from "./proxy_seen.ts";
import { indexChanges } from "./service_targets.ts";

export interface ObservationOptions {
  readonly socketPath: string;
  readonly settings: ObserverSettings;
  /** Beside the log, which says every event. */
  readonly onEvent?: (event: ObserverEvent) => void;
  /** Default: no route is known. */
  readonly routeOf?: RouteOf;
  /** What the proxy has measured, by service, to be shown beside what the kernel saw. */
  readonly proxySeen?: () => ReadonlyMap<string, MeasuredService>;
}

async function compileModule(name: string): Promise<WebAssembly.Module> {
  const url = new URL(`../../build/${name}.wasm`, import.meta.url);
  return await WebAssembly.compile(await Deno.readFile(url));
}

export class Observation {
  readonly #options: ObservationOptions;
  readonly #index = new ServiceIndex();
  #observer: Observer | undefined;
  #proxySeen: ProxySeen | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: ObservationOptions) {
    this.#options = options;
  }

  get isConnected(): boolean {
    return this.#observer?.isConnected ?? false;
  }

  /** Why nothing is observed now; null: something is. */
  get idleReason(): string | null {
    if (!this.isConnected) return "the loader's socket is not connected";
    const interfaces = this.#observer?.interfaces ?? [];
    if (interfaces.some(({ xdp, tc }) => xdp !== "detached" || tc !== "detached")) return null;
    const names = interfaces.map(({ name }) => name).join(", ");
    return `the loader waits for its interfaces: ${names}`;
  }

  /** How much the index knows. */
  get known(): ServiceIndex["size"] {
    return this.#index.size;
  }

  async start(): Promise<void> {
    const { socketPath, settings, onEvent, proxySeen, routeOf } = this.#options;
    const log = logger("observe");
    const observer = this.#observer = new Observer({
      coreModule: await compileModule("core"),
      measureModule: await compileModule("measure"),
      socketPath,
      index: this.#index,
      thresholds: thresholdsOf(settings),
      onEvent: (event) => {
        const level = event.subtype === "onset" ? "warn" : "info";
        const { type, subtype, message, k8s_context: { service } } = event;
        log[level]("{service}: {type} {subtype}: {message}", { service, type, subtype, message });
        onEvent?.(event);
      },
      ...(routeOf ? { routeOf } : {}),
      log,
    });
    observer.start();
    if (proxySeen === undefined) return;
    const seen = this.#proxySeen = new ProxySeen(proxySeen, performance.now());
    this.#timer = setInterval(() => seen.step(performance.now()), STEP_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#observer?.stop();
  }

  /** The same provider; what it says of services is indexed on its way. */
  listenTo(provider: Provider): Provider {
    return {
      description: provider.description,
      start: (sink) =>
        provider.start({
          change: (changes) => {
            indexChanges(this.#index, changes);
            sink.change(changes);
          },
          listed: (kind) => sink.listed(kind),
          problems: (problems) => sink.problems(problems),
        }),
      stop: () => provider.stop(),
    };
  }

  /** What is shown: each service as the kernel sees it beside what the proxy measured of it. */
  view() {
    const observer = this.#observer;
    return {
      connected: this.isConnected,
      interfaces: observer?.interfaces ?? [],
      records: observer?.records ?? 0,
      connections: observer?.connections ?? 0,
      services: joined(
        observer?.services.views() ?? [],
        this.#proxySeen?.view(performance.now()) ?? new Map(),
      ),
      losses: observer?.losses() ?? {},
    };
  }

  get stream(): {
    contentType: string;
    open(id: string | null): ReadableStream<Uint8Array> | null;
  } {
    return {
      contentType: "text/event-stream",
      open: (lastId) => this.#observer?.events.stream(lastId) ?? null,
    };
  }

  renderMetrics(): string {
    const observer = this.#observer;
    if (!observer) return "";
    const services = [...observer.services.services].map((service) => ({
      service: service.name,
      counts: Object.fromEntries(STATUS_CLASSES.map((name, at) => [name, service.counts[at]])),
      buckets: service.buckets,
      topsSeconds: BUCKET_TOPS_US.map((us) => us / 1e6),
      durations: service.durations,
      sumSeconds: service.sumUs / 1e6,
    }));
    return renderObserverMetrics({
      services,
      events: observer.events.counts,
      losses: observer.losses(),
      records: observer.records,
      connections: observer.connections,
      isConnected: observer.isConnected,
    });
  }
}

/** Every service that either of the two knows, by name. */
function joined(
  kernelSeen: readonly ServiceView[],
  proxySeen: ReadonlyMap<string, ProxySeenView>,
) {
  const kernel = new Map(kernelSeen.map(({ service, ...view }) => [service, view]));
  const names = [...new Set([...kernel.keys(), ...proxySeen.keys()])].sort();
  return names.map((service) => ({
    service,
    kernel: kernel.get(service) ?? null,
    proxy: proxySeen.get(service) ?? null,
  }));
}

/** Views of an admin server with the observer's beside them. */
export function withObserver(views: AdminViews, observation: Observation): AdminViews {
  return {
    ...views,
    metrics: {
      contentType: views.metrics.contentType,
      render: async () => await views.metrics.render() + observation.renderMetrics(),
    },
    local: { ...views.local, "/observer": () => observation.view() },
    streams: { ...views.streams, "/events": observation.stream },
  };
}
