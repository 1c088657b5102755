// Sets up LogTape: JSON lines, or short human ones on a terminal, over a bounded writer.
// Everyone else asks for a logger by category and never formats or writes lines themselves.

import {
  configureSync,
  getJsonLinesFormatter,
  getLogger,
  type Logger,
  type LogRecord,
  resetSync,
} from "@logtape/logtape";
import type { BoundedWriter } from "./bounded_writer.ts";

export type { Logger } from "@logtape/logtape";

export interface LoggingOptions {
  readonly level: "debug" | "info" | "warning" | "error";
  /** Lines for people instead of JSON. */
  readonly human: boolean;
  readonly writer: BoundedWriter;
}

/** The message with its values in it: texts as they are, without quotes around them. */
function messageOf(record: LogRecord): string {
  return record.message.map((part) =>
    typeof part === "string" ? part : Deno.inspect(part, { colors: false, strAbbreviateSize: 500 })
  ).join("");
}

const formatJson = getJsonLinesFormatter({ properties: "flatten" });

/** LogTape would quote texts within the message, which JSON then quotes once more. */
function jsonLine(record: LogRecord): string {
  return formatJson({ ...record, message: [messageOf(record)] });
}

/** `[12:03:04 warning control] the message` */
function humanLine(record: LogRecord): string {
  const time = new Date(record.timestamp).toISOString().slice(11, 19);
  const message = messageOf(record);
  // Named values are data from outside: a raw escape sequence must not reach a terminal.
  // deno-lint-ignore no-control-regex
  const safe = message.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, (char) => JSON.stringify(char));
  return `${time} ${record.level} ${record.category.slice(1).join(".")}: ${safe}\n`;
}

/** Configures the process once; call closeLogging before setting it up again. */
export function setUpLogging(options: LoggingOptions): void {
  const format = options.human ? humanLine : jsonLine;
  const sink = (record: LogRecord) => options.writer.write(format(record));
  configureSync({
    sinks: { lines: sink },
    loggers: [
      { category: ["logtape", "meta"], sinks: ["lines"], lowestLevel: "warning" },
      { category: ["rauta"], sinks: ["lines"], lowestLevel: options.level },
    ],
  });
}

export function closeLogging(): void {
  resetSync();
}

/** The logger of a part, such as `data` or `control`. */
export function logger(part: string): Logger {
  return getLogger(["rauta", part]);
}
