// `deno task completion bash|zsh|fish`: prints a script that completes `deno task` and the commands
// of commands.ts. Made of their table; runs nothing, changes nothing. Exit codes: 0 it was printed,
// 2 no such shell.

import { parseArguments, UsageError } from "./arguments.ts";
import {
  type CommandName,
  commandOf,
  COMMANDS,
  helpOf,
  type OptionName,
  OPTIONS,
} from "./commands.ts";
import { SORT_KEYS } from "./observe/columns.ts";
import { finish, type Output } from "./output.ts";

const NAMES = Object.keys(COMMANDS) as CommandName[];

function optionsOf(name: CommandName): readonly OptionName[] {
  return commandOf(name).options;
}

/** Words that an option's value can be, `path` for files, or nothing that can be known. */
function valuesOf(option: OptionName): readonly string[] | "path" {
  if (option === "output") return ["json", "text"];
  if (option === "sort") return SORT_KEYS;
  return option === "config" ? "path" : [];
}

function flagsOf(name: CommandName): string {
  const options = optionsOf(name).map((option) => `--${option}`);
  const short = optionsOf(name).includes("header") ? ["-H"] : [];
  return [...options, ...short, "--help"].join(" ");
}

/** What stands without an option: `path`, words, or nothing that can be known. */
function wordsOf(name: CommandName): string {
  const { words } = commandOf(name);
  return words === "path" ? "path" : words.join(" ");
}

/** Options whose values are known, as lines of a shell's case. */
function valueCases(): string {
  const names = Object.keys(OPTIONS) as OptionName[];
  return names.filter((option) => OPTIONS[option].value !== "").map((option) => {
    const values = valuesOf(option);
    const answer = values === "path" ? "_rauta_files" : `_rauta_words "${values.join(" ")}"`;
    const short = option === "header" ? "|-H" : "";
    return `    --${option}${short}) ${answer}; return ;;`;
  }).join("\n");
}

/**
 * Whatever completed \`deno\` before still does, for everything that is not one of our commands. Works
 * in bash 3.2 too, which has no mapfile and no compopt.
 */
function bash(): string {
  const cases = NAMES.map((name) =>
    `    ${name}) flags="${flagsOf(name)}" words="${wordsOf(name)}" ;;`
  ).join("\n");
  return `# bash completion for RAUTA's commands: source <(deno task --quiet completion bash)
_rauta_before=$(complete -p deno 2>/dev/null | sed -n 's/.*-F \\([^ ]*\\) .*/\\1/p')
[ "$_rauta_before" = _rauta ] && _rauta_before=""
_rauta_words() {
  local IFS=$' \\n'
  COMPREPLY=($(compgen -W "$1" -- "$word"))
}
_rauta_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -f -- "$word"))
  compopt -o filenames 2>/dev/null
}
_rauta_others() {
  if [ -n "$_rauta_before" ]; then "$_rauta_before" "$@"
  else compopt -o bashdefault -o default 2>/dev/null
  fi
}
_rauta() {
  local word="\${COMP_WORDS[COMP_CWORD]}" last="\${COMP_WORDS[COMP_CWORD-1]}" flags="" words=""
  COMPREPLY=()
  if [ "\${COMP_WORDS[1]}" != task ]; then
    _rauta_others "$@"
    return
  fi
  if [ "$COMP_CWORD" -eq 2 ]; then
    _rauta_words "${NAMES.join(" ")}"
    return
  fi
  case "\${COMP_WORDS[2]}" in
${cases}
    *) _rauta_others "$@"; return ;;
  esac
  # --output=json comes as three words.
  [ "$word" = "=" ] && word=""
  [ "$last" = "=" ] && last="\${COMP_WORDS[COMP_CWORD-2]}"
  case "$last" in
${valueCases()}
  esac
  case "$word" in
    -*) _rauta_words "$flags"; return ;;
  esac
  if [ "$words" = path ]; then _rauta_files
  elif [ "$COMP_CWORD" -eq 3 ]; then _rauta_words "$words"
  fi
}
complete -F _rauta deno
`;
}

