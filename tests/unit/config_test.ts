import { readConfig } from "../../src/config.ts";
import { NotAllowed, VARIABLES } from "../../src/config/variables.ts";
import { assertEquals } from "../assert.ts";

function read(env: Record<string, string>, args: string[] = ["--config", "x.yaml"]) {
  return readConfig({ args, env: (name) => env[name], cores: 4, isTerminal: false });
}

function config(env: Record<string, string>, args?: string[]) {
  const result = read(env, args);
  if (result.kind === "invalid") throw new Error(result.problems.join("; "));
  return result.config;
}

function problems(env: Record<string, string>, args?: string[]): readonly string[] {
  const result = read(env, args);
  return result.kind === "invalid" ? result.problems : [];
}

Deno.test("an empty environment gives the documented defaults", () => {
  const made = config({});
  assertEquals(made.mode, "ingress");
  assertEquals(made.bindAddress, "127.0.0.1");
  assertEquals(made.admin, { address: "127.0.0.1", port: 9090 });
  assertEquals(made.workers, 4);
  assertEquals(made.accessLog, "off");
  assertEquals(made.drainMs, 30_000);
  assertEquals(made.timeouts.responseMs, 60_000);
});

Deno.test("a wrong value names the variable, the value and what is allowed", () => {
  const cases: [string, string, string][] = [
    ["RAUTA_MODE", "proxy", "one of ingress, observability, mesh"],
    ["RAUTA_GATEWAY_CLASS", "My Class", "the name of a GatewayClass"],
    ["RAUTA_LOG_LEVEL", "loud", "one of debug, info, warning, error"],
    ["RAUTA_BIND_ADDRESS", "localhost", "an IPv4 or IPv6 address"],
    ["RAUTA_BIND_ADDRESS", "1.2.3.256", "an IPv4 or IPv6 address"],
    ["RAUTA_ADMIN_ADDRESS", "9090", "an address and a port"],
    ["RAUTA_ADMIN_ADDRESS", "127.0.0.1:70000", "an address and a port"],
    ["RAUTA_WORKERS", "0", "a whole number from 1 to 64"],
    ["RAUTA_WORKERS", "two", "a whole number from 1 to 64"],
    ["RAUTA_ACCESS_LOG", "yes", "one of off, json, text"],
    ["RAUTA_DRAIN_SECONDS", "-1", "seconds from 0 to 3600"],
    ["RAUTA_RESPONSE_TIMEOUT_SECONDS", "1m", "seconds from 0 to 86400"],
    ["RAUTA_MAX_HEAD_FIELDS", "1e3", "a whole number from 16 to 1000"],
    ["RAUTA_OBSERVER_SLOW_FACTOR", "1", "a number from 1.1 to 100, such as 2"],
    ["RAUTA_OBSERVER_SLOW_FLOOR_MS", "5ms", "a whole number from 0 to 60000"],
    ["RAUTA_OBSERVER_BASELINE_SAMPLES", "1", "a whole number from 20 to 1000000"],
    ["RAUTA_OBSERVER_ERROR_SHARE", "5%", "a number from 0.001 to 1, such as 0.05"],
    ["RAUTA_OBSERVER_ERROR_COUNT", "0", "a whole number from 1 to 1000000"],
    ["RAUTA_OBSERVER_WINDOW_SECONDS", "0.5", "a whole number from 2 to 60"],
    ["RAUTA_OBSERVER_PROBE_PATHS", "healthz", "paths that begin with /"],
    ["RAUTA_OBSERVER_PROBE_PATHS", "/a,", "paths that begin with /"],
    ["RAUTA_OBSERVER_PROBE_AGENTS", "kube probe", "beginnings of user agents"],
    ["RAUTA_OBSERVER_PROBE_TIMEOUT_MS", "1s", "a whole number from 10 to 3600000"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "a URL such as"],
  ];
  for (const [name, value, allowed] of cases) {
    const found = problems({ [name]: value });
    assertEquals(found.length, 1, name);
    const start = `${name}=${JSON.stringify(value)}: allowed is ${allowed}`;
    assertEquals(found[0].slice(0, start.length), start);
  }
});

Deno.test("every wrong value is named at once", () => {
  assertEquals(problems({ RAUTA_WORKERS: "x", RAUTA_MODE: "x", RAUTA_FRONT: "x" }).length, 3);
});

Deno.test("an empty variable counts as unset", () => {
  assertEquals(config({ RAUTA_WORKERS: "", RAUTA_MODE: "" }).workers, 4);
});

Deno.test("seconds may have decimals and become milliseconds", () => {
  assertEquals(config({ RAUTA_DRAIN_SECONDS: "0.25" }).drainMs, 250);
});

Deno.test("IPv6 addresses are written in brackets with a port and without them alone", () => {
  const made = config({ RAUTA_ADMIN_ADDRESS: "[::1]:1234", RAUTA_BIND_ADDRESS: "::" });
  assertEquals(made.admin, { address: "::1", port: 1234 });
  assertEquals(made.bindAddress, "::");
});

Deno.test("objects come from --config, RAUTA_CONFIG, the cluster, KUBECONFIG, in this order", () => {
  const all = { RAUTA_CONFIG: "b", KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBECONFIG: "/k" };
  assertEquals(config(all, ["--config=a"]).source, { kind: "files", path: "a" });
  assertEquals(config(all, []).source, { kind: "files", path: "b" });
  assertEquals(config({ ...all, RAUTA_CONFIG: "" }, []).source, { kind: "in-cluster" });
  assertEquals(config({ KUBECONFIG: "/k" }, []).source, { kind: "kubeconfig", path: "/k" });
});

Deno.test("an observer takes the same sources, and can do without", () => {
  const observer = { RAUTA_MODE: "observability", RAUTA_OBSERVER_SOCKET: "/run/rauta/o.sock" };
  assertEquals(config(observer, []).source, { kind: "none" });
  assertEquals(config({ ...observer, KUBECONFIG: "/k" }, []).source.kind, "kubeconfig");
  const inPod = { ...observer, KUBERNETES_SERVICE_HOST: "10.0.0.1" };
  assertEquals(config(inPod, []).source.kind, "in-cluster");
  assertEquals(config(inPod, ["--config=a"]).source, { kind: "files", path: "a" });
});

Deno.test("without a source and with unknown arguments the problem says what to give", () => {
  assertEquals(problems({}, [])[0].startsWith("there is nothing to serve: give --config"), true);
  assertEquals(problems({}, ["--verbose"]), [
    'argument "--verbose": allowed are --config PATH and --help',
  ]);
  assertEquals(problems({}, ["--config"]), ["--config: allowed is the path of a file or a folder"]);
});

Deno.test("every default is a value that its own variable allows", () => {
  for (const variable of VARIABLES) {
    if (variable.fallback === undefined) continue;
    const value = variable.parse(variable.fallback);
    assertEquals(value instanceof NotAllowed, false, variable.name);
  }
});
