// Times what a person waits for: `check` over 5,000 routes, `explain` from a warm admin server, and
// what tracing costs traffic while nobody asks. Writes bench/results/rules.md: medians and ranges,
// with machine, commit and command. `--quick`: fewer rounds, nothing written.

import { parseDocument } from "yaml";
import { proxyArguments, proxyEnvironment } from "../src/cli/proxy_process.ts";
import { splitDocuments } from "../src/control/provider/file/documents.ts";
import { readQuickYaml } from "../src/control/provider/file/quick_yaml.ts";
import { type Figure, figure, row, writePage } from "./core/figures.ts";
import { tracingFigures } from "./core/trace.ts";

const isQuick = Deno.args.includes("--quick");
const ROUTES = 5000;
const ROUNDS = isQuick ? 3 : 9;
const QUESTIONS = isQuick ? 50 : 500;

/** Everyday patterns, none twice. */
const PATTERNS: readonly ((number: number) => string)[] = [
  (number) => `/api/v[0-9]+/service-${number}/users/[0-9a-f-]{36}`,
  (number) => `/(?:cart|checkout|orders)/${number}(?:/.*)?`,
  (number) => `/shop-${number}/.*`,
  (number) => `/items-${number}/[^/]+/reviews/\\d+`,
  (number) => `^/user${number}/(\\w+)/profile$`,
  (number) => `(?i)/static-${number}/.*\\.(js|css|png)`,
  (number) => `/v${number}/[a-z]{2,10}-[0-9]{1,5}`,
];

function prefixOf(number: number): string {
  return `{ type: PathPrefix, value: /app-${number} }`;
}

function regexOf(number: number): string {
  return `{ type: RegularExpression, value: '${PATTERNS[number % PATTERNS.length](number)}' }`;
}

function yamlOf(routes: number, port = 18_080, pathOf = prefixOf): string {
  const documents = [
    `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: rauta }
spec: { controllerName: rauta.io/gateway-controller }
`,
    `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gw, namespace: shop }
spec:
  gatewayClassName: rauta
  listeners: [{ name: http, protocol: HTTP, port: ${port} }]
`,
    `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { ports: [{ port: 80 }] }
`,
    `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
ports: [{ port: 8080 }]
endpoints: [{ addresses: [127.0.0.1] }, { addresses: [127.0.0.2] }]
`,
  ];
  for (let i = 0; i < routes; i++) {
    documents.push(`apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: route-${i}
  namespace: shop
spec:
  parentRefs:
    - name: gw
  hostnames:
    - host-${i % 500}.example.com
  rules:
    - matches:
        - path: ${pathOf(i)}
          headers:
            - { name: x-version, value: v${i % 7} }
      backendRefs:
        - { name: web, port: 80 }
`);
  }
  return documents.join("---\n");
}

