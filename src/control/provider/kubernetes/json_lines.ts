// Splits a byte stream into lines of JSON. What arrived together is yielded together, so that
// changes made at once are seen at once. A line beyond the bound ends the stream with an error.

/** etcd refuses objects over 1.5 MiB; JSON and the event around it are larger than protobuf. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const LF = 0x0a;

function joined(parts: readonly Uint8Array[], last: Uint8Array): Uint8Array {
  if (parts.length === 0) return last;
  const total = parts.reduce((sum, part) => sum + part.length, last.length);
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of [...parts, last]) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export async function* jsonLines<T>(body: ReadableStream<Uint8Array>): AsyncGenerator<T[]> {
  const decoder = new TextDecoder();
  let parts: Uint8Array[] = [];
  let pendingBytes = 0;
  for await (const chunk of body) {
    const values: T[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      const line = joined(parts, chunk.subarray(start, end));
      parts = [];
      pendingBytes = 0;
      start = end + 1;
      if (line.length > 0) values.push(JSON.parse(decoder.decode(line)) as T);
    }
    if (start < chunk.length) {
      pendingBytes += chunk.length - start;
      if (pendingBytes > MAX_LINE_BYTES) throw new Error(`a line of over ${MAX_LINE_BYTES} bytes`);
      parts.push(chunk.slice(start));
    }
    if (values.length > 0) yield values;
  }
}
