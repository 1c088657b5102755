import {
  collectionPaths,
  createKubernetesProvider,
} from "../../src/control/provider/kubernetes/kubernetes_provider.ts";
import type { ListWatchTiming } from "../../src/control/provider/kubernetes/list_watch.ts";
import { KINDS } from "../../src/gatewayapi/kinds.ts";
import type { Problem } from "../../src/control/problem.ts";
import { assertEquals } from "../assert.ts";
import { ApiDouble, eventually, type Json } from "./api_double.ts";

const GATEWAYS = "/apis/gateway.networking.k8s.io/v1/gateways";
const ROUTES = "/apis/gateway.networking.k8s.io/v1/httproutes";
const ALL = KINDS.flatMap(collectionPaths);
const TIMING: Partial<ListWatchTiming> = { missingMs: 30 };

interface Seen {
  readonly api: ApiDouble;
  readonly objects: Map<string, Json>;
  readonly listed: Set<string>;
  problems: readonly Problem[];
}

function gatewayPath(name: string): string {
  return `/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways/${name}`;
}

function gateway(name: string, secrets: readonly string[] = []): Json {
  return {
    metadata: { name, namespace: "default", managedFields: [{}] },
    spec: {
      gatewayClassName: "rauta",
      listeners: [{ name: "a", tls: { certificateRefs: secrets.map((name) => ({ name })) } }],
    },
  };
}

async function withProvider(
  test: (seen: Seen) => Promise<void>,
  prepare: (api: ApiDouble) => void = () => {},
  timing = TIMING,
): Promise<void> {
  const api = new ApiDouble();
  prepare(api);
  const seen: Seen = { api, objects: new Map(), listed: new Set(), problems: [] };
  const provider = createKubernetesProvider({ client: api.client(), timing });
  const started = provider.start({
    change(changes) {
      for (const { kind, key, object } of changes) {
        if (object === undefined) seen.objects.delete(`${kind} ${key}`);
        else seen.objects.set(`${kind} ${key}`, object);
      }
    },
    listed: (kind) => seen.listed.add(kind),
    problems: (problems) => seen.problems = problems,
  });
  try {
    await test(seen);
    await started;
  } finally {
    await provider.stop();
    await api.stop();
  }
}

Deno.test("what exists is listed, what changes is told, managedFields are not kept", async () => {
  await withProvider(async ({ api, objects, listed }) => {
    await eventually("every kind is listed", () => listed.size === KINDS.length);
    const first = objects.get("Gateway default/one");
    assertEquals(first.kind, "Gateway");
    assertEquals(first.apiVersion, "gateway.networking.k8s.io/v1");
    assertEquals("managedFields" in first.metadata, false);
    api.put(gatewayPath("two"), gateway("two"));
    await eventually("the second is told", () => objects.has("Gateway default/two"));
    api.remove(gatewayPath("one"));
    await eventually("the first is gone", () => !objects.has("Gateway default/one"));
  }, (api) => api.put(gatewayPath("one"), gateway("one")));
});

Deno.test("a watch that breaks is resumed where it was, without a list", async () => {
  await withProvider(async ({ api, objects, listed }) => {
    await eventually("every kind is listed", () => listed.size === KINDS.length);
    const { metadata } = api.put(gatewayPath("one"), gateway("one"));
    await eventually("it is told", () => objects.has("Gateway default/one"));
    const lists = () =>
      api.requests.filter(({ path, query }) => path === GATEWAYS && !query.has("watch")).length;
    assertEquals(lists(), 1);
    api.breakWatches();
    await eventually("it is asked for again", () => api.watchesOf(GATEWAYS).length === 2);
    assertEquals(
      api.watchesOf(GATEWAYS)[1].query.get("resourceVersion"),
      metadata.resourceVersion,
    );
    api.put(gatewayPath("two"), gateway("two"));
    await eventually("what comes later is told", () => objects.has("Gateway default/two"));
    assertEquals(lists(), 1);
  });
});

Deno.test("410 leads to a list, and what it no longer holds is gone", async () => {
  await withProvider(async ({ api, objects, listed }) => {
    await eventually("every kind is listed", () => listed.size === KINDS.length);
    assertEquals(objects.has("Gateway default/one"), true);
    api.removeSilently(gatewayPath("one"));
    api.expired.add(GATEWAYS);
    api.breakWatches();
    await eventually("it is gone", () => !objects.has("Gateway default/one"));
  }, (api) => api.put(gatewayPath("one"), gateway("one")));
});

Deno.test("a watch that falls silent is asked for again", async () => {
  await withProvider(
    async ({ api, listed }) => {
      await eventually("every kind is listed", () => listed.size === KINDS.length);
      await eventually("it is asked for again", () => api.watchesOf(GATEWAYS).length > 1);
    },
    undefined,
    { ...TIMING, silenceMs: 50 },
  );
});

Deno.test("a kind whose CRD is missing is empty, and served once it is there", async () => {
  await withProvider(async ({ api, objects, listed, problems }) => {
    await eventually("every kind is listed", () => listed.size === KINDS.length);
    assertEquals(problems, []);
    api.put("/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes/r", {
      metadata: { name: "r", namespace: "default" },
    });
    api.missing.delete(ROUTES);
    await eventually("the route is told", () => objects.has("HTTPRoute default/r"));
  }, (api) => {
    api.missing.add(ROUTES);
    api.missing.add(ROUTES.replace("v1", "v1beta1"));
  });
});

