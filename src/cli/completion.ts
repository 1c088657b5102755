// `deno task completion bash|zsh|fish`: prints a script that completes `deno task` and the commands
// of commands.ts. Made of their table; runs nothing, changes nothing. Exit code 2: no such shell.

import { SORT_KEYS } from "./observe/columns.ts";
import { type CommandName, COMMANDS, type OptionName, OPTIONS } from "./commands.ts";

const NAMES = Object.keys(COMMANDS) as CommandName[];

function optionsOf(name: CommandName): readonly OptionName[] {
  return COMMANDS[name].options;
}

/** Words that an option's value can be, `path` for files, or nothing that can be known. */
function valuesOf(option: OptionName): readonly string[] | "path" {
  if (option === "output") return ["json", "text"];
  if (option === "sort") return SORT_KEYS;
  return option === "config" ? "path" : [];
}

function flagsOf(name: CommandName): string {
  return [...optionsOf(name).map((option) => `--${option}`), "--help"].join(" ");
}

/** Whatever completed `deno` before still does, for everything that is not one of our commands. */
function bash(): string {
  const cases = NAMES.map((name) => `    ${name}) flags="${flagsOf(name)}" ;;`).join("\n");
  return `# bash completion for RAUTA's commands: source <(deno task --quiet completion bash)
_rauta_before=$(complete -p deno 2>/dev/null | sed -n 's/.*-F \\([^ ]*\\) .*/\\1/p')
_rauta() {
  local word="\${COMP_WORDS[COMP_CWORD]}" last="\${COMP_WORDS[COMP_CWORD-1]}" flags=""
  COMPREPLY=()
  case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
    task*) ;;
    *) [ -n "$_rauta_before" ] && "$_rauta_before" "$@"; return ;;
  esac
  if [ "$COMP_CWORD" -eq 2 ]; then
    COMPREPLY=($(compgen -W "${NAMES.join(" ")}" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[2]}" in
${cases}
    *) [ -n "$_rauta_before" ] && "$_rauta_before" "$@"; return ;;
  esac
  case "$last" in
    --output) COMPREPLY=($(compgen -W "json text" -- "$word")); return ;;
    --sort) COMPREPLY=($(compgen -W "${SORT_KEYS.join(" ")}" -- "$word")); return ;;
    --config) COMPREPLY=($(compgen -f -- "$word")); return ;;
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
[ "$_rauta_before" = _rauta ] && _rauta_before=""
complete -o filenames -F _rauta deno
`;
}

/** zsh runs bash's script by way of its own bashcompinit. */
function zsh(): string {
  return `# zsh completion for RAUTA's commands: source <(deno task --quiet completion zsh)
autoload -Uz compinit bashcompinit && compinit && bashcompinit
${bash()}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function fish(): string {
  const lines = [
    "# fish completion for RAUTA's commands: deno task --quiet completion fish | source",
  ];
  const inTask = "__fish_seen_subcommand_from task";
  for (const name of NAMES) {
    const condition = quoted(`${inTask}; and not __fish_seen_subcommand_from ${NAMES.join(" ")}`);
    lines.push(`complete -c deno -n ${condition} -a ${name} -d ${quoted(COMMANDS[name].summary)}`);
    const here = quoted(`${inTask}; and __fish_seen_subcommand_from ${name}`);
    for (const option of optionsOf(name)) {
      const values = valuesOf(option);
      const value = values === "path" ? "-r -F" : `-x -a ${quoted(values.join(" "))}`;
      const takes = OPTIONS[option].value === "" ? "" : ` ${value}`;
      lines.push(
        `complete -c deno -n ${here} -l ${option}${takes} -d ${quoted(OPTIONS[option].help)}`,
      );
    }
    lines.push(`complete -c deno -n ${here} -l help -d 'usage, options and examples'`);
  }
  return `${lines.join("\n")}\n`;
}

export const SHELLS = { bash, zsh, fish } as const;

if (import.meta.main) {
  const [shell, ...rest] = Deno.args;
  const script = Object.entries(SHELLS).find(([name]) => name === shell)?.[1];
  if (rest.length > 0 || script === undefined) {
    const isHelp = shell === "--help" || shell === "-h";
    const usage = "usage: deno task completion bash|zsh|fish";
    if (isHelp) console.log(`${usage}\n\nbash: source <(deno task --quiet completion bash)`);
    else {
      const wrong = shell === undefined ? "a shell is needed" : `${shell} is not known`;
      console.error(`completion: ${wrong}\n${usage}`);
    }
    Deno.exit(isHelp ? 0 : 2);
  }
  await Deno.stdout.write(new TextEncoder().encode(script()));
}
