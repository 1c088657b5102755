// A toy Gateway controller, to test the conformance harness with: it accepts everything, gives each
// Gateway an address, and copies bytes from port 80 to the first endpoint of the first route.
// Runs inside a cluster's network and reads KUBECONFIG. It polls, and it knows no rule of the API:
// one conformance test passes with it, and that is its whole purpose.

import { type ApiClient, apiClient, credentialsOf } from "./lab/api.ts";
import { run } from "./lab/command.ts";

export const TOY_CONTROLLER_NAME = "rauta.test/toy-controller";

interface Meta {
  name: string;
  namespace: string;
  generation: number;
}
interface Named<Spec> {
  metadata: Meta;
  spec: Spec;
}
type GatewayClass = Named<{ controllerName: string }>;
type Gateway = Named<{ listeners: { name: string; port: number }[] }>;
interface ParentRef {
  name: string;
  namespace?: string;
}
type HttpRoute = Named<{
  parentRefs?: ParentRef[];
  rules?: { backendRefs?: { name: string; port: number }[] }[];
}>;

const API = "/apis/gateway.networking.k8s.io/v1";
const POLL_MS = 200;

function conditions(generation: number, ...types: string[]): unknown[] {
  const lastTransitionTime = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  return types.map((type) => ({
    type,
    status: "True",
    reason: type,
    message: "a toy accepts everything",
    observedGeneration: generation,
    lastTransitionTime,
  }));
}

class Toy {
  readonly #addresses = new Map<string, string>();
  /** Pods' addresses by Gateway, refreshed with every look at the API. */
  readonly #targets = new Map<string, string>();
  readonly #written = new Map<string, string>();

  constructor(readonly client: ApiClient) {}

  async #list<T>(path: string): Promise<T[]> {
    const { status, body } = await this.client.request("GET", path);
    if (status !== 200) throw new Error(`${path}: the API server answers ${status}`);
    return (body as { items: T[] }).items;
  }

  /** Writes a status once for each generation and content. */
  async #writeStatus(path: string, { generation }: Meta, status: unknown): Promise<void> {
    const key = JSON.stringify([generation, status]).replaceAll(
      /"lastTransitionTime":"[^"]*"/g,
      "",
    );
    if (this.#written.get(path) === key) return;
    const answer = await this.client.request("PATCH", `${path}/status`, { status }, {
      "content-type": "application/merge-patch+json",
    });
    if (answer.status === 200) this.#written.set(path, key);
  }

  async step(): Promise<void> {
    const classes = await this.#list<GatewayClass>(`${API}/gatewayclasses`);
    for (const { metadata, spec } of classes) {
      if (spec.controllerName !== TOY_CONTROLLER_NAME) continue;
      const path = `${API}/gatewayclasses/${metadata.name}`;
      await this.#writeStatus(path, metadata, {
        conditions: conditions(metadata.generation, "Accepted"),
      });
    }
    for (const gateway of await this.#list<Gateway>(`${API}/gateways`)) await this.#serve(gateway);
    for (const route of await this.#list<HttpRoute>(`${API}/httproutes`)) await this.#accept(route);
  }

  async #serve({ metadata, spec }: Gateway): Promise<void> {
    const name = `${metadata.namespace}/${metadata.name}`;
    const address = this.#addresses.get(name) ?? await this.#listen(name);
    const all = (...types: string[]) => conditions(metadata.generation, ...types);
    await this.#writeStatus(
      `${API}/namespaces/${metadata.namespace}/gateways/${metadata.name}`,
      metadata,
      {
        addresses: [{ type: "IPAddress", value: address }],
        conditions: all("Accepted", "Programmed"),
        listeners: spec.listeners.map(({ name }) => ({
          name,
          attachedRoutes: 0,
          supportedKinds: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute" }],
          conditions: all("Accepted", "Programmed", "ResolvedRefs"),
        })),
      },
    );
  }

  async #listen(gateway: string): Promise<string> {
    const address = `10.99.200.${this.#addresses.size + 1}`;
    this.#addresses.set(gateway, address);
    await run(["ip", "addr", "add", `${address}/32`, "dev", "br0"]);
    const listener = Deno.listen({ hostname: address, port: 80 });
    (async () => {
      for await (const client of listener) this.#join(client, gateway).catch(() => {});
    })();
    return address;
  }

  async #join(client: Deno.Conn, gateway: string): Promise<void> {
    const target = this.#targets.get(gateway);
    if (target === undefined) return client.close();
    const server = await Deno.connect({ hostname: target, port: 3000 });
    await Promise.all([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
  }

  async #accept({ metadata, spec }: HttpRoute): Promise<void> {
    const { namespace, generation } = metadata;
    const parents = spec.parentRefs ?? [];
    await this.#writeStatus(
      `${API}/namespaces/${namespace}/httproutes/${metadata.name}`,
      metadata,
      {
        parents: parents.map((parentRef) => ({
          parentRef,
          controllerName: TOY_CONTROLLER_NAME,
          conditions: conditions(generation, "Accepted", "ResolvedRefs"),
        })),
      },
    );
    const backend = spec.rules?.[0]?.backendRefs?.[0];
    if (backend === undefined) return;
    const slices = await this.#list<{ endpoints?: { addresses: string[] }[] }>(
      `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices` +
        `?labelSelector=kubernetes.io/service-name%3D${backend.name}`,
    );
    const address = slices[0]?.endpoints?.[0]?.addresses[0];
    if (address === undefined) return;
    for (const parent of parents) {
      this.#targets.set(`${parent.namespace ?? namespace}/${parent.name}`, address);
    }
  }
}

if (import.meta.main) {
  const kubeconfig = Deno.env.get("KUBECONFIG");
  if (kubeconfig === undefined) throw new Error("KUBECONFIG names no file");
  const toy = new Toy(apiClient(await credentialsOf(kubeconfig)));
  for (;;) {
    // The next step tries again what this one could not do.
    await toy.step().catch((error) => console.error(error.message));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
