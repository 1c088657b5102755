// A client's connection: reads requests one after the other and hands them to its exchange.
// Takes bytes from the socket, gives the client responses in order; keeps the connection between
// requests, and closes it so that what was sent last arrives (lingering close, RFC 9112 section 9.6).

import {
  ERROR_HEAD_TOO_LARGE,
  ERROR_NO_SPACE,
  FLAG_DONE,
  FLAG_PERSISTENT,
  OUTCOME_FORWARD,
  OUTCOME_REDIRECT,
  REQUEST_DECIDED,
  RESPOND_CLOSE,
  STEP_FLAGS,
  STEP_LABEL,
  STEP_METHOD,
  STEP_NEEDED,
  STEP_OUT,
  STEP_OUT_LEN,
  STEP_SERVICE,
  STEP_STATUS,
  STEP_TAKEN,
} from "../../core/exchange_core.ts";
import type { Arrival } from "./arrival.ts";
import { writeAnswer } from "./answer.ts";
import { type FailureReason, reasonOfError, reasonOfOutcome, RESCUES } from "../rescue.ts";
import {
  type Block,
  HEAD_BYTES,
  LARGE_BYTES,
  MEDIUM_BYTES,
  OutOfMemory,
  SMALL_BYTES,
} from "./blocks.ts";
import type { WireContext } from "./context.ts";
import { Exchange } from "./exchange.ts";
import type { Link } from "./link.ts";
import { beginRecord, emptyRecord, type ExchangeRecord } from "./record.ts";
import { Socket } from "./socket.ts";

/** head: between requests or in a head; linger: the last response is sent, the rest is discarded. */
type Phase = "head" | "exchange" | "linger";

const LINGER_MS = 2_000;
/**
 * A client that has sent FIN may have closed only its half: its answer has to begin within this time,
 * after which it counts as gone.
 */
const HALF_CLOSED_MS = 1_000;
/** Discarded while lingering, at most. */
const LINGER_BYTES = 1_048_576;
/** Responses that a pipelining client may leave unread before its next request is looked at. */
const MAX_UNREAD = 4;
/** Idle connections of a worker that may keep a block larger than the smallest. */
const MAX_LARGE_IDLE = 256;

function hash(text: string, seed: number): number {
  let value = seed;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 16777619);
  return value >>> 0;
}

export class Downstream extends Socket {
  /** The exchange block in the core's memory. */
  readonly x: number;
  readonly record: ExchangeRecord;
  /** The connection can carry another request after this exchange. */
  isPersistent = false;

  readonly #context: WireContext;
  readonly #arrival: Arrival;
  readonly #exchange: Exchange;
  readonly #key: number;
  #ordinal: number;
  #phase: Phase = "head";
  /** Some of a head is there, since then. */
  #headAtMs = -1;
  #discarded = 0;
  #usedBody = false;
  #keepsLarge = false;

  constructor(link: Link, arrival: Arrival, context: WireContext) {
    super(link, context.blocks);
    this.#context = context;
    this.#arrival = arrival;
    this.#exchange = new Exchange(this, context);
    this.#ordinal = arrival.ordinal ?? 0;
    this.#key = hash(`${arrival.peer}:${arrival.port}`, 2166136261);
    this.x = context.core.open(arrival.schemeId, arrival.peer, arrival.isTrusted);
    this.record = emptyRecord(this.x, arrival.peer);
    if (this.x === 0) throw new OutOfMemory("no exchange block");
    context.open.add(this);
    context.wheel.set(this, context.coarseMs + context.timeouts.headMs);
    this.read(SMALL_BYTES);
  }

  /** No other request may follow on this connection. */
  get mustClose(): boolean {
    return this.#context.isDraining || this.#arrival.entrance.isClosing || this.inputEnded;
  }

  /** Between two requests, with nothing of the next one there. */
  get isIdle(): boolean {
    return this.#phase === "head" && this.available === 0 && this.pendingWrites === 0;
  }

