// The composition root: reads the environment once, then puts the parts together. Control and data
// meet here and nowhere else. Exit codes: 0 drained, 1 could not serve, 2 wrong configuration.

import { AdminAddressError } from "./admin/server.ts";
import { type Config, readConfig } from "./config.ts";
import { UNTIL_STDIN_ENDS } from "./config/arguments.ts";
import { Gateway } from "./composition/gateway.ts";
import { BoundedWriter } from "./logging/bounded_writer.ts";
import { logger, setUpLogging } from "./logging/logging.ts";

const USAGE = `usage: src/main.ts [--config PATH] [${UNTIL_STDIN_ENDS}]

The proxy itself. On a workstation \`deno task run\` starts it, with what it needs. With
${UNTIL_STDIN_ENDS} it drains when its standard input ends, as at a first signal: so it never outlives
the program that started it.
Environment variables: docs/configuration.md.
`;

/** So long the end waits for a reader that takes no more. */
const LAST_LINES_MS = 1_000;

const NOT_THERE: Readonly<Record<string, string>> = {
  mesh: "RAUTA_MODE=mesh is not there yet: allowed today are ingress and observability",
};

function configOrExit(): Config {
  const result = readConfig({
    args: Deno.args,
    env: (name) => Deno.env.get(name),
    cores: navigator.hardwareConcurrency,
    isTerminal: Deno.stdout.isTerminal(),
  });
  if (result.kind === "invalid") {
    for (const problem of result.problems) console.error(problem);
    Deno.exit(2);
  }
  const { config } = result;
  const missing = NOT_THERE[config.mode];
  if (missing !== undefined) {
    console.error(missing);
    Deno.exit(2);
  }
  return config;
}

async function stdinEnds(): Promise<void> {
  const bytes = new Uint8Array(64);
  try {
    while (await Deno.stdin.read(bytes) !== null);
  } catch {
    // What can't be read has ended.
  }
}

/** Resolves at the first signal, which drains; the second ends the process at once. */
function nextSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let seen = 0;
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.addSignalListener(signal, () => {
      if (++seen > 1) Deno.exit(code);
      resolve();
    });
  }
  if (Deno.args.includes(UNTIL_STDIN_ENDS)) stdinEnds().then(resolve);
  return promise;
}

/** Observes until the first signal; events are JSON lines on standard output. */
async function observe(config: Config, signalled: Promise<void>): Promise<number> {
  const lines = new BoundedWriter(Deno.stdout);
  const { StandaloneObserver } = await import("./composition/standalone_observer.ts");
  const observer = await StandaloneObserver.start(config, lines);
  logger("main").info("admin on {address}:{port}", {
    address: config.admin.address,
    port: observer.adminPort,
  });
  await signalled;
  await observer.stop();
  await lines.flush(LAST_LINES_MS);
  return 0;
}

async function main(): Promise<number> {
  if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
    console.log(USAGE);
    return 0;
  }
  const config = configOrExit();
  const writers = { log: new BoundedWriter(Deno.stderr), access: Deno.stdout };
  setUpLogging({
    level: config.logLevel,
    human: Deno.stderr.isTerminal(),
    writer: writers.log,
  });
  const signalled = nextSignal();
  const log = logger("main");
  if (config.otlpEndpoint !== undefined) {
    log.warn("OTEL_EXPORTER_OTLP_ENDPOINT is set, but nothing is exported by OTLP yet");
  }
  try {
    if (config.mode === "observability") return await observe(config, signalled);
    const started = Gateway.start(config, writers);
    const gateway = await Promise.race([started, signalled.then(() => undefined)]);
    if (!gateway) return 0;
    log.info("admin on {address}:{port}", {
      address: config.admin.address,
      port: gateway.adminPort,
    });
    await signalled;
    log.info("draining: {delayMs} ms of grace, then at most {drainMs} ms", {
      delayMs: config.drainDelayMs,
      drainMs: config.drainMs,
    });
    gateway.leave();
    await new Promise((resolve) => setTimeout(resolve, config.drainDelayMs));
    const unfinished = await gateway.stop(config.drainMs);
    if (unfinished > 0) log.warn("{unfinished} exchanges were cut off", { unfinished });
    log.info("drained");
    return 0;
  } catch (error) {
    if (error instanceof AdminAddressError) log.error("{reason}", { reason: error.message });
    else log.error("it can't be served: {reason}", { reason: String(error) });
    return 1;
  } finally {
    await writers.log.flush(LAST_LINES_MS);
  }
}

if (import.meta.main) Deno.exit(await main());
