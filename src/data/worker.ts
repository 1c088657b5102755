// The data-plane worker: a core, its pipeline and a front, driven by the messages of protocol.ts.
// Runs with no permission but the network and the socket calls under it, reads no file and no variable. An error that nobody
// expected ends it, and the main thread puts another in its place.

import { GatewayCore } from "../core/gateway_core.ts";
import { MeasureWriter } from "../core/measure.ts";
import { AccessLog } from "./access/log.ts";
import { AccessRingWriter } from "./access/ring.ts";
import { CoreHolder } from "./core_holder.ts";
import type { Front } from "./front.ts";
import { FailedConnects } from "./health/failed_connects.ts";
import { NativeLoop } from "./native/native_loop.ts";
import { bindingKey, type FromWorker, type TableMessage, type ToWorker } from "./protocol.ts";
import type { ListenersMessage, WorkerStart } from "./protocol.ts";
import { createServe } from "./serve/create.ts";
import { ServeFront } from "./serve/serve_front.ts";
import { SharedRecorder } from "./shared_recorder.ts";
import { createWireContext, retainEndpoints } from "./wire/create.ts";
import { createRecordSink } from "./wire/observe.ts";
import { WireFront } from "./wire/wire_front.ts";

/** As much of the worker's global scope as is used. */
interface WorkerScope {
  postMessage(message: FromWorker): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

const scope = self as unknown as WorkerScope;

interface Running {
  readonly core: CoreHolder;
  readonly front: Front;
  /** New tables are in use. */
  readonly swapped: () => void;
  readonly native?: NativeLoop;
}

interface Observed {
  readonly recorder: SharedRecorder;
  readonly accessLog: AccessLog | undefined;
}

let running: Running | undefined;
let native: NativeLoop | undefined;
let ejects = false;

function report(message: string): void {
  scope.postMessage({ kind: "problem", message });
}

/** Main answers with what is ejected, and says when it no longer is: until then its word is taken. */
const failedConnects = new FailedConnects((endpointId) => {
  if (ejects) running?.core.passOver(endpointId);
  scope.postMessage({ kind: "connect-failed", endpointId });
});

function connectFailed(endpointId: number): void {
  failedConnects.failed(endpointId, performance.now());
}

/** Sockets by the kernel's own calls, where main has given what they need. */
function startNative({ nativeSockets }: WorkerStart): NativeLoop | undefined {
  if (nativeSockets === undefined) return undefined;
  native = new NativeLoop(nativeSockets, (error) => fatal(`the event loop ended: ${error}`));
  return native;
}

/** The one instance of a wire front: its connections live in it, so they end with it. */
function startWire(message: WorkerStart, observed: Observed): Running {
  const gatewayCore = GatewayCore.create(message.coreModule);
  let isGiven = false;
  const core = new CoreHolder(() => {
    if (isGiven) fatal("the core trapped");
    isGiven = true;
    return gatewayCore;
  }, report);
  const loop = startNative(message);
  const context = createWireContext(gatewayCore, message, {
    record: createRecordSink(observed.recorder, observed.accessLog),
    failed: (reason) => observed.recorder.failure(reason),
    report,
    connectFailed,
    trapped: (error, inputHash) => {
      const hash = inputHash?.toString(16).padStart(8, "0");
      fatal(`the core trapped${hash === undefined ? "" : ` on input ${hash}`}: ${error}`);
    },
  }, loop);
  return {
    core,
    front: new WireFront(context),
    swapped: () => retainEndpoints(context, gatewayCore),
    ...(loop ? { native: loop } : {}),
  };
}

function startServe(message: WorkerStart, observed: Observed): Running {
  const { core, gateway, swapped } = createServe({
    coreModule: message.coreModule,
    settings: message,
    record: createRecordSink(observed.recorder, observed.accessLog),
    failed: (reason) => observed.recorder.failure(reason),
    connectFailed,
    report,
  });
  return { core, front: new ServeFront(gateway), swapped };
}

function start(message: WorkerStart): Running {
  const { accessRing } = message;
  const accessLog = accessRing === undefined
    ? undefined
    : new AccessLog(new AccessRingWriter(accessRing), () => scope.postMessage({ kind: "access" }));
  const recorder = new SharedRecorder(
    new MeasureWriter(message.measureModule, message.region),
    message.noLabelId,
    message.timesServices,
  );
  const observed = { recorder, accessLog };
  return message.front === "wire" ? startWire(message, observed) : startServe(message, observed);
}

/** Ends the worker; its connections end here, since the kernel doesn't know of workers. */
function fatal(message: string): never {
  native?.close();
  scope.postMessage({ kind: "fatal", message });
  throw new Error(message);
}

function swap({ core, swapped }: Running, message: TableMessage): void {
  const { generation, routes, endpoints } = message;
  const startedMs = performance.now();
  const result = core.swap({
    ...(routes ? { routes } : {}),
    ...(endpoints ? { endpoints } : {}),
  });
  if (result.kind === "refused") {
    scope.postMessage({ ...result, generation });
    return;
  }
  swapped();
  const swapUs = Math.round((performance.now() - startedMs) * 1000);
  scope.postMessage({ kind: "ack", generation, swapUs });
}

async function bind(front: Front, { ordinal, bindings }: ListenersMessage): Promise<void> {
  for (const outcome of await front.setBindings(bindings)) {
    const binding = bindingKey(outcome.binding);
    if (outcome.kind === "bound") scope.postMessage({ kind: "bound", binding, port: outcome.port });
    else scope.postMessage({ kind: "bind-failed", binding, reason: outcome.reason });
  }
  scope.postMessage({ kind: "listening", ordinal });
}

async function drain({ front, native }: Running, drainMs: number): Promise<void> {
  const unfinished = await front.drain(drainMs);
  // The last exchanges tell the log once their response has been sent.
  await new Promise((resolve) => setTimeout(resolve, 0));
  native?.close();
  scope.postMessage({ kind: "drained", unfinished });
}

// An error that ends the worker without its own doing must not leave its connections behind.
globalThis.addEventListener("error", () => native?.close());
globalThis.addEventListener("unhandledrejection", () => native?.close());

scope.onmessage = ({ data }) => {
  if (data.kind === "start") {
    ejects = data.timeouts.ejectionMs > 0;
    running = start(data);
    const { native } = running;
    scope.postMessage(native ? { kind: "ready", wakeFd: native.wakeFd } : { kind: "ready" });
    return;
  }
  if (!running) throw new Error(`the message ${data.kind} came before start`);
  if (data.kind === "table") swap(running, data);
  else if (data.kind === "ejected") running.core.eject(data.endpoints);
  else if (data.kind === "listeners") void bind(running.front, data);
  else if (data.kind === "drain") void drain(running, data.drainMs);
  running.native?.received();
};
