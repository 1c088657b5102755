// The peers' configurations and RAUTA's objects for the benchmark, all saying the same thing:
// one host, round robin over three backends, upstream keep-alive, X-Forwarded-For added.
// Takes ports and folders, gives texts; writes nothing itself.

import { envoyBootstrap } from "./envoy_bootstrap.ts";

/** The host that every request names. */
export const BENCH_HOST = "bench.example.com";

/** The backends: one nginx worker, three ports, fixed answers. */
export function backendConfig(folder: string, ports: readonly number[]): string {
  const listens = ports.map((port) => `    listen 127.0.0.1:${port} backlog=4096;`).join("\n");
  return `
user root;
worker_processes 1;
daemon off;
pid ${folder}/backend.pid;
error_log ${folder}/backend.error error;
worker_rlimit_nofile 20000;
events { worker_connections 16384; }
http {
  access_log off;
  keepalive_requests 100000000;
  keepalive_timeout 300s;
  client_max_body_size 0;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=100 inactive=1h;
  client_body_temp_path ${folder}/backend_body;
  proxy_temp_path ${folder}/backend_proxy;
  fastcgi_temp_path ${folder}/backend_fastcgi;
  uwsgi_temp_path ${folder}/backend_uwsgi;
  scgi_temp_path ${folder}/backend_scgi;
  server {
${listens}
    location / { return 200 "${"a".repeat(64)}"; }
    location = /16k { root ${folder}/files; default_type application/octet-stream; }
    location = /64m { root ${folder}/files; default_type application/octet-stream; }
  }
}
`;
}

export function nginxConfig(folder: string, port: number, backends: readonly number[]): string {
  const servers = backends.map((backend) => `    server 127.0.0.1:${backend};`).join("\n");
  return `
user root;
worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.error error;
worker_rlimit_nofile 20000;
events { worker_connections 16384; }
http {
  access_log off;
  keepalive_requests 100000000;
  client_max_body_size 0;
  client_body_buffer_size 64k;
  proxy_buffers 8 64k;
  proxy_buffer_size 64k;
  proxy_busy_buffers_size 128k;
  proxy_max_temp_file_size 0;
  client_body_temp_path ${folder}/nginx_body;
  proxy_temp_path ${folder}/nginx_proxy;
  fastcgi_temp_path ${folder}/nginx_fastcgi;
  uwsgi_temp_path ${folder}/nginx_uwsgi;
  scgi_temp_path ${folder}/nginx_scgi;
  upstream backends {
${servers}
    keepalive 512;
    keepalive_requests 100000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    server_name ${BENCH_HOST};
    location / {
      proxy_pass http://backends;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }
}
`;
}

export function haproxyConfig(port: number, backends: readonly number[]): string {
  const servers = backends.map((backend, index) => `  server s${index} 127.0.0.1:${backend}`);
  return `
global
  nbthread 1
  maxconn 4000
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  option forwardfor
  option splice-auto
  http-reuse always
frontend entry
  bind 127.0.0.1:${port}
  acl bench hdr(host) -i ${BENCH_HOST}
  use_backend backends if bench
backend backends
  balance roundrobin
${servers.join("\n")}
`;
}

export function envoyConfig(port: number, backends: readonly number[]): string {
  const limit = 16384;
  return envoyBootstrap({
    port,
    backends,
    domain: BENCH_HOST,
    route: { timeout: "60s" },
    cluster: {
      lb_policy: "ROUND_ROBIN",
      circuit_breakers: {
        thresholds: [{
          max_connections: limit,
          max_pending_requests: limit,
          max_requests: limit,
        }],
      },
    },
  });
}

/** RAUTA's objects: a Gateway, a route to three endpoints, and `extraRoutes` that are never hit. */
export function rautaObjects(
  port: number,
  backends: readonly number[],
  extraRoutes: number,
): string {
  const documents: unknown[] = [
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "GatewayClass",
      metadata: { name: "rauta" },
      spec: { controllerName: "rauta.io/gateway-controller" },
    },
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { name: "bench", namespace: "bench" },
      spec: {
        gatewayClassName: "rauta",
        listeners: [{ name: "http", protocol: "HTTP", port }],
      },
    },
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "bench" } },
    route("bench", BENCH_HOST, "/"),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "backend", namespace: "bench" },
      spec: { ports: [{ name: "http", port: 80, protocol: "TCP" }] },
    },
  ];
  for (const [index, backend] of backends.entries()) {
    documents.push({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: `backend-${index}`,
        namespace: "bench",
        labels: { "kubernetes.io/service-name": "backend" },
      },
      addressType: "IPv4",
      ports: [{ name: "http", port: backend, protocol: "TCP" }],
      endpoints: [{ addresses: ["127.0.0.1"], conditions: { ready: true } }],
    });
  }
  for (let index = 0; index < extraRoutes; index++) {
    documents.push(route(`extra-${index}`, `host-${index}.example.com`, `/app/${index}`));
  }
  return documents.map((document) => JSON.stringify(document)).join("\n---\n") + "\n";
}

function route(name: string, host: string, path: string): unknown {
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name, namespace: "bench" },
    spec: {
      parentRefs: [{ name: "bench" }],
      hostnames: [host],
      rules: [{
        matches: [{ path: { type: "PathPrefix", value: path } }],
        backendRefs: [{ name: "backend", port: 80 }],
      }],
    },
  };
}
