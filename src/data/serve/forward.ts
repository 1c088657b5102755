// The station "forward" of the serve front: sends what the core decided to the endpoint it picked,
// and edits what comes back. Gives a Response, or the reason for which there is none.

import type { FieldList, ForwardDecision, PlanTimeouts } from "../../core/decision.ts";
import type { Core, CoreHolder } from "../core_holder.ts";
import type { FailureReason } from "../rescue.ts";
import type { TimeoutsMs } from "../settings.ts";
import { type Upstream, UpstreamFailure, type UpstreamResponse } from "../upstream/upstream.ts";
import type { Exchange, Observers } from "./exchange.ts";
import { withoutHopByHop } from "./response_fields.ts";

export interface ForwardOptions extends Observers {
  readonly core: CoreHolder;
  readonly upstream: Upstream;
  readonly timeouts: TimeoutsMs;
}

/** The instance that decided must also edit: a plan means nothing to another one. */
export interface Decided {
  readonly core: Core;
  readonly decision: ForwardDecision;
}

/** Deadlines of the whole exchange and of the response's head; 0: none. */
function deadlinesOf(route: PlanTimeouts, configured: TimeoutsMs) {
  const exchangeMs = shorter(route.requestMs ?? configured.requestMs, route.backendRequestMs ?? 0);
  const stated = route.requestMs !== undefined || route.backendRequestMs !== undefined;
  return { exchangeMs, headMs: stated ? 0 : configured.responseMs };
}

/** The shorter of two deadlines of which 0 is none. */
function shorter(oneMs: number, otherMs: number): number {
  if (oneMs === 0 || otherMs === 0) return Math.max(oneMs, otherMs);
  return Math.min(oneMs, otherMs);
}

function withHost(fields: FieldList, authority: string): FieldList {
  const others = fields.filter(([name]) => name.toLowerCase() !== "host");
  return [["host", authority], ...others];
}

function contentLength(fields: Readonly<FieldList>): number | undefined {
  const value = fields.find(([name]) => name.toLowerCase() === "content-length")?.[1];
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function editResponse(
  holder: CoreHolder,
  exchange: Exchange,
  { core, decision }: Decided,
  answer: UpstreamResponse,
): FieldList | FailureReason {
  const fields = withoutHopByHop(answer.fields);
  try {
    const edit = () => core.decideResponse(decision.plan, answer.status, fields);
    return holder.attempt(core, exchange.head.target, edit) ?? "core_trap";
  } catch (error) {
    if (error instanceof RangeError) return "response_too_large";
    throw error;
  }
}

export async function forward(
  options: ForwardOptions,
  exchange: Exchange,
  { core, decision }: Decided,
): Promise<Response | FailureReason> {
  const endpoint = core.endpoint(decision.serviceId, decision.endpointIndex);
  if (!endpoint) return "no_endpoint";
  exchange.endpointId = decision.endpointId;
  const { exchangeMs, headMs } = deadlinesOf(decision.timeouts, options.timeouts);
  exchange.endAfter(exchangeMs);
  let answer: UpstreamResponse;
  try {
    answer = await options.upstream.send({
      address: endpoint.address,
      port: endpoint.port,
      method: decision.method,
      target: decision.target,
      fields: withHost(decision.fields, decision.authority),
      body: exchange.request.body,
      bodyLengthBytes: contentLength(decision.fields),
      connectTimeoutMs: options.timeouts.connectMs,
      responseTimeoutMs: headMs,
      signal: exchange.signal,
    });
  } catch (error) {
    // What ended the exchange says more than that its upstream was aborted.
    if (exchange.reason !== undefined) return exchange.reason;
    if (error instanceof UpstreamFailure && error.reason !== "aborted") return error.reason;
    throw error;
  }
  options.recorder.upstream(decision.serviceId, answer.status);
  const edited = editResponse(options.core, exchange, { core, decision }, answer);
  if (typeof edited === "string") {
    await answer.body?.cancel();
    return edited;
  }
  exchange.response = answer;
  if (!edited.some(([name]) => name.toLowerCase() === "x-request-id")) {
    edited.push(["x-request-id", exchange.requestId]);
  }
  return new Response(answer.body as BodyInit | null, { status: answer.status, headers: edited });
}
