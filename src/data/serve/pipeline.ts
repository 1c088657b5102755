// The stations of one exchange in the serve front: read the head, decide, forward, or rescue.
// Takes a Request, gives a Response, and never rejects: every failure becomes an answer of the table
// in rescue.ts. Knows no configuration objects, only what the core decides.

import type { FieldList, RequestInput, RespondDecision } from "../../core/decision.ts";
import { type FailureReason, RESCUES } from "../rescue.ts";
import type { Limits } from "../settings.ts";
import { Exchange } from "./exchange.ts";
import { forward, type ForwardOptions } from "./forward.ts";
import { readRequestHead, type RequestHead } from "./request_head.ts";
import type { Arrival, Handler } from "./serve_front.ts";

export interface PipelineOptions extends ForwardOptions {
  readonly limits: Limits;
  /** For what should never happen; goes to the log. */
  readonly report: (message: string) => void;
}

/** Our word for a decision that is no answer of a route; undefined where it is one. */
const FAILURE_OF: Readonly<Record<RespondDecision["reason"], FailureReason | undefined>> = {
  redirect: undefined,
  "no-listener": "no_route",
  "no-route": "no_route",
  "bad-host": "malformed_host",
  "bad-target": "malformed_target",
  "bad-field": "malformed_request",
  "invalid-backend": "no_backend",
  "no-backend": "no_backend",
  "no-endpoint": "no_endpoint",
  "too-large": "head_too_large",
  overload: "overload",
};

const random = new Uint32Array(3 * 256);
let randomAt = random.length;

/** Three numbers from a pool that is filled 256 draws at a time. */
function draw(): readonly [number, number, number] {
  if (randomAt === random.length) {
    crypto.getRandomValues(random);
    randomAt = 0;
  }
  randomAt += 3;
  return [random[randomAt - 3], random[randomAt - 2], random[randomAt - 1]];
}

function refusalOf(head: RequestHead, limits: Limits): FailureReason | undefined {
  if (head.method === "CONNECT") return "connect_method";
  // RFC 9112 section 3.2. Deno.serve does not tell HTTP/1.0, which may do without.
  if (head.authority === "") return "malformed_host";
  if (head.target.length > limits.targetBytes) return "target_too_long";
  if (head.fields.length > limits.fieldCount) return "head_too_large";
  if (head.fieldBytes > limits.headBytes) return "head_too_large";
  return undefined;
}

/** An id that a client may choose: short, and harmless in a log. As the core has it. */
const KEPT_REQUEST_ID = /^[A-Za-z0-9._~:/+=@-]{1,128}$/;

function requestIdOf(head: RequestHead): string {
  const given = head.fields.find(([name]) => name === "x-request-id")?.[1];
  return given !== undefined && KEPT_REQUEST_ID.test(given) ? given : crypto.randomUUID();
}

function inputOf(exchange: Exchange): RequestInput {
  const { head, arrival } = exchange;
  exchange.requestId = requestIdOf(head);
  const client = {
    address: arrival.peerAddress,
    requestId: exchange.requestId,
    isTrusted: false,
  };
  const [keyLo, keyHi, rand32] = draw();
  const { method, authority, target, fields } = head;
  const { portGroup, scheme } = arrival;
  return { portGroup, method, scheme, authority, target, fields, client, keyLo, keyHi, rand32 };
}

function rescue(exchange: Exchange, reason: FailureReason): Response {
  exchange.reason = reason;
  const { status, message } = RESCUES[reason];
  const headers = new Headers({ "content-type": "text/plain; charset=utf-8" });
  if (exchange.requestId !== "") headers.set("x-request-id", exchange.requestId);
  return new Response(`${message}\n`, { status, headers });
}

function redirect(exchange: Exchange, decision: RespondDecision): Response {
  const headers: FieldList = [...decision.fields, ["x-request-id", exchange.requestId]];
  return new Response(null, { status: decision.status, headers });
}

async function answer(options: PipelineOptions, exchange: Exchange): Promise<Response> {
  const refusal = refusalOf(exchange.head, options.limits);
  if (refusal) return rescue(exchange, refusal);
  const core = options.core.current;
  if (!core) return rescue(exchange, "not_programmed");
  const input = inputOf(exchange);
  const decision = options.core.attempt(core, input.target, () => core.decideRequest(input));
  if (!decision) return rescue(exchange, "core_trap");
  exchange.labelId = decision.labelId;
  if (decision.kind === "respond") {
    const failure = FAILURE_OF[decision.reason];
    return failure ? rescue(exchange, failure) : redirect(exchange, decision);
  }
  try {
    const outcome = await forward(options, exchange, { core, decision });
    return outcome instanceof Response ? outcome : rescue(exchange, outcome);
  } finally {
    options.core.attempt(core, input.target, () => core.releasePlan(decision.plan));
  }
}

/** The handler that the serve front runs for every request. */
export function createPipeline(options: PipelineOptions): Handler {
  return async (request: Request, arrival: Arrival): Promise<Response> => {
    const head = readRequestHead(request, arrival.localAuthority);
    const exchange = new Exchange(options, head, request, arrival);
    let response: Response;
    try {
      response = await answer(options, exchange);
    } catch (error) {
      options.report(`an exchange failed: ${error instanceof Error ? error.stack : error}`);
      response = rescue(exchange, "internal_error");
    }
    exchange.status = response.status;
    arrival.completed.catch(() => {}).then(() => exchange.finish());
    return response;
  };
}
