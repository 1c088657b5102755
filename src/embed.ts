// The gateway as a handler, for those who have a server of their own: YAML in, a
// (Request) => Promise<Response> out. No sockets, no workers, no file watched, nothing counted; one
// listener's port says which listener requests come in by. docs/architecture.md has an example.

import { diffObjects, joinObjects } from "./control/provider/file/object_set.ts";
import { splitDocuments } from "./control/provider/file/documents.ts";
import { readDocument } from "./control/provider/file/read_document.ts";
import { ObjectStore } from "./control/store/object_store.ts";
import { createTranslator } from "./control/translator/translator.ts";
import { TableCompiler } from "./core/compiler/table_compiler.ts";
import { IdRegistry } from "./core/ids.ts";
import { createServe } from "./data/serve/create.ts";
import { DEFAULT_LIMITS, DEFAULT_TIMEOUTS } from "./data/settings.ts";
import { TRUST_NOBODY } from "./data/trusted_proxies.ts";
import { createBudgetMemory } from "./data/upstream/budget.ts";
import { loadValidator } from "./gatewayapi/validation/bundled.ts";
import type { Snapshot } from "./ir/snapshot.ts";

/** What a handler is made of. */
export interface HandlerOptions {
  /** Documents of the kinds that a cluster would have, separated by `---`. */
  readonly yaml: string;
  /** The port of the listener that requests are taken to come in by. */
  readonly listenerPort: number;
  /** What should never happen; default: console.error. */
  readonly report?: (message: string) => void;
}

/** Answers one request after the other, or many at once. */
export interface GatewayHandler {
  /** `peerAddress`: who sent it, for X-Forwarded-For; default 127.0.0.1. Never rejects. */
  (request: Request, peerAddress?: string): Promise<Response>;
  /** Closes the connections to endpoints that are kept for later; none are kept from now on. */
  close(): void;
}

/** @throws {TypeError} that names line, field and what is wrong, where a document has an error. */
async function snapshotOf(yaml: string): Promise<Snapshot> {
  const validator = await loadValidator();
  const placed = splitDocuments(yaml).flatMap((document) => {
    const { objects, problems } = readDocument(document.text, validator);
    const error = problems.find((problem) => problem.severity === "error");
    if (error) {
      const line = error.line + document.line - 1;
      throw new TypeError(
        `line ${line}: ${error.kind} ${error.name} ${error.field}: ${error.message}`,
      );
    }
    return objects.map((object) => ({ ...object, file: "yaml", line: document.line }));
  });
  const store = new ObjectStore();
  store.change(diffObjects(new Map(), joinObjects([placed]).objects));
  return createTranslator().translate(store.objects()).snapshot;
}

/**
 * Makes a handler of YAML; needs `--allow-read` for build/core.wasm and the network to the endpoints.
 * The configuration stays as it is: for another one make another handler.
 * @throws {TypeError} that says what is wrong with the YAML or that no listener has the port.
 */
export async function createHandler(options: HandlerOptions): Promise<GatewayHandler> {
  const report = options.report ?? ((message) => console.error(message));
  const url = new URL("../build/core.wasm", import.meta.url);
  const module = await WebAssembly.compile(await Deno.readFile(url));
  const { routes, endpoints, listeners } = new TableCompiler(new IdRegistry())
    .compile(await snapshotOf(options.yaml));
  const binding = listeners.find(({ port }) => port === options.listenerPort);
  if (!binding) throw new TypeError(`no listener has the port ${options.listenerPort}`);
  const { core, gateway } = createServe({
    coreModule: module,
    settings: {
      index: 0,
      workers: 1,
      accessRing: undefined,
      budgets: createBudgetMemory(),
      timeouts: DEFAULT_TIMEOUTS,
      limits: DEFAULT_LIMITS,
      trustedProxies: TRUST_NOBODY,
    },
    record: () => {},
    failed: () => {},
    connectFailed: () => {},
    report,
  });
  const swapped = core.swap({ routes: routes!, endpoints: endpoints! });
  if (swapped.kind === "refused") throw new TypeError(`the core refused: ${swapped.reason}`);
  const entrance = { portGroup: binding.portGroup, isClosing: false };
  const handle = (request: Request, peerAddress = "127.0.0.1") =>
    gateway.handle(request, {
      peerAddress,
      peerPort: 0,
      localAuthority: "",
      scheme: "http",
      entrance,
    });
  return Object.assign(handle, { close: () => gateway.close() });
}
