// `deno task check PATH ...`: is this YAML right, and what would its objects' statuses say?
// Exit codes: 0 nothing is wrong, 1 something is, 2 the command line is wrong. Changes nothing.

import type { Problem } from "../../control/problem.ts";
import { decodeFile } from "../../control/provider/file/file_text.ts";
import { joinObjects } from "../../control/provider/file/object_set.ts";
import { readAll, type Reading, readText } from "../../control/provider/file/read_all.ts";
import { kindInfo } from "../../gatewayapi/kinds.ts";
import { loadValidator } from "../../gatewayapi/validation/bundled.ts";
import type { Validator } from "../../gatewayapi/validation/validator.ts";
import { absolute, parseArguments, pathFault, unreadable, UsageError } from "../arguments.ts";
import { helpOf } from "../commands.ts";
import { finish, type Output } from "../output.ts";
import { check, type CheckResult } from "./check.ts";
import { describe } from "./describe.ts";

/** Files are shown as they would be typed from here. */
function shown(file: string): string {
  const here = absolute("");
  return file.startsWith(here) ? file.slice(here.length) : file;
}

function place({ file, line, column }: Problem): string {
  return line === 0 ? shown(file) : `${shown(file)}:${line}:${column}`;
}

function showProblem(problem: Problem): string {
  const { severity, kind, name, field, message, fix } = problem;
  const what = [place(problem), kind, name, field].filter((part) => part !== "").join(" ");
  return `${severity}: ${what}\n  ${message}\n` + (fix === "" ? "" : `  instead: ${fix}\n`);
}

function split(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return { namespace: slash < 0 ? "" : key.slice(0, slash), name: key.slice(slash + 1) };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function errorsOf({ problems }: CheckResult): number {
  return problems.filter((problem) => problem.severity === "error").length;
}

/** Statuses as `kubectl describe` words them, then what is wrong, then one line that adds up. */
export function showText(result: CheckResult): string {
  const parts = result.statuses.map(({ kind, key, status }) => {
    const apiVersion = result.placed.get(`${kind} ${key}`)?.object.apiVersion ??
      kindInfo(kind).group;
    return describe({ kind, apiVersion, ...split(key), status: { ...status } });
  });
  parts.push(...result.problems.map(showProblem));
  const errors = errorsOf(result);
  parts.push(
    `${count(result.placed.size, "object")}, ${count(errors, "error")}, ` +
      `${count(result.problems.length - errors, "warning")}\n`,
  );
  return parts.join("\n");
}

export function showJson(result: CheckResult): string {
  const { statuses, problems, placed } = result;
  const content = { ok: errorsOf(result) === 0, objects: placed.size, statuses, problems };
  return JSON.stringify(content, null, 2) + "\n";
}

interface Source {
  readonly reading: Reading;
  readonly textOf: (file: string) => string | undefined;
}

/** Standard input, as `helm template | deno task check -` has it. */
async function readStandardInput(validator: Validator): Promise<Source> {
  const bytes = new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
  const decoded = decodeFile(bytes);
  if ("fault" in decoded) throw new UsageError("check", `standard input: ${decoded.fault.message}`);
  const { objects, problems } = readText("stdin", decoded.text, validator);
  const joined = joinObjects([objects]);
  return {
    reading: { placed: joined.objects, problems: [...problems, ...joined.problems] },
    textOf: () => decoded.text,
  };
}

async function readPaths(typed: readonly string[]): Promise<Source> {
  const validator = await loadValidator();
  if (typed[0] === "-") return await readStandardInput(validator);
  const texts = new Map<string, string>();
  const textOf = (file: string) => {
    let text = texts.get(file);
    if (text === undefined) texts.set(file, text = Deno.readTextFileSync(file));
    return text;
  };
  for (const path of typed) {
    const fault = await pathFault(path);
    if (fault !== undefined) throw new UsageError("check", fault);
  }
  try {
    return { reading: await readAll(typed.map(absolute), validator), textOf };
  } catch (error) {
    throw new UsageError("check", unreadable(typed.join(" "), error));
  }
}

/** A check that finds nothing to check has found a slip in its path. */
function emptiness(paths: readonly string[], { placed, problems }: Reading): Problem[] {
  if (placed.size > 0 || problems.length > 0) return [];
  const nowhere = { line: 0, column: 0, kind: "", name: "", field: "" };
  const [message, fix] = paths[0] === "-"
    ? ["there is no object on standard input", "give it YAML or JSON, such as: helm template ."]
    : [
      "there is no object in it: YAML and JSON are read from files that end in .yaml, .yml and .json",
      "name another path",
    ];
  const file = paths[0] === "-" ? "stdin" : paths.map(absolute).join(" ");
  return [{ severity: "error", file, ...nowhere, message, fix }];
}

/** Gives what to print and the exit code. */
export async function runCheck(args: readonly string[]): Promise<Output> {
  try {
    const { options, rest } = parseArguments("check", args);
    if (options.help) return { code: 0, out: helpOf("check") };
    if (rest.length === 0) throw new UsageError("check", "a PATH is needed");
    if (rest.length > 1 && rest.includes("-")) {
      throw new UsageError("check", "- stands alone: standard input is one configuration");
    }
    const { reading, textOf } = await readPaths(rest);
    const gatewayClass = Deno.env.get("RAUTA_GATEWAY_CLASS") || undefined;
    const problems = [...reading.problems, ...emptiness(rest, reading)];
    const result = check({ ...reading, problems }, {
      ...(gatewayClass === undefined ? {} : { gatewayClass }),
      hostAddresses: [Deno.env.get("RAUTA_BIND_ADDRESS") || "127.0.0.1"],
      nowMs: Date.now(),
      textOf,
    });
    const out = options.output === "json" ? showJson(result) : showText(result);
    return { code: errorsOf(result) > 0 ? 1 : 0, out };
  } catch (error) {
    if (error instanceof UsageError) return { code: 2, error: error.message };
    throw error;
  }
}

if (import.meta.main) await finish(await runCheck(Deno.args));