  /** Everything has been answered; what still comes is discarded. */
  get isLingering(): boolean {
    return this.#phase === "linger";
  }

  /** Reads what belongs to the exchange's body or tunnel. */
  readBody(): void {
    this.#usedBody = true;
    if (this.inputEnded && this.available === 0) this.cutOff("client_gone");
    else if (this.isFull && this.available > 0) return;
    else {
      if (this.input !== null && this.input.size < MEDIUM_BYTES) this.freeInput();
      this.read(MEDIUM_BYTES);
    }
  }

  /** Reads what may follow the request, to see the client leave; as far as there is room. */
  readAhead(): void {
    if (this.isReading) return;
    if (this.available === 0) this.read(this.#idleBytes());
    else if (!this.isFull) this.read(SMALL_BYTES);
  }

  /** The exchange is over and its response handed over; the connection goes on, or lingers. */
  exchangeDone(nowMs = performance.now()): void {
    this.#recordExchange(nowMs);
    this.#context.core.exports.endExchange(this.x);
    if (this.isClosed) return;
    if (!this.isPersistent || this.inputEnded) return this.#linger();
    this.#phase = "head";
    this.#headAtMs = -1;
    const { wheel, coarseMs, timeouts } = this.#context;
    wheel.set(this, timeouts.idleMs > 0 ? coarseMs + timeouts.idleMs : Infinity);
    this.readAhead();
    if (this.available > 0 && this.pendingWrites < MAX_UNREAD) queueMicrotask(this.#next);
  }

  /** Answers the exchange in hand from the rescue table. */
  respond(reason: FailureReason, close: boolean): void {
    const rescue = RESCUES[reason];
    this.record.reason = reason;
    this.#answer(rescue.status, `${rescue.message}\n`, close || rescue.source === "downstream");
  }

  /** Answers a request that the core refused with ERROR_* `error`, and closes. */
  refuse(error: number): void {
    if (this.#phase === "head") beginRecord(this.record, performance.now());
    const reason = reasonOfError(error);
    this.record.reason = reason;
    const status = this.#context.core.exports.errorStatus(error);
    this.#answer(status, `${RESCUES[reason].message}\n`, true);
  }

  /** Ends the exchange and the connection without another byte, so that nothing looks whole. */
  cutOff(reason: FailureReason): void {
    this.#exchange.abort(reason);
    this.close();
  }

  /** Something threw on behalf of this connection. Only a lack of memory ends with it. */
  giveUp(error: unknown): void {
    const isFatal = !(error instanceof OutOfMemory);
    const bytes = isFatal ? this.#inputText() : "";
    this.cutOff(isFatal ? "core_trap" : "overload");
    if (isFatal) this.#context.trapped(error, hash(bytes, 2166136261));
  }

  /** What has come in and was not taken yet: after a trap in a head, that head. */
  #inputText(): string {
    if (!this.input) return "";
    return this.#context.core.text(this.input.address + this.inputStart, this.available);
  }

  /** Closes at once. */
  close(): void {
    if (this.isClosed) return;
    if (this.#exchange.phase !== "idle") this.#exchange.abort("client_gone");
    if (this.#phase === "exchange") this.#recordExchange(performance.now());
    this.closeNow(this.#phase === "exchange");
    this.#context.wheel.remove(this);
    this.#exchange.deadlines.remove();
    this.#context.core.exports.closeExchange(this.x);
    this.#context.open.delete(this);
    this.#context.connections.give();
    this.#keepLarge(false);
  }

  /** A deadline between exchanges has passed. */
  expire(): void {
    if (this.#phase === "head" && this.available > 0) {
      beginRecord(this.record, performance.now());
      this.respond("head_timeout", true);
    } else if (this.#phase !== "exchange") this.close();
    else if (!this.#exchange.hasAnswered) this.cutOff("client_gone");
  }

  protected readDone(count: number): void {
    switch (this.#phase) {
      case "head":
        this.#head();
        break;
      case "exchange":
        if (!this.#exchange.requestDone || this.#exchange.phase === "tunnel") {
          this.record.bytesIn += count;
          this.#exchange.clientRead();
        } else if (!this.isFull) this.read(SMALL_BYTES);
        break;
      case "linger":
        this.#discard(count);
    }
  }

  protected readEnded(error: unknown): void {
    if (this.#phase !== "exchange") return this.close();
    if (this.#exchange.phase === "tunnel") {
      if (error === null) this.#exchange.clientEnded();
      else this.cutOff("client_gone");
    } else if (error !== null || !this.#exchange.requestDone) this.cutOff("client_gone");
    else this.#context.wheel.set(this, this.#context.coarseMs + HALF_CLOSED_MS);
  }

  protected written(): void {
    if (this.#phase === "exchange") this.#exchange.clientWritten();
    else if (this.#phase === "head" && this.available > 0) this.#next();
  }

  protected writeFailed(): void {
    if (this.#phase === "exchange") this.cutOff("client_gone");
    else this.close();
  }

  protected crashed(error: unknown): void {
    this.giveUp(error);
  }

  protected override finished(): void {
    if (this.#exchange.phase === "tunnel") this.#exchange.clientFinished();
    else if (this.inputEnded) this.close();
  }

  readonly #next = (): void => {
    if (this.isClosed || this.#phase !== "head") return;
    if (this.pendingWrites >= MAX_UNREAD || this.available === 0) return;
    try {
      this.#head();
    } catch (error) {
      this.giveUp(error);
    }
  };

  /** Runs the bytes that are there through the core. */
  #head(): void {
    const { blocks } = this.#context;
    const nowMs = performance.now();
    const length = this.available;
    const out = blocks.take(HEAD_BYTES);
    const key = this.#ordinal++;
    const result = this.#step(out, length, key);
    if (result === 0) {
      this.#ordinal--;
      blocks.release(out);
      return this.#moreHead(nowMs);
    }
    beginRecord(this.record, nowMs);
    this.#phase = "exchange";
    this.record.bytesIn = length;
    this.#usedBody = length > SMALL_BYTES;
    if (result < 0) return this.#headFailed(result, out, length);
    this.#decided(result - REQUEST_DECIDED, out, nowMs);
  }

  #step(out: Block, length: number, key: number): number {
    const { core } = this.#context;
    return core.exports.requestStep(
      this.x,
      this.input!.address + this.inputStart,
      length,
      this.room,
      out.address,
      out.size,
      (this.#arrival.port << 16) ^ key,
      this.#key,
      Math.random() * 0x1_0000_0000,
      this.#arrival.entrance.portGroup,
    );
  }

  #moreHead(nowMs: number): void {
    const { wheel, timeouts } = this.#context;
    if (this.#headAtMs < 0) {
      this.#headAtMs = nowMs;
      wheel.set(this, timeouts.headMs > 0 ? nowMs + timeouts.headMs : Infinity);
    }
    // A read under way goes on after the bytes that are there.
    if (this.isReading) return;
    if (this.isFull) {
      if (this.input!.size >= LARGE_BYTES) return this.refuse(ERROR_HEAD_TOO_LARGE);
      this.growInput(this.input!.size < MEDIUM_BYTES ? MEDIUM_BYTES : LARGE_BYTES);
    }
    if (this.inputEnded) return this.close();
    this.read(SMALL_BYTES);
  }

  /** A head or body that was refused, or one that needs more room to be written. */
  #headFailed(error: number, out: Block, length: number): void {
    const { core, blocks } = this.#context;
    blocks.release(out);
    if (error !== ERROR_NO_SPACE) return this.refuse(error);
    const needed = core.step[STEP_NEEDED]!;
    if (needed > LARGE_BYTES) return this.refuse(ERROR_HEAD_TOO_LARGE);
    const larger = blocks.take(needed);
    const at = this.input!.address + this.inputStart;
    const { address, size } = larger;
    const result = core.exports.requestWrite(this.x, at, length, this.room, address, size);
    if (result > 0) return this.#decided(result - REQUEST_DECIDED, larger, this.record.startMs);
    blocks.release(larger);
    this.refuse(result);
  }

  #decided(outcome: number, out: Block, nowMs: number): void {
    const { core, blocks, wheel } = this.#context;
    const { step } = core;
    const record = this.record;
    record.methodId = step[STEP_METHOD]!;
    record.labelId = step[STEP_LABEL]!;
    record.serviceId = step[STEP_SERVICE]!;
    this.inputStart += step[STEP_TAKEN]!;
    wheel.set(this, Infinity);
    if (outcome === OUTCOME_FORWARD) {
      const block = this.outputBlock(out, step[STEP_OUT]!);
      const from = step[STEP_OUT]! - block.address;
      return this.#exchange.start(block, from, from + step[STEP_OUT_LEN]!, nowMs);
    }
    blocks.release(out);
    const isWhole = (step[STEP_FLAGS]! & FLAG_DONE) !== 0;
    if (outcome === OUTCOME_REDIRECT) this.#answer(0, "", !isWhole);
    else this.respond(reasonOfOutcome(outcome), !isWhole);
  }

  /** Sends an answer of RAUTA's own; status 0: the plan's redirect. */
  #answer(status: number, text: string, close: boolean): void {
    const { core, blocks } = this.#context;
    const out = blocks.take(MEDIUM_BYTES);
    const answer = { status, text, close: close || this.mustClose ? RESPOND_CLOSE : 0 };
    const length = writeAnswer(core, this.x, out, answer);
    if (length < 0) {
      blocks.release(out);
      return this.close();
    }
    this.record.status = core.step[STEP_STATUS]!;
    this.record.bytesOut += length;
    this.isPersistent = (core.step[STEP_FLAGS]! & FLAG_PERSISTENT) !== 0;
    this.#phase = "exchange";
    this.write(out, 0, length);
    this.exchangeDone();
  }

  /** Sends FIN and discards what still comes, for a while: a RST would overtake the response. */
  #linger(): void {
    this.#phase = "linger";
    const { wheel, coarseMs } = this.#context;
    wheel.set(this, coarseMs + LINGER_MS);
    this.finish();
    if (this.inputEnded) return;
    this.inputStart = this.inputEnd;
    this.read(SMALL_BYTES);
  }

  #discard(count: number): void {
    this.#discarded += count;
    this.inputStart = this.inputEnd;
    if (this.#discarded > LINGER_BYTES) this.close();
    else this.read(SMALL_BYTES);
  }

  /** What the next read is to go into: larger where the client has been sending bodies. */
  #idleBytes(): number {
    const isFree = this.#keepsLarge || this.#context.largeIdle < MAX_LARGE_IDLE;
    this.#keepLarge(this.#usedBody && isFree);
    const bytes = this.#keepsLarge ? MEDIUM_BYTES : SMALL_BYTES;
    if (this.input !== null && this.input.size !== bytes) this.freeInput();
    return bytes;
  }

  #keepLarge(keeps: boolean): void {
    if (keeps === this.#keepsLarge) return;
    this.#keepsLarge = keeps;
    this.#context.largeIdle += keeps ? 1 : -1;
  }

  #recordExchange(nowMs: number): void {
    const { record } = this;
    record.totalMs = nowMs - record.startMs;
    if (this.#context.keepsLog) this.#tellLog();
    this.#context.record(record);
  }

  /** When it was on the wall clock, and who the client is behind proxies that are trusted. */
  #tellLog(): void {
    const { core, epochMs, trust } = this.#context;
    const { record } = this;
    record.atMs = record.startMs + epochMs;
    if (!this.#arrival.isTrusted) return;
    const { forwardedForAt, forwardedForLength } = core.requestText(this.x);
    const { peer } = this.#arrival;
    record.client = forwardedForLength === 0
      ? peer
      : trust.clientOf(peer, core.text(forwardedForAt, forwardedForLength));
  }
}
