// Reads the loader's frames (docs/observer_protocol.md, version 1) out of a byte stream.
// Takes chunks of any size, gives hello, records, counters and bye to a handler. Every length is
// checked before it is used; the first contradiction is a FrameError, after which the stream is dead.

export const PROTOCOL_VERSION = 1;
export const FRAME_BYTES_MAX = 65_536;
/** Bytes of the buffer that a decoder works in: two frames. */
export const DECODER_BUFFER_BYTES = 2 * FRAME_BYTES_MAX;
export const RECORD_HEADER_BYTES = 72;
export const CAPTURE_BYTES_MAX = 256;

const FRAME_HEADER_BYTES = 8;
/** Payloads and records are multiples of this. */
const ALIGNMENT = 8;
const HELLO_BYTES = 128;
const INTERFACE_BYTES = 32;
const COUNTERS_BYTES = 336;
const KERNEL_COUNTERS = 16;

/** The stream contradicts the protocol: close it and connect again. */
export class FrameError extends Error {
  constructor(message: string) {
    super(`observer protocol: ${message}`);
    this.name = "FrameError";
  }
}

export interface ObservedInterface {
  readonly index: number;
  readonly name: string;
  readonly xdp: "detached" | "native" | "generic";
  readonly tc: "detached" | "tcx" | "clsact";
  readonly isPinned: boolean;
}

/** A reading of both clocks at one moment. */
export interface ClockPair {
  readonly monotonicUs: number;
  readonly realtimeMs: number;
}

export interface Hello {
  readonly clock: ClockPair;
  readonly kernelRelease: string;
  readonly loaderVersion: string;
  readonly interfaces: readonly ObservedInterface[];
}

/** Kernel counters of one direction, since the programs were attached. */
export interface KernelCounters {
  readonly packets: number;
  readonly tcpSegments: number;
  readonly httpRequests: number;
  readonly httpResponses: number;
  readonly closes: number;
  readonly opaqueHttp2: number;
  readonly opaqueTls: number;
  readonly opaqueSkipped: number;
  readonly truncated: number;
  readonly fragments: number;
  readonly ringFull: number;
  readonly filtered: number;
  readonly tableFull: number;
}

export interface LoaderCounters {
  readonly clock: ClockPair;
  readonly ingress: KernelCounters;
  readonly egress: KernelCounters;
  readonly recordsReceived: number;
  readonly recordsUnread: number;
  readonly readerQueued: number;
  readonly readerDropped: number;
  readonly recordsMalformed: number;
}

export type ByeReason = "stopped" | "failed" | "too-many-readers" | "unknown";

export interface FrameHandler {
  hello(hello: Hello): void;
  /** One record at `offset`; `bytes` and `view` are valid during the call only. */
  record(bytes: Uint8Array, view: DataView, offset: number): void;
  counters(counters: LoaderCounters): void;
  bye(reason: ByeReason): void;
}

const XDP_MODES = ["detached", "native", "generic"] as const;
const TC_MODES = ["detached", "tcx", "clsact"] as const;
const BYE_REASONS = ["unknown", "stopped", "failed", "too-many-readers"] as const;

export class FrameDecoder {
  readonly #handler: FrameHandler;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #start = 0;
  #end = 0;
  #saidHello = false;
  #isDead = false;
  /** Whole frames that were read, also of unknown types. */
  frames = 0;

