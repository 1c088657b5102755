// nginx, HAProxy and Envoy as proxies comparable to RAUTA: one listener, one backend, kept alive on
// both sides, the client's Host kept, X-Forwarded-For added, upgrades, trailers and early hints on
// where they can be switched on, limits as RAUTA's. Takes ports and a folder, gives texts.

import { envoyBootstrap } from "../../../bench/proxy/envoy_bootstrap.ts";

export function nginxConfig(folder: string, port: number, backend: number): string {
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${folder}/${name};`).join("\n");
  return `
user root;
worker_processes 1;
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.error error;
events { worker_connections 256; }
http {
  access_log off;
${temp}
  client_max_body_size 0;
  client_header_buffer_size 16k;
  large_client_header_buffers 8 64k;
  proxy_buffer_size 64k;
  proxy_buffers 8 64k;
  proxy_busy_buffers_size 128k;
  underscores_in_headers on;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  map $http_x_probe $hints { default 1; }
  upstream backend { server 127.0.0.1:${backend}; keepalive 8; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_pass_trailers on;
      early_hints $hints;
    }
  }
}
`;
}

export function haproxyConfig(port: number, backend: number): string {
  return `
global
  nbthread 1
  maxconn 256
  tune.bufsize 131072
  tune.http.maxhdr 101
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
  option forwardfor
  http-reuse safe
frontend entry
  bind 127.0.0.1:${port}
  default_backend backends
backend backends
  server one 127.0.0.1:${backend}
`;
}

export function envoyConfig(port: number, backend: number): string {
  return envoyBootstrap({
    port,
    backends: [backend],
    domain: "*",
    manager: {
      normalize_path: true,
      merge_slashes: true,
      // Otherwise it waits for a second before it closes.
      delayed_close_timeout: "0.05s",
      proxy_100_continue: true,
      max_request_headers_kb: 64,
      upgrade_configs: [{ upgrade_type: "websocket" }],
      http_protocol_options: { accept_http_10: true, enable_trailers: true },
    },
    cluster: {
      typed_extension_protocol_options: {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
          "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
          explicit_http_config: { http_protocol_options: { enable_trailers: true } },
        },
      },
    },
  });
}
