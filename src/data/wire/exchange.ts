// One exchange: a request on its way to an endpoint and the response on its way back.
// Takes the bytes that requestStep made of a head, gives the client bytes as they come. One object for
// a client connection, used by one exchange after the other. Streams with at most two blocks a
// direction in flight; retries a little, and only where that can do no harm.

import {
  ERROR_NO_SPACE,
  FLAG_DONE,
  FLAG_IDEMPOTENT,
  FLAG_INFORMATIONAL,
  FLAG_PERSISTENT,
  FLAG_TRAILERS,
  FLAG_TUNNEL,
  FLAG_UPSTREAM_PERSISTENT,
  REQUEST,
  RESPOND_CLOSE,
  RESPONSE,
  STEP_BACKEND_MS,
  STEP_ENDPOINT,
  STEP_ENDPOINT_NUMBER,
  STEP_FLAGS,
  STEP_NEEDED,
  STEP_OUT,
  STEP_OUT_LEN,
  STEP_REQUEST_MS,
  STEP_SERVICE,
  STEP_STATUS,
  STEP_TAKEN,
} from "../../core/exchange_core.ts";
import type { FailureReason } from "../rescue.ts";
import type { PoolClient, PoolEndpoint, PoolFailure, Ticket } from "../upstream/pool.ts";
import { Bodies, BODY_DONE } from "./bodies.ts";
import { type Block, HEAD_BYTES, LARGE_BYTES, MEDIUM_BYTES } from "./blocks.ts";
import type { WireContext } from "./context.ts";
import { Deadlines, type Expiry } from "./deadlines.ts";
import type { Downstream } from "./downstream.ts";
import { Held } from "./held.ts";
import { SendAgain } from "./send_again.ts";
import { MAX_IN_FLIGHT } from "./socket.ts";
import { Tunnel } from "./tunnel.ts";
import type { UpstreamConnection, UpstreamOwner } from "./upstream_connection.ts";

type Phase = "idle" | "connecting" | "head" | "body" | "tunnel";

/** Room for what the core adds to a head. */
const HEAD_ROOM = 1_024;
/** Interim responses of one exchange; an endpoint with more of them does not mean to answer. */
const MOST_INTERIM = 32;

export class Exchange implements UpstreamOwner, PoolClient<UpstreamConnection> {
  phase: Phase = "idle";
  /** Nothing of the request is to come. */
  requestDone = false;
  readonly deadlines: Deadlines;

  readonly #client: Downstream;
  readonly #context: WireContext;
  readonly #held: Held;
  readonly #bodies: Bodies;
  readonly #again: SendAgain;
  #interim = 0;
  #upstream: UpstreamConnection | null = null;
  #ticket: Ticket | null = null;
  #tunnel: Tunnel | null = null;
  #upstreamPersistent = false;
  /** What a stream is read with: more once a read has filled its block. */
  #blockBytes = MEDIUM_BYTES;