/** In zsh's single quotes. */
function zshQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** `_arguments`' words for an option, as --name=value and --name value. */
function zshOption(option: OptionName): string[] {
  const { value, help } = OPTIONS[option];
  const explained = `[${help.replace(/[[\]\\]/g, "\\$&")}]`;
  if (value === "") return [zshQuoted(`--${option}${explained}`)];
  const values = valuesOf(option);
  const action = values === "path" ? "_files" : values.length > 0 ? `(${values.join(" ")})` : " ";
  const isRepeated = option === "header" || option === "to";
  const long = `${isRepeated ? "*" : ""}--${option}=${explained}:${option}:${action}`;
  return [long, ...(option === "header" ? [`*-H${explained}:${option}:${action}`] : [])]
    .map(zshQuoted);
}

function zshCase(name: CommandName): string {
  const { words } = commandOf(name);
  const others = words === "path"
    ? [zshQuoted("*:path:_files")]
    : words.length > 0
    ? [zshQuoted(`1:word:(${words.join(" ")})`), zshQuoted("*: : ")]
    : [];
  const all = [
    ...optionsOf(name).flatMap(zshOption),
    zshQuoted("--help[usage, options, examples]"),
  ];
  return `    ${name}) _arguments ${[...all, ...others].join(" \\\n      ")} ;;`;
}

/** Whatever completed `deno` before still does, for everything that is not one of our commands. */
function zsh(): string {
  const names = NAMES.map((name) =>
    `    ${zshQuoted(`${name}:${commandOf(name).summary.replaceAll(":", "\\:")}`)}`
  );
  return `# zsh completion for RAUTA's commands: source <(deno task --quiet completion zsh)
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
typeset -g _rauta_before="\${_comps[deno]:-_default}"
[[ $_rauta_before == _rauta ]] && _rauta_before=_default
_rauta() {
  local -a names=(
${names.join("\n")}
  )
  if [[ $words[2] != task ]] || (( CURRENT < 3 )); then $_rauta_before "$@"; return; fi
  if (( CURRENT == 3 )); then _describe command names; return; fi
  local name=$words[3]
  if (( ! \${names[(I)$name:*]} )); then $_rauta_before "$@"; return; fi
  shift 2 words
  (( CURRENT -= 2 ))
  case $name in
${NAMES.map(zshCase).join("\n")}
  esac
}
compdef _rauta deno
`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function fish(): string {
  const lines = [
    "# fish completion for RAUTA's commands: deno task --quiet completion fish | source",
  ];
  const inTask = "__fish_seen_subcommand_from task";
  for (const name of NAMES) {
    const condition = fishQuoted(
      `${inTask}; and not __fish_seen_subcommand_from ${NAMES.join(" ")}`,
    );
    lines.push(
      `complete -c deno -f -n ${condition} -a ${name} -d ${fishQuoted(COMMANDS[name].summary)}`,
    );
    const here = fishQuoted(`${inTask}; and __fish_seen_subcommand_from ${name}`);
    const words = wordsOf(name);
    if (words !== "path") {
      const first = fishQuoted(
        `${inTask}; and __fish_seen_subcommand_from ${name}; and test (count (commandline -opc)) -eq 3`,
      );
      lines.push(`complete -c deno -f -n ${here}`);
      if (words !== "") lines.push(`complete -c deno -f -n ${first} -a ${fishQuoted(words)}`);
    }
    for (const option of optionsOf(name)) {
      const values = valuesOf(option);
      const value = values === "path" ? "-r -F" : `-x -a ${fishQuoted(values.join(" "))}`;
      const takes = OPTIONS[option].value === "" ? "" : ` ${value}`;
      const short = option === "header" ? " -s H" : "";
      lines.push(
        `complete -c deno -n ${here} -l ${option}${short}${takes} -d ${
          fishQuoted(OPTIONS[option].help)
        }`,
      );
    }
    lines.push(`complete -c deno -n ${here} -l help -d 'usage, options and examples'`);
  }
  return `${lines.join("\n")}\n`;
}

export const SHELLS = { bash, zsh, fish } as const;

function runCompletion(args: readonly string[]): Output {
  try {
    const { options, rest } = parseArguments("completion", args);
    if (options.help) return { code: 0, out: helpOf("completion") };
    const script = Object.entries(SHELLS).find(([name]) => name === rest[0])?.[1];
    if (rest.length !== 1 || script === undefined) {
      const wrong = rest.length === 0 ? "a shell is needed" : `${rest.join(" ")} is not known`;
      throw new UsageError("completion", `${wrong}: write bash, zsh or fish`);
    }
    return { code: 0, out: script() };
  } catch (error) {
    if (error instanceof UsageError) return { code: 2, error: error.message };
    throw error;
  }
}

if (import.meta.main) await finish(runCompletion(Deno.args));
