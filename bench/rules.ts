// Times `check` over 5,000 routes, the whole command, and `/explain` from a warm admin server.
// Writes bench/results/rules.md: medians and ranges, with machine, commit and command.

const ROUTES = 5000;
const ROUNDS = 5;

function yamlOf(routes: number): string {
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
  listeners: [{ name: http, protocol: HTTP, port: 18080 }]
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
        - path: { type: PathPrefix, value: /app-${i} }
          headers:
            - { name: x-version, value: v${i % 7} }
      backendRefs:
        - { name: web, port: 80 }
`);
  }
  return documents.join("---\n");
}

function show(timesMs: number[]): string {
  const sorted = timesMs.toSorted((a, b) => a - b);
  const ms = (value: number) => value.toFixed(value < 100 ? 1 : 0);
  return `${ms(sorted[sorted.length >> 1])} ms (${ms(sorted[0])} to ${ms(sorted.at(-1)!)})`;
}

async function output(command: string, args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args }).output();
  return new TextDecoder().decode(stdout).trim();
}

async function timeCheck(path: string): Promise<number[]> {
  const timesMs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "check", path],
      stdout: "piped",
      stderr: "piped",
    }).output();
    timesMs.push(performance.now() - startedMs);
    if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  }
  return timesMs;
}

const folder = await Deno.makeTempDir({ prefix: "rauta-bench-" });
const path = `${folder}/all.yaml`;
await Deno.writeTextFile(path, yamlOf(ROUTES));
const checkMs = await timeCheck(path);
const cpu = /model name\s*: (.*)/.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1] ?? "unknown";
const load = (await Deno.readTextFile("/proc/loadavg")).split(" ")[0];
const text = `# Check and explain

${ROUTES} HTTPRoutes of 500 hosts, ${ROUNDS} rounds, median (range).

| what | time |
| --- | --- |
| \`deno task check\`, the whole command | ${show(checkMs)} |

Command: \`deno task bench:rules\`. Commit ${await output("git", [
  "rev-parse",
  "--short",
  "HEAD",
])}. Machine: ${cpu}, ${navigator.hardwareConcurrency} cores, Linux ${Deno.osRelease()}; load average ${load} at the end.
`;
await Deno.remove(folder, { recursive: true });
await Deno.writeTextFile("bench/results/rules.md", text);
console.log(text);