  constructor(client: Downstream, context: WireContext) {
    this.#client = client;
    this.#context = context;
    const { wheel, timeouts } = context;
    this.deadlines = new Deadlines(wheel, timeouts, (expiry) => this.#expired(expiry));
    this.#held = new Held(context.blocks, context.heldTotal);
    this.#bodies = new Bodies(client, context, this.#held);
    this.#again = new SendAgain(this, client, context, this.#held);
  }

  /** The head of the response has been handed to the client. */
  get hasAnswered(): boolean {
    return this.phase === "body" || this.phase === "tunnel";
  }

  /** Begins with what requestStep has written into `block`; takes over one user of it. */
  start(block: Block, from: number, end: number, nowMs: number): void {
    const { step } = this.#context.core;
    const flags = step[STEP_FLAGS]!;
    const endpointId = step[STEP_ENDPOINT]!;
    const serviceId = step[STEP_SERVICE]!;
    const number = step[STEP_ENDPOINT_NUMBER]!;
    this.requestDone = (flags & FLAG_DONE) !== 0;
    this.#again.begin((flags & FLAG_IDEMPOTENT) !== 0);
    this.#interim = 0;
    this.#blockBytes = MEDIUM_BYTES;
    this.deadlines.start(step[STEP_REQUEST_MS]!, step[STEP_BACKEND_MS]!, nowMs);
    this.phase = "connecting";
    this.#held.begin(block, from, end);
    const idle = this.#context.pools.take(endpointId);
    if (idle !== null) this.#attach(idle);
    else this.open(serviceId, number);
  }

  /** The client has sent more: of the request's body, or of a tunnel. */
  clientRead(): void {
    this.deadlines.progressMs = this.#context.coarseMs;
    if (this.#tunnel !== null) this.#tunnel.fromClient();
    else if (this.#upstream !== null) this.#requestBytes(this.#upstream);
  }

  /** The client has taken what was written to it. */
  clientWritten(): void {
    this.deadlines.progressMs = this.#context.coarseMs;
    const upstream = this.#upstream;
    if (upstream === null || this.#client.pendingWrites >= MAX_IN_FLIGHT) return;
    if (this.phase === "body" || this.phase === "tunnel") upstream.read(this.#blockBytes);
  }

  /** The client sends no more, and everything it sent was a whole request. */
  clientEnded(): void {
    if (this.phase !== "tunnel") return;
    this.#upstream!.finish();
    this.#endTunnel();
  }

  clientFinished(): void {
    if (this.phase === "tunnel") this.#endTunnel();
  }

  /** Gives up: the client is gone or must be cut off. Nothing is sent to it. */
  abort(reason: FailureReason): void {
    if (this.phase === "idle") return;
    this.#client.record.reason = reason;
    this.#letGoOfUpstream();
    this.#end();
  }

  connected(connection: UpstreamConnection): void {
    this.#ticket = null;
    this.#client.record.connectMs = performance.now() - this.#client.record.startMs;
    try {
      this.#attach(connection);
    } catch (error) {
      this.#client.giveUp(error);
    }
  }

  notConnected(failure: PoolFailure): void {
    this.#ticket = null;
    if (!this.#again.afterConnectFailed(failure)) this.fail(failure);
  }

  endpointLeft(): boolean {
    return this.#again.afterEndpointLeft();
  }

  upstreamRead(connection: UpstreamConnection): void {
    this.deadlines.progressMs = this.#context.coarseMs;
    if (this.phase === "head") this.#responseHead(connection);
    else if (this.phase === "body") this.#responseBytes(connection);
    else this.#tunnel!.fromUpstream();
  }

  upstreamEnded(connection: UpstreamConnection, error: unknown): void {
    if (this.phase === "tunnel") {
      if (error !== null) return this.#client.cutOff("reset");
      this.#client.finish();
      return this.#endTunnel();
    }
    if (this.phase === "head") {
      if (!this.#again.afterClosed(connection)) this.fail("reset");
      return;
    }
    if (error !== null) return this.#client.cutOff("reset");
    const { blocks, core } = this.#context;
    const out = blocks.take(HEAD_BYTES);
    if (core.exports.bodyEnded(this.#client.x, RESPONSE, out.address, out.size) < 0) {
      blocks.release(out);
      return this.#client.cutOff("short_body");
    }
    this.#send(out, core.step[STEP_OUT]!, core.step[STEP_OUT_LEN]!);
    this.#finish();
  }

  upstreamWritten(connection: UpstreamConnection): void {
    this.deadlines.progressMs = this.#context.coarseMs;
    if (connection.pendingWrites >= MAX_IN_FLIGHT) return;
    if (!this.requestDone || this.phase === "tunnel") this.#client.readBody();
  }

  /** The endpoint takes no more. What it says about that is still to be read. */
  upstreamWriteFailed(connection: UpstreamConnection): void {
    if (this.phase === "tunnel") return this.#client.cutOff("reset");
    if (connection.inputEnded) return;
    connection.read(MEDIUM_BYTES);
  }

  upstreamFinished(): void {
    if (this.phase === "tunnel") this.#endTunnel();
  }

  upstreamCrashed(error: unknown): void {
    this.#client.giveUp(error);
  }

  /** Answers with what the rescue table says, or cuts the client off where a response has begun. */
  fail(reason: FailureReason): void {
    if (this.phase === "body" || this.phase === "tunnel") return this.#client.cutOff(reason);
    this.#letGoOfUpstream();
    this.#end();
    this.#client.respond(reason, !this.requestDone);
  }

  #expired(expiry: Expiry): void {
    if (this.phase === "idle") return;
    if (expiry === "request") return this.fail("request_timeout");
    if (expiry === "backend") {
      if (this.phase === "body" || !this.#again.afterTimeout()) this.fail("response_timeout");
      return;
    }
    if (this.phase === "tunnel") return this.#client.cutOff("idle_timeout");
    const bodyIsDue = this.phase === "body" || !this.requestDone;
    if (bodyIsDue) this.fail(this.#stallReason());
    else this.deadlines.goOn(this.#context.coarseMs);
  }

  #stallReason(): FailureReason {
    if (this.phase === "body") return "body_timeout";
    return this.#upstream !== null && this.#upstream.pendingWrites > 0
      ? "response_timeout"
      : "request_body_timeout";
  }

  /** Connects to an endpoint of the table of the moment. */
  open(serviceId: number, number: number): void {
    const endpoint = this.#context.endpoint(serviceId, number);
    if (endpoint === undefined) return this.fail("no_endpoint");
    this.#client.record.endpointId = endpoint.id;
    this.connect(endpoint);
    this.#client.readAhead();
  }

  connect(endpoint: PoolEndpoint): void {
    this.#ticket = this.#context.pools.request(endpoint, this);
  }

  /** Has no endpoint for now. */
  disconnect(): void {
    this.#letGoOfUpstream();
    this.phase = "connecting";
  }

  #attach(connection: UpstreamConnection): void {
    this.#upstream = connection;
    connection.owner = this;
    connection.bytesWritten = 0;
    this.phase = "head";
    this.#client.record.endpointId = connection.endpoint.id;
    for (const { block, from, end } of this.#held.parts) {
      block.users++;
      connection.write(block, from, end);
    }
    if (!this.#held.isComplete) this.#held.drop();
    connection.read(MEDIUM_BYTES);
    if (this.requestDone) this.#client.readAhead();
    else if (this.#client.available > 0) this.#requestBytes(connection);
    else this.#client.readBody();
  }

  /** The request's body as it comes: checked by the core, passed on where it lies. */
  #requestBytes(connection: UpstreamConnection): void {
    const client = this.#client;
    if (!this.requestDone) {
      const state = this.#bodies.pass(REQUEST, client, connection);
      if (state < 0) return this.#refuseBody(state);
      this.requestDone = state === BODY_DONE;
    }
    if (this.requestDone) client.readAhead();
    else if (connection.pendingWrites < MAX_IN_FLIGHT) client.readBody();
  }

  #refuseBody(error: number): void {
    if (this.phase === "body") return this.#client.cutOff("malformed_request");
    this.#letGoOfUpstream();
    this.#end();
    this.#client.refuse(error);
  }

  #responseHead(connection: UpstreamConnection): void {
    const { blocks, core } = this.#context;
    const client = this.#client;
    const isAskedAgain = this.#again.afterStatus(connection);
    if (isAskedAgain === undefined) return this.#needMore(connection);
    if (isAskedAgain) return;
    let capacity = Math.min(connection.available + HEAD_ROOM, HEAD_BYTES);
    for (;;) {
      const out = blocks.take(capacity);
      const at = connection.input!.address + connection.inputStart;
      const result = core.exports.responseStep(
        client.x,
        at,
        connection.available,
        connection.room,
        out.address,
        out.size,
        client.mustClose || !this.requestDone ? RESPOND_CLOSE : 0,
      );
      if (result <= 0) {
        blocks.release(out);
        if (result === 0) return this.#needMore(connection);
        if (result !== ERROR_NO_SPACE) return this.fail("malformed_response");
        capacity = core.step[STEP_NEEDED]!;
        if (capacity > LARGE_BYTES) return this.fail("malformed_response");
        continue;
      }
      this.#held.drop();
      const { step } = core;
      const flags = step[STEP_FLAGS]!;
      connection.inputStart += step[STEP_TAKEN]!;
      const block = connection.outputBlock(out, step[STEP_OUT]!);
      this.#send(block, step[STEP_OUT]!, step[STEP_OUT_LEN]!);
      if ((flags & FLAG_INFORMATIONAL) === 0) return this.#responseBegun(connection, flags);
      if (++this.#interim > MOST_INTERIM) return this.fail("malformed_response");
      if (connection.available === 0) return connection.read(MEDIUM_BYTES);
    }
  }

  #needMore(connection: UpstreamConnection): void {
    if (connection.isFull) {
      if (connection.input!.size >= LARGE_BYTES) return this.fail("malformed_response");
      connection.growInput(LARGE_BYTES);
    }
    connection.read(MEDIUM_BYTES);
  }

  #responseBegun(connection: UpstreamConnection, flags: number): void {
    const client = this.#client;
    client.record.status = this.#context.core.step[STEP_STATUS]!;
    const nowMs = performance.now();
    client.record.firstByteMs = nowMs - client.record.startMs;
    client.isPersistent = (flags & FLAG_PERSISTENT) !== 0;
    this.#upstreamPersistent = (flags & FLAG_UPSTREAM_PERSISTENT) !== 0;
    if ((flags & FLAG_DONE) !== 0) {
      this.phase = "body";
      return this.#finish(nowMs);
    }
    if ((flags & FLAG_TUNNEL) !== 0) return this.#beginTunnel(connection);
    this.phase = "body";
    this.deadlines.responseBegun();
    if (connection.available > 0 || (flags & FLAG_TRAILERS) !== 0) this.#responseBytes(connection);
    else connection.read(MEDIUM_BYTES);
  }

  /** The response's body as it comes. */
  #responseBytes(connection: UpstreamConnection): void {
    const client = this.#client;
    const wasFull = connection.isFull;
    const state = this.#bodies.pass(RESPONSE, connection, client);
    if (state < 0) return client.cutOff("malformed_response");
    if (state === BODY_DONE) return this.#finish();
    if (wasFull) this.#blockBytes = LARGE_BYTES;
    if (client.pendingWrites < MAX_IN_FLIGHT) connection.read(this.#blockBytes);
  }

  #send(block: Block, address: number, length: number): void {
    if (length === 0) return this.#context.blocks.release(block);
    const from = address - block.address;
    this.#client.record.bytesOut += length;
    this.#client.write(block, from, from + length);
  }

  #beginTunnel(connection: UpstreamConnection): void {
    this.phase = "tunnel";
    this.deadlines.tunnelBegun();
    this.#tunnel = new Tunnel(this.#client, connection);
    this.#tunnel.begin();
    if (this.#client.inputEnded) this.clientEnded();
  }

  /** Ends once both sides have sent their last byte and it has been passed on. */
  #endTunnel(): void {
    if (this.#tunnel === null || !this.#tunnel.isOver) return;
    this.#letGoOfUpstream();
    this.#end();
    this.#client.exchangeDone();
  }

  /** `nowMs`: where the clock has just been read. */
  #finish(nowMs = performance.now()): void {
    const upstream = this.#upstream!;
    this.#upstream = null;
    upstream.owner = null;
    upstream.exchanges++;
    const reusable = this.#upstreamPersistent && this.requestDone && upstream.available === 0 &&
      upstream.pendingWrites === 0 && !upstream.inputEnded;
    if (reusable) {
      upstream.read(MEDIUM_BYTES);
      this.#context.pools.release(upstream);
    } else upstream.close();
    if (!this.requestDone) this.#client.isPersistent = false;
    this.#end();
    this.#client.exchangeDone(nowMs);
  }

  #letGoOfUpstream(): void {
    this.#again.cancel();
    this.#ticket?.cancel();
    this.#ticket = null;
    const upstream = this.#upstream;
    this.#upstream = null;
    upstream?.close();
  }

  #end(): void {
    this.#held.drop();
    this.#tunnel = null;
    this.phase = "idle";
    this.deadlines.stop();
  }
}