Deno.test("a kind that is not found for a moment is kept, one that stays away is gone", async () => {
  const route = "/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes/r";
  await withProvider(async ({ api, objects, listed }) => {
    await eventually("every kind is listed", () => listed.size === KINDS.length);
    const notFound = () => {
      api.missing.add(ROUTES).add(ROUTES.replace("v1", "v1beta1"));
      api.expired.add(ROUTES);
      api.requests.length = 0;
      api.breakWatches();
    };
    notFound();
    await eventually("it is asked for", () => api.count("GET", "/httproutes") >= 2);
    assertEquals(objects.has("HTTPRoute default/r"), true);
    api.missing.clear();
    await eventually("it is watched again", () => api.watchesOf(ROUTES).length > 0);
    assertEquals(objects.has("HTTPRoute default/r"), true);
    notFound();
    await eventually("it is gone", () => !objects.has("HTTPRoute default/r"));
  }, (api) => api.put(route, { metadata: { name: "r", namespace: "default" } }));
});

Deno.test("a watch that is allowed again ends the problem, though nothing changes", async () => {
  await withProvider(async (seen) => {
    const { api } = seen;
    await eventually("every kind is listed", () => seen.listed.size === KINDS.length);
    api.forbidden.add(ROUTES);
    api.breakWatches();
    await eventually("it is a problem", () => seen.problems.length === 1);
    api.forbidden.clear();
    await eventually("it is none", () => seen.problems.length === 0);
    assertEquals(api.count("GET", "/httproutes") > 0, true);
  });
});

Deno.test("a server that refuses everything is asked less and less", async () => {
  await withProvider(async ({ api }) => {
    const sinceMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    // Ten collections, five times each at most, and once a second on a machine that takes longer;
    // without a growing pause it would be thousands.
    const seconds = Math.ceil((performance.now() - sinceMs) / 1_000);
    const most = 9 * (6 + Math.max(0, seconds - 3));
    assertEquals([api.requests.length > 0, api.requests.length <= most], [true, true]);
    api.forbidden.clear();
  }, (api) => {
    for (const path of ALL) api.forbidden.add(path);
  });
});

Deno.test("what is forbidden is a problem that names the fix, until it is allowed", async () => {
  await withProvider(async (seen) => {
    await eventually("it is a problem", () => seen.problems.length === 1);
    assertEquals(seen.problems[0].kind, "Service");
    assertEquals(seen.problems[0].fix.includes("rbac.yaml"), true);
    assertEquals(seen.listed.has("Service"), false);
    seen.api.forbidden.clear();
    await eventually("it is solved", () => seen.problems.length === 0);
    await eventually("it is listed", () => seen.listed.has("Service"));
  }, (api) => api.forbidden.add("/api/v1/services"));
});

Deno.test("Secrets are asked for where a Gateway names them, and nowhere else", async () => {
  const path = (name: string) => `/api/v1/namespaces/default/secrets/${name}`;
  const secret = (name: string) => ({ metadata: { name, namespace: "default" }, data: {} });
  await withProvider(async ({ api, objects, listed }) => {
    await eventually("every kind is listed", () => listed.size === KINDS.length);
    assertEquals(objects.has("Secret default/named"), true);
    assertEquals(objects.has("Secret default/other"), false);
    const asked = api.requests.filter(({ path }) => path.includes("secrets"));
    for (const { query } of asked) {
      assertEquals(query.get("fieldSelector"), "metadata.name=named");
    }
    api.put(gatewayPath("one"), gateway("one", ["other"]));
    await eventually("the other is told", () => objects.has("Secret default/other"));
    assertEquals(objects.has("Secret default/named"), false);
  }, (api) => {
    api.put(path("named"), secret("named"));
    api.put(path("other"), secret("other"));
    api.put(gatewayPath("one"), gateway("one", ["named"]));
  });
});

Deno.test("a Secret that a ListenerSet names is asked for as long as it does", async () => {
  const setPath = "/apis/gateway.networking.k8s.io/v1/namespaces/default/listenersets/more";
  const { metadata, spec } = gateway("more", ["named"]);
  await withProvider(async ({ api, objects, listed }) => {
    await eventually("every kind is listed", () => listed.size === KINDS.length);
    assertEquals(objects.has("Secret default/named"), true, "before the first batch");
    api.put(gatewayPath("one"), gateway("one"));
    await eventually("the Gateway is told", () => objects.has("Gateway default/one"));
    assertEquals(objects.has("Secret default/named"), true);
    api.remove(setPath);
    await eventually("the Secret is forgotten", () => !objects.has("Secret default/named"));
  }, (api) => {
    api.put("/api/v1/namespaces/default/secrets/named", {
      metadata: { name: "named", namespace: "default" },
      data: {},
    });
    api.put(setPath, { metadata, spec: { parentRef: { name: "one" }, listeners: spec.listeners } });
  });
});
