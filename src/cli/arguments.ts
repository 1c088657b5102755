// Command lines of the commands in commands.ts: options by their table, everything else in order.
// Takes words, gives values; what is wrong is thrown as UsageError, which ends a command with code 2.

import { type CommandName, COMMANDS, type OptionName } from "./commands.ts";

/** The command line is wrong; the message names what and where help is. */
export class UsageError extends Error {
  constructor(command: CommandName, message: string) {
    super(`${command}: ${message}\nHelp: deno task ${command} --help`);
  }
}

export interface Options {
  help: boolean;
  output: "text" | "json";
  config?: string;
  client?: string;
  key?: string;
  draw?: string;
  from?: string;
  once?: boolean;
  sort?: string;
  /** In the order given. */
  header: string[];
  to: string[];
}

/** Paths are meant from where the command was typed; `deno task` changes the folder. */
export function absolute(path: string): string {
  if (path.startsWith("/")) return path;
  return `${Deno.env.get("INIT_CWD") ?? Deno.cwd()}/${path}`;
}

/** Why a path that was typed can't be read, in words; undefined where it can be looked at. */
export async function pathFault(path: string): Promise<string | undefined> {
  try {
    const { isFile, isDirectory } = await Deno.stat(absolute(path));
    return isFile || isDirectory ? undefined : `${path} is neither a file nor a folder`;
  } catch (error) {
    return unreadable(path, error);
  }
}

/** What reading a path failed with, without the system's own terms where there are better ones. */
export function unreadable(path: string, error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return `there is no file or folder ${path}`;
  if (error instanceof Deno.errors.PermissionDenied) {
    // In a folder, the one that is closed.
    const closed = /'([^']+)'$/.exec(error.message)?.[1] ?? path;
    return `${closed} may not be read by this user`;
  }
  return `${path}: ${error instanceof Error ? error.message : String(error)}`;
}

export function parseArguments(
  command: CommandName,
  args: readonly string[],
): { options: Options; rest: string[] } {
  const options: Options = { help: false, output: "text", header: [], to: [] };
  const rest: string[] = [];
  const known: readonly OptionName[] = COMMANDS[command].options;
  for (let index = 0; index < args.length; index++) {
    const arg = args[index];
    if (arg === "--help" || arg === "-h") {
      options.help = true;
      continue;
    }
    if (!arg.startsWith("-") || arg === "-") {
      rest.push(arg);
      continue;
    }
    const equals = arg.startsWith("--") ? arg.indexOf("=") : -1;
    const word = equals < 0 ? arg : arg.slice(0, equals);
    const name = known.find((each) => word === `--${each}` || (each === "header" && word === "-H"));
    if (name === undefined) throw new UsageError(command, `${arg} is not known`);
    if (name === "once") {
      if (equals >= 0) throw new UsageError(command, `${word} takes no value`);
      options.once = true;
      continue;
    }
    const value = equals < 0 ? args[++index] : arg.slice(equals + 1);
    if (value === undefined || value === "") throw new UsageError(command, `${word} needs a value`);
    if (name === "header" || name === "to") options[name].push(value);
    else if (name === "output") {
      if (value !== "json" && value !== "text") {
        throw new UsageError(command, `--output is json or text, not ${value}`);
      }
      options.output = value;
    } else options[name] = value;
  }
  return { options, rest };
}
