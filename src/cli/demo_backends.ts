// Demo backends: for every endpoint of every EndpointSlice in a folder of YAML, a small server on
// this machine that answers, as JSON, which Service and endpoint it is and what it received.
// Serves loopback addresses only and is never part of the proxy.

import { parseAllDocuments } from "yaml";

export interface DemoEndpoint {
  readonly service: string;
  readonly address: string;
  readonly port: number;
}

/** The few members of an EndpointSlice that are read here. */
interface SliceLike {
  readonly kind?: string;
  readonly metadata?: { readonly namespace?: string; readonly labels?: Record<string, string> };
  readonly ports?: readonly { readonly port?: number }[];
  readonly endpoints?: readonly { readonly addresses?: readonly string[] }[];
}

export function endpointsOf(yamlText: string): DemoEndpoint[] {
  const found: DemoEndpoint[] = [];
  for (const document of parseAllDocuments(yamlText)) {
    const slice = (document as { toJS(): unknown }).toJS() as SliceLike | null;
    if (slice?.kind !== "EndpointSlice") continue;
    const name = slice.metadata?.labels?.["kubernetes.io/service-name"] ?? "";
    const service = `${slice.metadata?.namespace ?? "default"}/${name}`;
    for (const { port } of slice.ports ?? []) {
      for (const endpoint of slice.endpoints ?? []) {
        for (const address of endpoint.addresses ?? []) {
          if (port !== undefined) found.push({ service, address, port });
        }
      }
    }
  }
  return found;
}

async function echo(endpoint: DemoEndpoint, request: Request): Promise<Response> {
  const url = new URL(request.url);
  let bodyBytes = 0;
  for await (const chunk of request.body ?? []) bodyBytes += chunk.length;
  const answer = {
    service: endpoint.service,
    endpoint: `${endpoint.address}:${endpoint.port}`,
    received: {
      method: request.method,
      host: request.headers.get("host"),
      path: url.pathname + url.search,
      headers: Object.fromEntries(request.headers),
      bodyBytes,
    },
  };
  return Response.json(answer, { headers: { "x-demo-service": endpoint.service } });
}

export interface DemoBackends {
  readonly endpoints: readonly DemoEndpoint[];
  close(): Promise<void>;
}

/** @throws {Error} that names the endpoint whose address can't be bound. */
export async function startDemoBackends(
  endpoints: readonly DemoEndpoint[],
): Promise<DemoBackends> {
  const servers: Deno.HttpServer<Deno.NetAddr>[] = [];
  const close = async () => {
    await Promise.all(servers.map((server) => server.shutdown()));
  };
  const bound: DemoEndpoint[] = [];
  try {
    for (const { service, address, port } of endpoints) {
      const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve({
        hostname: address,
        port,
        onListen: () => {},
        handler: (request) => echo({ service, address, port: server.addr.port }, request),
      });
      servers.push(server);
      bound.push({ service, address, port: server.addr.port });
    }
  } catch (error) {
    await close();
    const next = endpoints[servers.length];
    throw new Error(
      `the demo backend of ${next.service} can't listen on ${next.address}:${next.port}: ` +
        (error instanceof Error ? error.message : String(error)) +
        ". Stop what listens there, or serve your own YAML with --config PATH.",
      { cause: error },
    );
  }
  return { endpoints: bound, close };
}

/** Every endpoint in the `.yaml` files of a folder. */
export async function endpointsInFolder(folder: string): Promise<DemoEndpoint[]> {
  const found: DemoEndpoint[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.isFile || !/\.ya?ml$/.test(entry.name)) continue;
    found.push(...endpointsOf(await Deno.readTextFile(`${folder}/${entry.name}`)));
  }
  return found;
}
