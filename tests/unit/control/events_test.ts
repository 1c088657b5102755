// Which statuses become Events, once each, and how many at most.

import { assertEquals } from "../../assert.ts";
import { ApiError, type ApiRequest } from "../../../src/control/provider/kubernetes/api_client.ts";
import { complaints, EventWriter } from "../../../src/control/status/events.ts";
import type { ObservedObject } from "../../../src/control/status/observed_statuses.ts";

interface EventBody {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly involvedObject: Readonly<Record<string, string>>;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly firstTimestamp: string;
}

/** An API server that keeps Events by name, as the real one does. */
class Events {
  readonly kept = new Map<string, EventBody>();
  readonly paths: string[] = [];
  nowMs = Date.parse("2026-01-01T00:00:00.500Z");
  readonly writer = new EventWriter(
    { json: <T>(request: ApiRequest) => this.#post(request) as Promise<T> },
    "me",
    () => this.nowMs,
  );

  #post({ path, body }: ApiRequest): Promise<unknown> {
    const event = body as EventBody;
    const key = `${event.metadata.namespace}/${event.metadata.name}`;
    if (this.kept.has(key)) return Promise.reject(new ApiError(409, "AlreadyExists", "there"));
    this.kept.set(key, event);
    this.paths.push(path);
    return Promise.resolve(event);
  }

  get reasons(): string[] {
    return [...this.kept.values()].map(({ reason }) => reason);
  }
}

function condition(type: string, status: string, reason: string, message = `${reason} it is`) {
  return { type, status, reason, message };
}

function gateway(
  conditions: readonly unknown[],
  listeners: readonly unknown[] = [],
): ObservedObject {
  return {
    kind: "Gateway",
    key: "infra/gw",
    uid: "u1",
    resourceVersion: "1",
    status: { conditions, listeners },
  };
}

const BAD_LISTENER = {
  name: "https",
  conditions: [
    condition("Accepted", "True", "Accepted"),
    condition("Conflicted", "False", "NoConflicts"),
    condition("ResolvedRefs", "False", "InvalidCertificateRef"),
    condition("Programmed", "False", "Invalid", "not served: see its other conditions"),
    condition("OverlappingTLSConfig", "True", "OverlappingHostnames"),
    condition("rauta.io/CertificateInDate", "False", "CertificateExpired"),
  ],
};

Deno.test("a complaint is what is False, or True where that is bad; what only points elsewhere is none", () => {
  const conditions = [
    condition("Accepted", "True", "Accepted"),
    condition("Programmed", "Unknown", "Pending"),
  ];
  assertEquals(complaints(gateway(conditions, [BAD_LISTENER]).status), [
    {
      reason: "InvalidCertificateRef",
      message: "listener https: ResolvedRefs: InvalidCertificateRef it is",
    },
    {
      reason: "CertificateExpired",
      message: "listener https: rauta.io/CertificateInDate: CertificateExpired it is",
    },
  ]);
  const conflicted = {
    name: "a",
    conditions: [condition("Conflicted", "True", "HostnameConflict")],
  };
  assertEquals(complaints(gateway([], [conflicted]).status).map(({ reason }) => reason), [
    "HostnameConflict",
  ]);
});

Deno.test("an Event names its object, its reason and its time, as `kubectl describe` looks for them", async () => {
  const events = new Events();
  await events.writer.written({ object: gateway([], [BAD_LISTENER]), before: {} });
  const [event] = [...events.kept.values()];
  assertEquals(event.involvedObject, {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    namespace: "infra",
    name: "gw",
    uid: "u1",
  });
  assertEquals([event.type, event.reason, event.firstTimestamp], [
    "Warning",
    "InvalidCertificateRef",
    "2026-01-01T00:00:00Z",
  ]);
  assertEquals(events.paths[0], "/api/v1/namespaces/infra/events");
});

Deno.test("an Event of a GatewayClass, which has no namespace, is put into default", async () => {
  const events = new Events();
  const object: ObservedObject = {
    kind: "GatewayClass",
    key: "rauta",
    uid: "u2",
    resourceVersion: "1",
    status: { conditions: [condition("Accepted", "False", "InvalidParameters")] },
  };
  await events.writer.written({ object, before: {} });
  const [event] = [...events.kept.values()];
  assertEquals(event.metadata.namespace, "default");
  assertEquals([event.involvedObject.name, event.involvedObject.namespace], ["rauta", undefined]);
});

Deno.test("what the status before complained of makes no Event, nor does the same one twice", async () => {
  const events = new Events();
  const object = gateway([], [BAD_LISTENER]);
  await events.writer.written({ object, before: {} });
  await events.writer.written({ object, before: object.status });
  await events.writer.written({ object, before: {} });
  assertEquals(events.reasons, ["InvalidCertificateRef", "CertificateExpired"]);
});

Deno.test("a route's parents complain once, however many there are", async () => {
  const parent = { conditions: [condition("ResolvedRefs", "False", "BackendNotFound")] };
  const object: ObservedObject = {
    ...gateway([]),
    kind: "HTTPRoute",
    status: { parents: [parent, parent] },
  };
  const events = new Events();
  await events.writer.written({ object, before: {} });
  assertEquals(events.reasons, ["BackendNotFound"]);
});

Deno.test("no more than 5 of one object and 30 altogether within a minute", async () => {
  const events = new Events();
  const listeners = (from: number) =>
    Array.from({ length: 9 }, (_, index) => ({
      name: `l${from + index}`,
      conditions: [condition("ResolvedRefs", "False", "RefNotPermitted")],
    }));
  for (let round = 0; round < 10; round++) {
    const object = { ...gateway([], listeners(round)), uid: `u${round}` };
    await events.writer.written({ object, before: {} });
  }
  assertEquals(events.kept.size, 30);
  events.nowMs += 60_000;
  await events.writer.written({ object: { ...gateway([], listeners(99)), uid: "u1" }, before: {} });
  assertEquals(events.kept.size, 35);
});

Deno.test("a message of any length is cut to what an Event takes", async () => {
  const events = new Events();
  const object = gateway([condition("Accepted", "False", "Invalid", "x".repeat(5_000))]);
  await events.writer.written({ object, before: {} });
  assertEquals([...events.kept.values()][0].message.length, 1_024);
});