  /** `buffer`, of DECODER_BUFFER_BYTES, is the decoder's own as long as it is used. */
  constructor(handler: FrameHandler, buffer: Uint8Array = new Uint8Array(DECODER_BUFFER_BYTES)) {
    this.#handler = handler;
    this.#bytes = buffer;
    this.#view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  /** Where the next read may write; `advance` says how many bytes it wrote. Never empty. */
  get space(): Uint8Array {
    if (this.#start > 0 && this.#bytes.length - this.#end < FRAME_BYTES_MAX) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    return this.#bytes.subarray(this.#end);
  }

  /** Takes `count` bytes that were written into `space`; throws FrameError. */
  advance(count: number): void {
    if (this.#isDead) throw new FrameError("the stream went wrong before");
    // Whatever is thrown from here on, a handler's own error too: the rest can't be trusted.
    this.#isDead = true;
    this.#take(count);
    this.#isDead = false;
  }

  #take(count: number): void {
    this.#end += count;
    while (this.#end - this.#start >= FRAME_HEADER_BYTES) {
      const length = this.#view.getUint32(this.#start, true);
      if (length > FRAME_BYTES_MAX - FRAME_HEADER_BYTES) {
        throw new FrameError(`a frame of ${length} bytes, at most ${FRAME_BYTES_MAX} are allowed`);
      }
      if (length % ALIGNMENT !== 0) throw new FrameError(`a payload of ${length} bytes`);
      if (this.#end - this.#start < FRAME_HEADER_BYTES + length) return;
      const payload = this.#start + FRAME_HEADER_BYTES;
      this.#start = payload + length;
      this.frames++;
      this.#frame(this.#view.getUint16(payload - 4, true), payload, length);
    }
    if (this.#start === this.#end) this.#start = this.#end = 0;
  }

  #frame(type: number, at: number, length: number): void {
    if (!this.#saidHello && type !== 1 && type !== 4) {
      throw new FrameError(`frame type ${type} before hello`);
    }
    if (type === 1) this.#hello(at, length);
    else if (type === 2) this.#captures(at, length);
    else if (type === 3) this.#counters(at, length);
    else if (type === 4) this.#bye(at, length);
  }

  #need(name: string, length: number, least: number): void {
    if (length < least) {
      throw new FrameError(`${name} of ${length} bytes, at least ${least} needed`);
    }
  }

  #hello(at: number, length: number): void {
    this.#need("hello", length, HELLO_BYTES);
    const version = this.#view.getUint16(at, true);
    if (version !== PROTOCOL_VERSION) {
      throw new FrameError(`version ${version}; this reader knows ${PROTOCOL_VERSION}`);
    }
    const count = this.#view.getUint16(at + 2, true);
    const tableOffset = this.#view.getUint16(at + 28, true);
    const stride = this.#view.getUint16(at + 30, true);
    if (stride < INTERFACE_BYTES || tableOffset + count * stride > length) {
      throw new FrameError(`hello with ${count} interfaces that do not fit into ${length} bytes`);
    }
    const interfaces: ObservedInterface[] = [];
    for (let index = 0; index < count; index++) {
      interfaces.push(this.#interface(at + tableOffset + index * stride));
    }
    this.#saidHello = true;
    this.#handler.hello({
      clock: this.#clock(at + 8),
      kernelRelease: this.#text(at + 32, 64),
      loaderVersion: this.#text(at + 96, 32),
      interfaces,
    });
  }

  #interface(at: number): ObservedInterface {
    return {
      index: this.#view.getUint32(at, true),
      name: this.#text(at + 8, 16),
      xdp: XDP_MODES[this.#bytes[at + 4]] ?? "detached",
      tc: TC_MODES[this.#bytes[at + 5]] ?? "detached",
      isPinned: (this.#bytes[at + 6] & 1) !== 0,
    };
  }

  #captures(at: number, length: number): void {
    this.#need("captures", length, 8);
    const count = this.#view.getUint32(at, true);
    if (count === 0) throw new FrameError("captures without a record");
    const end = at + length;
    let record = at + 8;
    for (let index = 0; index < count; index++) {
      if (end - record < RECORD_HEADER_BYTES) {
        throw new FrameError(`captures with ${count} records end within record ${index}`);
      }
      const size = this.#view.getUint16(record + 66, true);
      const captured = this.#view.getUint16(record + 60, true);
      const fits = size >= RECORD_HEADER_BYTES + captured && record + size <= end;
      if (!fits || captured > CAPTURE_BYTES_MAX || size % ALIGNMENT !== 0) {
        throw new FrameError(`record ${index} of ${size} bytes with ${captured} captured`);
      }
      this.#handler.record(this.#bytes, this.#view, record);
      record += size;
    }
  }

  #counters(at: number, length: number): void {
    this.#need("counters", length, COUNTERS_BYTES);
    this.#handler.counters({
      clock: this.#clock(at),
      ingress: this.#kernelCounters(at + 16),
      egress: this.#kernelCounters(at + 16 + KERNEL_COUNTERS * 8),
      recordsReceived: this.#count(at + 272),
      recordsUnread: this.#count(at + 280),
      readerQueued: this.#count(at + 288),
      readerDropped: this.#count(at + 296),
      recordsMalformed: this.#count(at + 304),
    });
  }

  #kernelCounters(at: number): KernelCounters {
    return {
      packets: this.#count(at),
      tcpSegments: this.#count(at + 8),
      httpRequests: this.#count(at + 16),
      httpResponses: this.#count(at + 24),
      closes: this.#count(at + 32),
      opaqueHttp2: this.#count(at + 40),
      opaqueTls: this.#count(at + 48),
      opaqueSkipped: this.#count(at + 56),
      truncated: this.#count(at + 64),
      fragments: this.#count(at + 72),
      ringFull: this.#count(at + 80),
      filtered: this.#count(at + 88),
      tableFull: this.#count(at + 96),
    };
  }

  #bye(at: number, length: number): void {
    this.#need("bye", length, 16);
    this.#handler.bye(BYE_REASONS[this.#view.getUint32(at, true)] ?? "unknown");
  }

  #count(at: number): number {
    return this.#view.getUint32(at, true) + this.#view.getUint32(at + 4, true) * 0x1_0000_0000;
  }

  #clock(at: number): ClockPair {
    return { monotonicUs: this.#count(at) / 1000, realtimeMs: this.#count(at + 8) / 1_000_000 };
  }

  #text(at: number, size: number): string {
    const bytes = this.#bytes.subarray(at, at + size);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  }
}
