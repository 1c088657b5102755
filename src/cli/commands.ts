// The table of commands that a person types: usage, options, examples. Help texts, completion and
// docs/commands.md are made of it, and the tests run its examples. Runs nothing itself.

/** An option whose value is empty is a switch. */
export const OPTIONS = {
  output: { value: "json|text", help: "text for people (the default), or json" },
  config: { value: "PATH", help: "a YAML file or a folder of them" },
  header: { value: "'NAME: VALUE'", help: "a field of the request; may be given again (also -H)" },
  client: { value: "IP:PORT", help: "who sends the request; default 127.0.0.1:40000" },
  key: { value: "HEX", help: "the balancing key, up to 16 digits; default: made of --client" },
  draw: { value: "0..1", help: "the draw among weighted backends, 1 excluded; default 0" },
  to: {
    value: "[HOST=]ADDRESS",
    help: "serve what runs at ADDRESS, for HOST or for every host; may be given again",
  },
  from: { value: "[ADDRESS:]PORT", help: "where --to is served; default 8080" },
  once: { value: "", help: "one table and no more, as where the output is no terminal" },
  sort: { value: "KEY", help: "the column to sort by: rate (the default), service, errors, ..." },
} as const;

export type OptionName = keyof typeof OPTIONS;

export interface Command {
  readonly usage: string;
  readonly summary: string;
  readonly text: string;
  readonly options: readonly OptionName[];
  /** What may stand without an option: paths, or words of which the first is one of these. */
  readonly words: "path" | readonly string[];
  /** Lines that work as typed in the project's folder, with the exit code that they end with. */
  readonly examples: readonly {
    readonly line: string;
    readonly code: number;
    /** It serves until it is ended. */
    readonly serves?: true;
    /** It asks an observer that runs on this machine. */
    readonly observes?: true;
  }[];
  readonly exitCodes: readonly (readonly [code: number, meaning: string])[];
}

const USAGE_CODE = [2, "the command line is wrong"] as const;