async function finished(args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    env,
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

async function timeAll(rounds: number, work: (round: number) => Promise<void>): Promise<number[]> {
  const timesMs: number[] = [];
  for (let round = 0; round < rounds; round++) timesMs.push(await timed(() => work(round)));
  return timesMs;
}

/** CPU of ended children, user and system, in ms (proc_pid_stat(5), fields 16 and 17). */
async function childrenCpuMs(): Promise<number> {
  // By a command: reading below /proc itself would take every permission.
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${Deno.pid}/stat`] }).output();
  const stat = new TextDecoder().decode(stdout);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const TICKS_A_SECOND = 100;
  return (Number(fields[13]) + Number(fields[14])) * 1000 / TICKS_A_SECOND;
}

async function checkFigures(path: string): Promise<Figure[]> {
  const cpuMs: number[] = [];
  const wallMs = await timeAll(ROUNDS, async () => {
    const before = await childrenCpuMs();
    await finished(["task", "check", path]);
    cpuMs.push(await childrenCpuMs() - before);
  });
  return [
    figure("`deno task check`, the whole command", "ms", wallMs),
    figure("its CPU, user and system", "ms", cpuMs),
  ];
}

/** The documents alone, by the reader of ordinary YAML and by the package that reads all of it. */
function readingFigures(text: string): Figure[] {
  const documents = splitDocuments(text);
  const plain: number[] = [];
  const whole: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    for (const { text } of documents) {
      if (readQuickYaml(text) === undefined) throw new Error(`not plain:\n${text}`);
    }
    const betweenMs = performance.now();
    for (const { text } of documents) parseDocument(text, { merge: true }).toJS();
    plain.push(betweenMs - startedMs);
    whole.push(performance.now() - betweenMs);
  }
  return [
    figure("reading the documents", "ms", plain),
    figure("reading them with the yaml package", "ms", whole),
  ];
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

async function untilReady(admin: string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    try {
      const response = await fetch(`http://${admin}/readyz`);
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // Not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the gateway did not become ready within 30 s");
}

function urlOf(index: number, port: number): string {
  return `http://host-${index % 500}.example.com:${port}/app-${index}/x?y=1`;
}

async function explainFigures(folder: string): Promise<Figure[]> {
  const [port, adminPort] = [freePort(), freePort()];
  const admin = `127.0.0.1:${adminPort}`;
  await Deno.writeTextFile(`${folder}/served.yaml`, yamlOf(ROUTES, port));
  const gateway = new Deno.Command(Deno.execPath(), {
    args: proxyArguments(`${folder}/served.yaml`),
    clearEnv: true,
    env: {
      ...proxyEnvironment(Deno.env.toObject()),
      RAUTA_WORKERS: "1",
      RAUTA_ADMIN_ADDRESS: admin,
      RAUTA_LOG_LEVEL: "error",
    },
    stdin: "null",
  }).spawn();
  const ask = async (index: number) => {
    const query = new URLSearchParams({ url: urlOf(index, port), header: "x-version: v1" });
    const response = await fetch(`http://${admin}/explain?${query}`);
    const text = await response.text();
    if (!response.ok) throw new Error(text);
  };
  try {
    await untilReady(admin);
    const firstMs = await timed(() => ask(1));
    const warmMs = await timeAll(QUESTIONS, (round) => ask(round * 7 % ROUTES));
    // A route's version is its number mod 7, and the path's route is number 8.
    const args = ["task", "explain", "GET", urlOf(8, port), "-H", "x-version: v1"];
    const env = { RAUTA_ADMIN_ADDRESS: admin };
    const commandMs = await timeAll(ROUNDS, () => finished(args, env));
    return [
      figure("/explain, the first question", "ms", [firstMs]),
      figure(`/explain from then on, ${QUESTIONS} questions`, "ms", warmMs),
      figure("`deno task explain`, the whole command", "ms", commandMs),
    ];
  } finally {
    gateway.kill("SIGTERM");
    await gateway.status;
  }
}

function table(head: string, figures: readonly Figure[]): string[] {
  return [`| ${head} | median | range |`, "|---|---|---|", ...figures.map(row)];
}

const folder = await Deno.makeTempDir({ prefix: "rauta-bench-" });
try {
  const path = `${folder}/all.yaml`;
  const text = yamlOf(ROUTES);
  await Deno.writeTextFile(path, text);
  const regexPath = `${folder}/regex.yaml`;
  await Deno.writeTextFile(regexPath, yamlOf(ROUTES, 18_080, regexOf));
  const sections = [
    {
      heading: `Check: ${ROUTES} HTTPRoutes of 500 hosts`,
      lines: table(`${ROUNDS} rounds`, [...await checkFigures(path), ...readingFigures(text)]),
    },
    {
      heading: `Check: the same, each with a regular expression of its own for its path`,
      lines: table(`${ROUNDS} rounds`, await checkFigures(regexPath)),
    },
    {
      heading: `Explain: ${ROUTES} routes by prefixes, a running gateway`,
      lines: table("from its admin server", await explainFigures(folder)),
    },
    {
      heading: "Tracing while nobody asks: a lookup among 10,000 routes",
      lines: table("lookup", await tracingFigures()),
    },
  ];
  for (const { heading, lines } of sections) console.log([heading, ...lines, ""].join("\n"));
  if (!isQuick) {
    const title = "Check, explain and tracing";
    await writePage("bench/results/rules.md", title, "deno task bench:rules", sections);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
