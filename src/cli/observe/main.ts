// `deno task observe`: what an observer sees, live in a terminal, or once. Reads the loopback page
// /observer and writes to standard output alone. Exit codes: commands.ts.

import { AdminError } from "../admin_page.ts";
import { parseArguments, UsageError } from "../arguments.ts";
import { helpOf } from "../commands.ts";
import { finish, type Output } from "../output.ts";
import { DEFAULT_SORT, SORT_KEYS } from "./columns.ts";
import { showLive } from "./live.ts";
import {
  isLoopbackAuthority,
  observerAuthority,
  type ObserverPage,
  readObserverPage,
} from "./page.ts";
import { PLAIN_TABLE, tableLines } from "./table.ts";

interface Wanted {
  readonly authority: string;
  readonly sort: string;
  readonly isJson: boolean;
  readonly isLive: boolean;
}

/** @throws {UsageError} */
function wanted(args: readonly string[]): Wanted | "help" {
  const { options, rest } = parseArguments("observe", args);
  if (options.help) return "help";
  const sort = options.sort ?? DEFAULT_SORT;
  if (!SORT_KEYS.includes(sort)) {
    throw new UsageError("observe", `--sort is one of ${SORT_KEYS.join(", ")}, not ${sort}`);
  }
  if (rest.length > 1) throw new UsageError("observe", `${rest[1]}: one address is enough`);
  const authority = observerAuthority(rest[0]);
  if (!isLoopbackAuthority(authority)) {
    throw new UsageError(
      "observe",
      `${authority} is no loopback address with a port, and others are not answered: run this ` +
        "where the observer runs, or forward its port (kubectl port-forward)",
    );
  }
  const isJson = options.output === "json";
  return { authority, sort, isJson, isLive: !isJson && !options.once && isScreen() };
}

function isScreen(): boolean {
  return Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb";
}

/** https://no-color.org */
function hasColour(): boolean {
  return isScreen() && !Deno.env.get("NO_COLOR");
}

function once(page: ObserverPage, { isJson, sort }: Wanted): string {
  if (isJson) return JSON.stringify(page, null, 2);
  const options = { ...PLAIN_TABLE, sort, hasColour: hasColour() };
  return tableLines(page, options).join("\n");
}

async function main(args: readonly string[]): Promise<Output> {
  try {
    const asked = wanted(args);
    if (asked === "help") return { code: 0, out: `${helpOf("observe")}\n` };
    const page = await readObserverPage(asked.authority);
    if (!asked.isLive) return { code: 0, out: `${once(page, asked)}\n` };
    await showLive(asked.authority, page, asked.sort, hasColour());
    return { code: 0 };
  } catch (error) {
    if (error instanceof UsageError) return { code: 2, error: error.message };
    if (error instanceof AdminError) return { code: 1, error: error.message };
    throw error;
  }
}

if (import.meta.main) await finish(await main(Deno.args));
