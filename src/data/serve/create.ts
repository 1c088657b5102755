// Puts the serve front's side of a worker, or of an embedded gateway, together: a core, the pipeline
// over it, and another of both where the core traps. Takes plain settings; opens no listening socket.

import type { ExchangeCore } from "../../core/exchange_core.ts";
import { GatewayCore } from "../../core/gateway_core.ts";
import { CoreHolder } from "../core_holder.ts";
import type { FailureReason } from "../rescue.ts";
import type { WireContext } from "../wire/context.ts";
import { createWireContext, retainEndpoints, type WireSettings } from "../wire/create.ts";
import type { ExchangeRecord } from "../wire/record.ts";
import { ServeGateway } from "./serve_gateway.ts";

export interface ServeOptions {
  readonly coreModule: WebAssembly.Module;
  readonly settings: WireSettings;
  readonly record: (record: ExchangeRecord, core: ExchangeCore) => void;
  /** A connection failed before it had an exchange. */
  readonly failed: (reason: FailureReason) => void;
  readonly connectFailed: (endpointId: number) => void;
  /** For what should never happen; goes to the log. */
  readonly report: (message: string) => void;
}

export interface ServeParts {
  readonly core: CoreHolder;
  readonly gateway: ServeGateway;
  /** New tables are in use. */
  readonly swapped: () => void;
}

export function createServe(options: ServeOptions): ServeParts {
  let gateway: ServeGateway | undefined;
  let current: GatewayCore;

  const contextOf = (instance: GatewayCore): WireContext => {
    const context: WireContext = createWireContext(instance, options.settings, {
      record: options.record,
      failed: options.failed,
      report: options.report,
      connectFailed: options.connectFailed,
      trapped: (error, inputHash) => {
        // What lived in an instance that is gone has nothing to say about the one in use.
        if (gateway?.context !== context) return;
        const hash = inputHash?.toString(16).padStart(8, "0");
        core.discard(hash === undefined ? `: ${error}` : `on input ${hash}: ${error}`);
      },
    });
    return context;
  };
  const core = new CoreHolder(() => {
    const instance = GatewayCore.create(options.coreModule);
    current = instance;
    if (gateway === undefined) gateway = new ServeGateway(contextOf(instance));
    else gateway.replace(() => contextOf(instance));
    return instance;
  }, options.report);
  const made = gateway!;
  return { core, gateway: made, swapped: () => retainEndpoints(made.context, current) };
}
