// The commands as a person types them: every example of every help text, and explain against a
// gateway that runs.

import { type CommandName, commandOf, COMMANDS, helpOf } from "../../src/cli/commands.ts";
import type { ExplainAnswer } from "../../src/core/explain_query.ts";
import { assertEquals } from "../assert.ts";
import {
  freePort,
  gatewayYaml,
  routeYaml,
  serviceYaml,
  startEcho,
  startGateway,
  until,
} from "./gateway_harness.ts";

const NAMES = Object.keys(COMMANDS) as CommandName[];

async function typed(line: string): Promise<{ code: number; out: string; error: string }> {
  const bin = Deno.execPath().slice(0, Deno.execPath().lastIndexOf("/"));
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", line],
    env: { PATH: `${bin}:${Deno.env.get("PATH")}` },
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), error: text(stderr) };
}

/** The last words of what `run` prints once it serves. */
const SERVED = "Ctrl-C drains and ends it.";

/**
 * A line that serves until it is ended, in a network of its own: the ports are those that it states,
 * whatever runs on this machine. Ended as soon as it has said that it serves.
 */
async function typedUntilServed(
  line: string,
): Promise<{ code: number; out: string; error: string }> {
  const bin = Deno.execPath().slice(0, Deno.execPath().lastIndexOf("/"));
  const child = new Deno.Command("unshare", {
    args: ["--map-root-user", "--net", "sh", "-c", `ip link set lo up && exec ${line}`],
    env: { PATH: `${bin}:${Deno.env.get("PATH")}`, RAUTA_WORKERS: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const printed = { out: "", error: "" };
  const errors = collect(child.stderr, (text) => printed.error += text);
  await collect(child.stdout, (text) => {
    printed.out += text;
    if (printed.out.includes(SERVED)) {
      child.kill("SIGTERM");
    }
  });
  await errors;
  return { code: (await child.status).code, ...printed };
}

/** A line that asks an observer: one without a loader runs beside it, in a network of its own. */
async function typedBesideObserver(line: string) {
  const script = `
    ip link set lo up
    RAUTA_MODE=observability RAUTA_OBSERVER_SOCKET=/none deno run --allow-all src/main.ts 2>/dev/null &
    for try in $(seq 1200); do
      curl -sf 127.0.0.1:9091/healthz >/dev/null && break
      sleep 0.1
    done
    ${line}
    code=$?
    kill -TERM %1
    exit $code`;
  return await typed(`unshare --map-root-user --net bash -c '${script}'`);
}

async function collect(stream: ReadableStream<Uint8Array>, take: (text: string) => void) {
  for await (const text of stream.pipeThrough(new TextDecoderStream())) take(text);
}

for (const name of NAMES) {
  Deno.test(`the help of ${name} shows examples that work as typed`, async () => {
    const help = await typed(`deno task ${name} --help`);
    assertEquals([help.code, help.out.trim()], [0, helpOf(name).trim()], help.error);
    for (const { line, code, serves, observes } of commandOf(name).examples) {
      const done = serves
        ? await typedUntilServed(line)
        : observes
        ? await typedBesideObserver(line)
        : await typed(line);
      assertEquals([done.code, done.out !== ""], [code, true], `${line}\n${done.out}${done.error}`);
      if (line.includes("--output json")) JSON.parse(done.out);
    }
  });
}

Deno.test("/explain answers for the running table, follows an edit, and says what it can't", async () => {
  const echo = startEcho("a");
  const port = freePort();
  const route = (path: string) =>
    routeYaml({
      name: "r",
      hostname: "a.test",
      rules: `[{ matches: [{ path: { value: ${path} } }], backendRefs: [{ name: a, port: 80 }] }]`,
    });
  const files = {
    "gate.yaml": gatewayYaml(port),
    "route.yaml": route("/one"),
    "service.yaml": serviceYaml("a", [echo.port]),
  };
  const gateway = await startGateway(port, files, { RAUTA_WORKERS: "1" });
  const page = async (query: string) => {
    const response = await fetch(`http://127.0.0.1:${gateway.adminPort}/explain?${query}`);
    return { status: response.status, text: await response.text() };
  };
  const ask = async (url: string): Promise<ExplainAnswer> => {
    const { status, text } = await page(`method=GET&url=${encodeURIComponent(url)}`);
    assertEquals(status, 200, text);
    return JSON.parse(text);
  };
  try {
    const one = await ask("http://a.test/one/1");
    assertEquals([one.port, one.portAssumed, one.after.kind], [port, true, "forward"]);
    assertEquals(one.balance?.endpoint, `127.0.0.1:${echo.port}`);
    assertEquals((await ask("http://a.test/two")).after.kind, "respond");
    await gateway.edit("route.yaml", route("/two"));
    await until("two", () => ask("http://a.test/two"), ({ after }) => after.kind === "forward");
    assertEquals((await ask("http://a.test/one/1")).after.kind, "respond");
    for (
      const [query, said] of [
        ["", "url is missing"],
        ["url=ftp://a.test/", "write http://HOST"],
        ["url=http://a.test:1/", "no HTTP listener has port 1"],
        ["url=http://a.test/&header=x", "write 'NAME: VALUE'"],
        ["url=http://a.test/&client=nobody", "write IP:PORT"],
        ["url=http://a.test/&key=xyz", "hexadecimal"],
        ["url=http://a.test/&draw=1", "below 1"],
        ["url=http://a.test/&colour=red", "colour is not known"],
      ]
    ) {
      const { status, text } = await page(query);
      assertEquals([status, text.includes(said)], [400, true], `${query}: ${text}`);
    }
  } finally {
    await gateway.stop();
    await echo.close();
  }
});

/** Every name of a JSON value but those below `status`, of headers' own and of causes of losses. */
function namesIn(value: unknown, names: Set<string>): Set<string> {
  if (Array.isArray(value)) { for (const item of value) namesIn(item, names); }
  else if (typeof value === "object" && value !== null) {
    for (const [name, child] of Object.entries(value)) {
      names.add(name);
      if (!["status", "filters", "losses"].includes(name)) namesIn(child, names);
    }
  }
  return names;
}

Deno.test("check of standard input with nothing in it says so, and exits with 1", async () => {
  const { code, out } = await typed("true | deno task --quiet check -");
  assertEquals([code, out.split("\n").slice(0, 2)], [1, [
    "error: stdin",
    "  there is no object on standard input",
  ]]);
});

Deno.test("docs/commands.md names every field of every command's JSON", async () => {
  const page = await Deno.readTextFile("docs/commands.md");
  const text = page.slice(page.indexOf("\n## JSON"), page.indexOf("\n## Exit codes"));
  const documented = new Set([...text.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  const lines = NAMES.filter((name) => name !== "observe")
    .flatMap((name) => commandOf(name).examples.map(({ line }) => line))
    .filter((line) => line.endsWith("--output json"));
  assertEquals(lines.length, 3);
  const wrong = "echo 'kind: HTTPRoute' | deno task check - --output json";
  for (const line of [...lines, wrong]) {
    const { out, error } = await typed(line);
    const names = namesIn(JSON.parse(out), new Set());
    assertEquals(names.size > 3, true, `${line}\n${error}`);
    const unknown = [...names].filter((name) => !documented.has(name));
    assertEquals(unknown, [], line);
  }
  const observed = await typedBesideObserver("deno task observe --output json");
  const names = namesIn(JSON.parse(observed.out), new Set());
  assertEquals([...names].filter((name) => !documented.has(name)), [], observed.error);
});
