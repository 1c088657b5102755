// `deno task explain METHOD URL`: why a request goes where it goes, by the gateway that runs on this
// machine or, with --config, by files. Exit codes: 0 a rule takes it, 1 none does or nobody answers,
// 2 the command line is wrong.

import { TableCompiler } from "../../core/compiler/table_compiler.ts";
import { Explainer } from "../../core/explain.ts";
import {
  type ExplainAnswer,
  type ExplainQuery,
  explainQuery,
  QueryError,
  toParams,
} from "../../core/explain_query.ts";
import { GatewayCore } from "../../core/gateway_core.ts";
import { HeadGate } from "../../core/head_gate.ts";
import { DEFAULT_EXCHANGE_LIMITS } from "../../core/exchange_core.ts";
import { IdRegistry } from "../../core/ids.ts";
import { AdminError, adminPage } from "../admin_page.ts";
import { parseArguments, UsageError } from "../arguments.ts";
import { buildCore } from "../build_core.ts";
import { finish, type Output } from "../output.ts";
import { helpOf } from "../commands.ts";
import { type Configuration, readConfiguration, warningOf } from "../configuration.ts";
import { showExplanation } from "./text.ts";

/** Explains by files. */
export async function explainFiles(
  { snapshot }: Configuration,
  query: ExplainQuery,
): Promise<ExplainAnswer> {
  const ids = new IdRegistry();
  const { routes, endpoints, listeners } = new TableCompiler(ids).compile(snapshot);
  await buildCore();
  const url = new URL("../../../build/core.wasm", import.meta.url);
  const core = GatewayCore.create(await WebAssembly.compile(await Deno.readFile(url)));
  for (const result of [core.loadRoutes(routes!), core.loadEndpoints(endpoints!)]) {
    if (!result.ok) throw new Error(result.reason);
  }
  return explainQuery(
    {
      snapshot,
      bindings: listeners,
      explainer: new Explainer(core, ids),
      gate: new HeadGate(core, DEFAULT_EXCHANGE_LIMITS),
    },
    query,
  );
}

export async function runExplain(args: readonly string[]): Promise<Output> {
  let warning: string | undefined;
  try {
    const { options, rest } = parseArguments("explain", args);
    if (options.help) return { code: 0, out: helpOf("explain") };
    if (rest.length !== 2) throw new UsageError("explain", "METHOD and URL are needed");
    const [method, typedUrl] = rest;
    // As curl has it.
    const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(typedUrl) ? typedUrl : `http://${typedUrl}`;
    const { client, key, draw } = options;
    const query: ExplainQuery = {
      method,
      url,
      headers: options.header,
      ...(client === undefined ? {} : { client }),
      ...(key === undefined ? {} : { key }),
      ...(draw === undefined ? {} : { draw }),
    };
    const { config } = options;
    const read = config === undefined ? undefined : await readConfiguration("explain", config);
    warning = read && config !== undefined ? warningOf(read, config) : undefined;
    const answer = read === undefined
      ? await adminPage<ExplainAnswer>(`/explain?${toParams(query)}`)
      : await explainFiles(read, query);
    const out = options.output === "json"
      ? JSON.stringify(answer, null, 2) + "\n"
      : showExplanation(answer);
    const code = answer.matches.some(({ outcome }) => outcome === "won") ? 0 : 1;
    return { code, out, ...(warning === undefined ? {} : { error: warning }) };
  } catch (error) {
    if (error instanceof UsageError) return { code: 2, error: error.message };
    if (error instanceof QueryError) {
      const { message } = new UsageError("explain", error.message);
      return { code: 2, error: warning === undefined ? message : `${warning}\n${message}` };
    }
    if (error instanceof AdminError) return { code: 1, error: error.message };
    throw error;
  }
}

if (import.meta.main) await finish(await runExplain(Deno.args));
