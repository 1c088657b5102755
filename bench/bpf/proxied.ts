// CPU time of a proxied request without the observer and with it, in both XDP modes, in turn.

import { Lab } from "../../tests/bpf/lab.ts";
import { Loader, until } from "../../tests/bpf/loader.ts";
import { type Figure, figure } from "../core/figures.ts";
import { cpuNs } from "./records.ts";

const SLICE_MS = 1000;
const CONNECTIONS = 32;
const PROXY_ADDRESS = "10.77.1.1", BACKEND_ADDRESS = "10.77.2.1";

/** What is observed: native and generic XDP on both sides, and the client's side alone. */
const SETTINGS = [
  { name: "both sides, XDP native", interfaces: ["eth0", "eth1"], mode: "native" },
  { name: "both sides, XDP generic", interfaces: ["eth0", "eth1"], mode: "generic" },
  { name: "clients' side, XDP generic", interfaces: ["eth0"], mode: "generic" },
] as const;
type Setting = typeof SETTINGS[number];

function config(name: string, folder: string, http: string): string {
  return `daemon off; master_process off; pid ${folder}/${name}.pid;
error_log ${folder}/${name}.log crit;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder};
  fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  keepalive_requests 1000000000;
  ${http}
}
`;
}

async function startNginx(lab: Lab, place: "node" | "server", http: string): Promise<number> {
  const path = `${lab.folder}/${place}.conf`;
  await Deno.writeTextFile(path, config(place, lab.folder, http));
  const args = ["nginx", "-e", "stderr", "-c", path];
  const { pid } = lab.start(place, args, { stdout: "null", stderr: "inherit" });
  await until(`nginx runs in ${place}`, async () => {
    return await Deno.stat(`${lab.folder}/${place}.pid`).then(() => true, () => false);
  });
  return pid;
}

/** Empties the loader's socket without reading what is in it. */
async function drain(path: string): Promise<void> {
  const conn = await Deno.connect({ transport: "unix", path });
  const buffer = new Uint8Array(262144);
  while (await conn.read(buffer).catch(() => null) !== null);
  conn.close();
}

/** Requests that the proxy has answered since its start. */
async function answered(lab: Lab): Promise<number> {
  const script = String
    .raw`exec 3<>/dev/tcp/127.0.0.1/8081; printf 'GET / HTTP/1.0\r\n\r\n' >&3; cat <&3`;
  const page = await lab.in("node", "bash", "-c", script);
  return Number(/\n \d+ \d+ (\d+) \n/.exec(page)?.[1]);
}

/** CPU us of all these processes for one request, over a slice of the load that runs. */
async function slice(lab: Lab, pids: readonly number[]): Promise<number> {
  const cpu = async () => {
    let sum = 0;
    for (const pid of pids) sum += await cpuNs(pid);
    return sum;
  };
  const [beforeNs, before] = [await cpu(), await answered(lab)];
  await new Promise((resolve) => setTimeout(resolve, SLICE_MS));
  const [afterNs, after] = [await cpu(), await answered(lab)];
  return (afterNs - beforeNs) / (after - before) / 1000;
}

async function observedSlice(
  lab: Lab,
  pids: readonly number[],
  { interfaces, mode }: Setting,
): Promise<number> {
  const loader = new Loader(lab, { place: "node", interfaces, args: ["--mode", mode] });
  await until("it attaches", () => loader.words.includes(`${interfaces.at(-1)} (index`));
  const draining = drain(loader.socketPath);
  const cost = await slice(lab, [...pids, loader.pid]);
  await loader.stop();
  await draining;
  return cost;
}

/** h2load of nghttp2 keeps a rate over HTTP/1.1. */
function loadCommand(ratePerSecond: number | null): string[] {
  const target = `http://${PROXY_ADDRESS}:8080/`;
  if (ratePerSecond === null) return ["wrk", "-t1", `-c${CONNECTIONS}`, "-d600s", target];
  const rate = `--rps=${ratePerSecond / CONNECTIONS}`;
  return ["h2load", "--h1", `-c${CONNECTIONS}`, "-D600", rate, target];
}

/** As fast as it goes (null), or at a rate. */
export async function proxiedLoad(
  rounds: number,
  ratePerSecond: number | null,
): Promise<Figure[]> {
  await using lab = await Lab.create(true);
  const backend = await startNginx(
    lab,
    "server",
    `server { listen 8080; location / { return 200 "${"x".repeat(64)}"; } }`,
  );
  const proxy = await startNginx(
    lab,
    "node",
    `upstream backend { server ${BACKEND_ADDRESS}:8080; keepalive 64; }
  server { listen 8080; location / { proxy_pass http://backend; proxy_http_version 1.1;
    proxy_set_header Connection ""; } }
  server { listen 127.0.0.1:8081; location / { stub_status; } }`,
  );
  const load = lab.start("client", loadCommand(ratePerSecond), {
    stdout: "null",
    stderr: "inherit",
  });
  const pids = [backend, proxy, load.pid];
  await slice(lab, pids); // warm
  const without: number[] = [];
  const observed: number[][] = SETTINGS.map(() => []);
  for (let round = 0; round < rounds; round++) {
    without.push(await slice(lab, pids));
    for (const [i, setting] of SETTINGS.entries()) {
      observed[i].push(await observedSlice(lab, pids, setting));
    }
  }
  return [
    figure("without the observer", "us", without),
    ...SETTINGS.flatMap(({ name }, i) => [
      figure(name, "us", observed[i]),
      figure(
        `${name}: more`,
        "%",
        observed[i].map((cost, round) => (cost / without[round] - 1) * 100),
      ),
    ]),
  ];
}