export const COMMANDS = {
  check: {
    usage: "check PATH ... [--output json]",
    summary: "Say what is wrong with YAML, and the statuses that its objects would get",
    text:
      "Reads files or folders as the gateway does, or standard input where PATH is -, judges every\n" +
      "object as an API server would (also kinds that RAUTA doesn't serve), and translates them as one\n" +
      "configuration. Nothing is served or changed.",
    options: ["output"],
    words: "path",
    examples: [
      { line: "deno task check deploy/examples", code: 0 },
      { line: "deno task check deploy/examples/shop.yaml --output json", code: 0 },
      { line: "deno task check deploy/examples/*.yaml", code: 0 },
      { line: "cat deploy/examples/shop.yaml | deno task check -", code: 0 },
    ],
    exitCodes: [[0, "nothing is wrong"], [1, "something is wrong"], USAGE_CODE],
  },
  explain: {
    usage:
      "explain METHOD URL [-H 'NAME: VALUE'] [--client IP:PORT] [--config PATH] [--output json]",
    summary: "Say why a request goes where it goes",
    text:
      "Asks the gateway that runs on this machine (RAUTA_ADMIN_ADDRESS), or reads --config PATH: which\n" +
      "listener, hosts and rule take the request, what the others lack, what is edited, which backend\n" +
      "is drawn and which endpoint picked. The matching is the gateway's own, traced. Traffic draws\n" +
      "key and backend afresh for each request; here they are --key and --draw.",
    options: ["header", "client", "key", "draw", "config", "output"],
    words: ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"],
    examples: [
      {
        line: "deno task explain GET http://shop.example.com/cart/7 --config deploy/examples",
        code: 0,
      },
      {
        line: "deno task explain GET http://shop.example.com/ -H 'x-canary: yes' " +
          "--client 192.0.2.7:5555 --config deploy/examples --output json",
        code: 0,
      },
      { line: "deno task explain GET http://nobody.test/ --config deploy/examples", code: 1 },
    ],
    exitCodes: [
      [0, "a rule takes the request"],
      [1, "no rule takes it, or no gateway answers"],
      USAGE_CODE,
    ],
  },
  routes: {
    usage: "routes [--config PATH] [--output json]",
    summary: "Draw what is served: listeners, hosts, rules, backends, endpoints",
    text:
      "Asks the gateway that runs on this machine (RAUTA_ADMIN_ADDRESS), or reads --config PATH.\n" +
      "`= /path` is an exact path, `~ /path` a regular expression, anything else a prefix.",
    options: ["config", "output"],
    words: [],
    examples: [
      { line: "deno task routes --config deploy/examples", code: 0 },
      { line: "deno task routes --config deploy/examples --output json", code: 0 },
    ],
    exitCodes: [[0, "it was drawn"], [1, "no gateway answers"], USAGE_CODE],
  },
  run: {
    usage: "run [--config PATH | --to [HOST=]ADDRESS ... [--from [ADDRESS:]PORT]]",
    summary: "Serve YAML, or what runs already, on this machine",
    text:
      "Serves Gateway API objects from YAML: --config PATH, a file or a folder with the kinds that a\n" +
      "cluster would have (Gateway, HTTPRoute, Service, EndpointSlice, ...). Editing it changes what is\n" +
      "served. Without it: deploy/examples, with demo backends on this machine.\n" +
      "\n" +
      "--to needs no YAML: it serves what runs at an address such as localhost:3000, [::1]:3000 or\n" +
      "api.internal:80, and prints the YAML that it stands for. Given again for the same HOST, requests\n" +
      "are spread over both; for another HOST, that one is served too.\n" +
      "\n" +
      "Ctrl-C drains and ends it; a second one ends it at once. The environment variables are in\n" +
      "docs/configuration.md; the first to know are RAUTA_BIND_ADDRESS (127.0.0.1),\n" +
      "RAUTA_ADMIN_ADDRESS (127.0.0.1:9090), RAUTA_WORKERS and RAUTA_LOG_LEVEL.\n" +
      "RAUTA_MODE=ingress KUBECONFIG=PATH, without --config, is the controller of that cluster from\n" +
      "outside: it serves the cluster's objects on this machine and writes their statuses:\n" +
      "docs/kubernetes.md.\n" +
      "RAUTA_MODE=observability RAUTA_INTERFACE=eth0, as root, observes instead, with KUBECONFIG by the\n" +
      "names of that cluster: docs/observer.md.",
    options: ["config", "to", "from"],
    words: [],
    examples: [
      { line: "deno task run", code: 0, serves: true },
      { line: "deno task run --config deploy/examples/gateway.yaml", code: 0, serves: true },
      { line: "deno task run --to localhost:3000", code: 0, serves: true },
      {
        line: "deno task run --to shop.test=localhost:3000 --to api.test=[::1]:3001 --from 8081",
        code: 0,
        serves: true,
      },
    ],
    exitCodes: [
      [0, "it was ended, and drained"],
      [1, "it could not serve"],
      USAGE_CODE,
    ],
  },
  observe: {
    usage: "observe [ADDRESS:PORT] [--once] [--sort KEY] [--output json]",
    summary: "Show what an observer sees: services with rates, errors, latencies, open episodes",
    text:
      "Asks the observer's admin server (RAUTA_ADMIN_ADDRESS, else 127.0.0.1:9091; a gateway's is\n" +
      "127.0.0.1:9090) and draws once a second what the kernel sees of each service, beside what the\n" +
      "proxy measured of it where there is one. Columns that find no room are left out.\n" +
      "\n" +
      "Keys: q ends, s and S sort by the next or the last column, r turns the order round, space\n" +
      "pauses, j and k or the arrows move, g goes to the top. NO_COLOR is honoured.\n" +
      "--sort takes service, rate, errors, unknown, p50, p99, usual, proxy-rate, proxy-errors,\n" +
      "proxy-p50, proxy-p99 or open. --output json is the page /observer: docs/observer.md.",
    options: ["once", "sort", "output"],
    words: [],
    examples: [
      { line: "deno task observe --once", code: 0, observes: true },
      { line: "deno task observe 127.0.0.1:9091 --sort p99 --once", code: 0, observes: true },
      { line: "deno task observe --output json", code: 0, observes: true },
    ],
    exitCodes: [
      [0, "it was shown, or ended by a key or a signal"],
      [1, "no observer answers there"],
      USAGE_CODE,
    ],
  },
  completion: {
    usage: "completion bash|zsh|fish",
    summary: "Print a script that completes these commands in a shell",
    text:
      "For bash, in ~/.bashrc or by hand: source <(deno task --quiet completion bash); for zsh the same\n" +
      "in ~/.zshrc; for fish: deno task --quiet completion fish | source.",
    options: [],
    words: ["bash", "zsh", "fish"],
    examples: [
      { line: "deno task --quiet completion bash", code: 0 },
      { line: "deno task --quiet completion fish", code: 0 },
    ],
    exitCodes: [[0, "it was printed"], USAGE_CODE],
  },
} as const satisfies Record<string, Command>;

export type CommandName = keyof typeof COMMANDS;

export function commandOf(name: CommandName): Command {
  return COMMANDS[name];
}

/** What `--help` prints. */
export function helpOf(name: CommandName): string {
  const { usage, text, options, examples, exitCodes } = commandOf(name);
  const rows = options.map((option): [string, string] => [
    `--${option} ${OPTIONS[option].value}`.trim(),
    OPTIONS[option].help,
  ]);
  rows.push(["--help", "this text"]);
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return [
    `usage: deno task ${usage}`,
    "",
    text,
    "",
    ...rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`),
    "",
    "examples:",
    ...examples.map(({ line }) => `  ${line}`),
    "",
    "exit codes:",
    ...exitCodes.map(([code, meaning]) => `  ${code}  ${meaning}`),
    "",
  ].join("\n");
}
