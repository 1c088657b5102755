// Throughput of a proxied load without the observer, and with it in both XDP modes, in turn.

import { Lab } from "../../tests/bpf/lab.ts";
import { Loader, until } from "../../tests/bpf/loader.ts";
import { type Figure, figure } from "../core/figures.ts";

const SECONDS_A_ROUND = 3;
const PROXY_ADDRESS = "10.77.1.1", BACKEND_ADDRESS = "10.77.2.1";
const MODES = ["native", "generic"] as const;

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

async function startNginx(lab: Lab, place: "node" | "server", http: string): Promise<void> {
  const path = `${lab.folder}/${place}.conf`;
  await Deno.writeTextFile(path, config(place, lab.folder, http));
  lab.start(place, ["nginx", "-e", "stderr", "-c", path], { stdout: "null", stderr: "inherit" });
  await until(`nginx runs in ${place}`, async () => {
    return await Deno.stat(`${lab.folder}/${place}.pid`).then(() => true, () => false);
  });
}

async function load(lab: Lab): Promise<number> {
  const args = ["-t1", "-c32", `-d${SECONDS_A_ROUND}s`, `http://${PROXY_ADDRESS}:8080/`];
  const words = await lab.in("client", "wrk", ...args);
  if (words.includes("Non-2xx")) throw new Error(words);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(words)?.[1]);
}

/** Empties the loader's socket without reading what is in it. */
async function drain(path: string): Promise<void> {
  const conn = await Deno.connect({ transport: "unix", path });
  const buffer = new Uint8Array(262144);
  while (await conn.read(buffer).catch(() => null) !== null);
  conn.close();
}

async function observedLoad(lab: Lab, mode: string): Promise<number> {
  const interfaces = ["eth0", "eth1"];
  const loader = new Loader(lab, { place: "node", interfaces, args: ["--mode", mode] });
  await until("it attaches", () => loader.words.includes("eth1 (index"));
  const draining = drain(loader.socketPath);
  const perSecond = await load(lab);
  await loader.stop();
  await draining;
  return perSecond;
}

export async function proxiedLoad(rounds: number): Promise<Figure[]> {
  await using lab = await Lab.create(true);
  await startNginx(
    lab,
    "server",
    `server { listen 8080 reuseport; location / { return 200 "${"x".repeat(64)}"; } }`,
  );
  await startNginx(
    lab,
    "node",
    `upstream backend { server ${BACKEND_ADDRESS}:8080; keepalive 64; }
  server { listen 8080; location / { proxy_pass http://backend; proxy_http_version 1.1;
    proxy_set_header Connection ""; } }`,
  );
  await load(lab); // warm
  const without: number[] = [];
  const observed = { native: [] as number[], generic: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    without.push(await load(lab));
    for (const mode of MODES) observed[mode].push(await observedLoad(lab, mode));
  }
  return [
    figure("without the observer", "requests/s", without),
    ...MODES.flatMap((mode) => [
      figure(`observed, XDP ${mode}`, "requests/s", observed[mode]),
      figure(
        `lost, XDP ${mode}`,
        "%",
        observed[mode].map((perSecond, round) => (1 - perSecond / without[round]) * 100),
      ),
    ]),
  ];
}
