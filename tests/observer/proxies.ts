// nginx or RAUTA as the proxy between a lab's client and its server. Takes a lab with a node; starts
// the proxy there on PORT and waits until it accepts. Ends with the lab.

import { type Lab, PORT, SERVER_IPV4 } from "../bpf/lab.ts";
import { until } from "../bpf/loader.ts";
import { proxyArguments } from "../../src/cli/proxy_process.ts";

export const PROXY_IPV4 = "10.77.1.1";
export type ProxyName = "nginx" | "RAUTA";

function nginxConfig(folder: string): string {
  return `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log crit;
events { worker_connections 1024; }
http {
  access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder};
  fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  keepalive_requests 1000000000;
  upstream backend { server ${SERVER_IPV4}:${PORT}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen ${PORT};
    location / {
      proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection "";
    }
  }
}
`;
}

/** A Gateway on PORT whose one route leads to the lab's server, by the name of shop/cart. */
export function rautaObjects(): string {
  const route = {
    parentRefs: [{ name: "gateway" }],
    rules: [{ backendRefs: [{ name: "cart", port: 80 }] }],
  };
  const objects = [
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "GatewayClass",
      metadata: { name: "rauta" },
      spec: { controllerName: "rauta.io/gateway-controller" },
    },
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name: "gateway", namespace: "shop" },
      spec: {
        gatewayClassName: "rauta",
        listeners: [{ name: "http", protocol: "HTTP", port: PORT }],
      },
    },
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: { name: "cart", namespace: "shop" },
      spec: route,
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "cart", namespace: "shop" },
      spec: { ports: [{ name: "http", port: 80, protocol: "TCP" }] },
    },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: "cart-1",
        namespace: "shop",
        labels: { "kubernetes.io/service-name": "cart" },
      },
      addressType: "IPv4",
      ports: [{ name: "http", port: PORT, protocol: "TCP" }],
      endpoints: [{ addresses: [SERVER_IPV4], conditions: { ready: true } }],
    },
  ];
  return objects.map((object) => JSON.stringify(object)).join("\n---\n") + "\n";
}

export async function startProxy(lab: Lab, name: ProxyName): Promise<void> {
  const quiet = { stdout: "null", stderr: "inherit" } as const;
  if (name === "nginx") {
    const path = `${lab.folder}/nginx.conf`;
    await Deno.writeTextFile(path, nginxConfig(lab.folder));
    lab.start("node", ["nginx", "-e", "stderr", "-c", path], quiet);
  } else {
    const path = `${lab.folder}/rauta.yaml`;
    await Deno.writeTextFile(path, rautaObjects());
    const env = { RAUTA_BIND_ADDRESS: "0.0.0.0", RAUTA_WORKERS: "1", RAUTA_LOG_LEVEL: "warning" };
    lab.start("node", [Deno.execPath(), ...proxyArguments(path)], { ...quiet, env });
  }
  await until(`${name} accepts`, async () => {
    const script = `exec 3<>/dev/tcp/${PROXY_IPV4}/${PORT}`;
    return await lab.in("node", "bash", "-c", script).then(() => true, () => false);
  });
}
