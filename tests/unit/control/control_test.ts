// The control loop with a provider and a data plane played by the test.

import { assertEquals } from "../../assert.ts";
import {
  type ApplyResult,
  type Clock,
  type Control,
  startControl,
} from "../../../src/control/control.ts";
import type { Provider, ProviderSink } from "../../../src/control/provider/provider.ts";
import type { InspectPair } from "../../../src/control/translator/certificates.ts";
import type { Statuses } from "../../../src/control/translator/statuses.ts";
import { KINDS, type ServedObject } from "../../../src/gatewayapi/kinds.ts";
import type { Snapshot } from "../../../src/ir/snapshot.ts";
import { gateway, gatewayClass, gone, put, route, secret, service } from "./objects.ts";

const START: readonly ServedObject[] = [
  gatewayClass("rauta"),
  gateway("gw", [{ name: "a", port: 80 }, { name: "b", port: 81 }]),
  route("r"),
  service("web"),
];

class Play {
  readonly applied: { snapshot: Snapshot; generation: number }[] = [];
  readonly statuses: Statuses[] = [];
  readonly errors: string[] = [];
  sink!: ProviderSink;
  answer: () => ApplyResult | Promise<ApplyResult> = () => ({ kind: "applied" });
  resync: () => void = () => {};
  retry: () => void = () => {};
  control: Control;
  nowMs = 1000;

  constructor(inspectPair?: InspectPair) {
    const provider: Provider = {
      description: "a test",
      start: (sink) => {
        this.sink = sink;
        return Promise.resolve();
      },
      stop: () => Promise.resolve(),
    };
    const clock: Clock = {
      nowMs: () => this.nowMs,
      every: (intervalMs, callback) => {
        if (intervalMs >= 300_000) this.resync = callback;
        else this.retry = callback;
        return () => {};
      },
    };
    this.control = startControl({
      provider,
      clock,
      ...(inspectPair === undefined ? {} : { inspectPair }),
      apply: async (snapshot, generation) => {
        this.applied.push({ snapshot, generation });
        return await this.answer();
      },
      onStatuses: (statuses) => this.statuses.push(statuses),
      onProblems: () => {},
      log: { info() {}, warn() {}, error: (message) => this.errors.push(message) },
    });
  }

  listAll(): void {
    for (const { kind } of KINDS) this.sink.listed(kind);
  }

  /** Condition `type` of the Gateway, or of one of its listeners, in the latest statuses. */
  condition(type: string, listener?: string): string {
    const status = this.statuses.at(-1)!.find((one) => one.kind === "Gateway")!;
    if (status.kind !== "Gateway") return "";
    const conditions = listener === undefined
      ? status.status.conditions
      : status.status.listeners.find((one) => one.name === listener)!.conditions;
    const found = conditions.find((one) => one.type === type);
    return found === undefined ? "" : `${found.status} ${found.reason}`;
  }
}

async function started(): Promise<Play> {
  const play = new Play();
  play.sink.change(START.map(put));
  play.listAll();
  await play.control.started;
  return play;
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("nothing is applied before every kind has been listed", async () => {
  const play = new Play();
  play.sink.change(START.map(put));
  for (const { kind } of KINDS.slice(1)) play.sink.listed(kind);
  await settle();
  assertEquals(play.applied.length, 0);
  assertEquals(play.control.state().ready, false);
  play.sink.listed(KINDS[0].kind);
  await play.control.started;
  assertEquals(play.applied.map(({ generation }) => generation), [1]);
  const { ready, lastGoodGeneration, lastGoodAtMs, objects } = play.control.state();
  assertEquals([ready, lastGoodGeneration, lastGoodAtMs, objects.HTTPRoute], [true, 1, 1000, 1]);
});

Deno.test("Programmed becomes True when the workers have acknowledged, and not before", async () => {
  const play = new Play();
  const gate = Promise.withResolvers<ApplyResult>();
  play.answer = () => gate.promise;
  play.sink.change(START.map(put));
  play.listAll();
  await settle();
  assertEquals([play.applied.length, play.statuses.length], [1, 0]);
  gate.resolve({ kind: "applied" });
  await play.control.started;
  assertEquals(play.condition("Programmed"), "True Programmed");
  assertEquals(play.condition("Programmed", "a"), "True Programmed");
});

Deno.test("the same route twice changes nothing: no swap, no status", async () => {
  const play = await started();
  play.sink.change([put(structuredClone(route("r")))]);
  await settle();
  assertEquals([play.applied.length, play.statuses.length], [1, 1]);
});

Deno.test("a change that the data plane cannot see is no swap", async () => {
  const play = await started();
  play.sink.change([put(service("unused"))]);
  await settle();
  assertEquals([play.applied.length, play.statuses.length], [1, 1]);
});

Deno.test("changes that arrive while one is applied are one more generation", async () => {
  const play = await started();
  const gate = Promise.withResolvers<ApplyResult>();
  play.answer = () => gate.promise;
  play.sink.change([put(route("r2"))]);
  await settle();
  play.sink.change([put(route("r3"))]);
  play.sink.change([gone("HTTPRoute", "apps/r2")]);
  await settle();
  assertEquals(play.applied.length, 2);
  gate.resolve({ kind: "applied" });
  await settle();
  assertEquals(play.applied.length, 3);
  const ids = play.applied[2].snapshot.listeners[0].routes.map(({ route }) => route.id);
  assertEquals(ids, ["apps/r", "apps/r3"]);
});

Deno.test("a refused snapshot is said, and tried again with the next change", async () => {
  const play = await started();
  play.answer = () => ({ kind: "refused", reason: "checksum" });
  play.sink.change([put(route("r2"))]);
  await settle();
  assertEquals(play.condition("Programmed"), "False Invalid");
  const { lastGoodGeneration, lastRefusal } = play.control.state();
  assertEquals([lastGoodGeneration, lastRefusal, play.errors.length], [1, "checksum", 1]);
  play.answer = () => ({ kind: "applied" });
  play.resync();
  await settle();
  assertEquals(play.condition("Programmed"), "True Programmed");
  assertEquals(play.control.state().lastGoodGeneration, 3);
});

Deno.test("what can't be bound is tried again, and what is bound is left alone", async () => {
  const play = await started();
  play.retry();
  await settle();
  assertEquals(play.applied.length, 1);
  play.answer = () => ({
    kind: "applied",
    unbound: new Map([["infra/gw/a", "in use"], ["apps/gw/a", "in use"], [
      "default/gw/a",
      "in use",
    ]]),
  });
  play.sink.change([put(route("r2"))]);
  await settle();
  play.answer = () => ({ kind: "applied" });
  play.retry();
  await settle();
  assertEquals(play.applied.length, 3);
  play.retry();
  await settle();
  assertEquals(play.applied.length, 3);
});

Deno.test("an apply that throws is a refusal", async () => {
  const play = await started();
  play.answer = () => Promise.reject(new Error("no worker"));
  play.sink.change([put(route("r2"))]);
  await settle();
  assertEquals(play.control.state().lastRefusal, "no worker");
});

Deno.test("a listener that cannot be bound is said where it stands", async () => {
  const play = await started();
  play.answer = () => ({
    kind: "applied",
    unbound: new Map([["infra/gw/b", "port 81 is in use"]]),
  });
  play.sink.change([put(route("r2"))]);
  await settle();
  assertEquals(play.condition("Accepted", "b"), "False PortUnavailable");
  assertEquals(play.condition("Programmed", "b"), "False Invalid");
  assertEquals(play.condition("Programmed", "a"), "True Programmed");
  assertEquals(play.condition("Accepted"), "True ListenersNotValid");
});

Deno.test("a resync finds nothing to do", async () => {
  const play = await started();
  play.sink.change([put(route("r2")), put(route("r3", { hostnames: ["a.example.com"] }))]);
  await settle();
  const before = [play.applied.length, play.statuses.length];
  play.resync();
  await settle();
  assertEquals([play.applied.length, play.statuses.length], before);
  assertEquals(play.errors, []);
});

/** A pair is good unless its text has BAD in it; it is valid until 5,000. */
const inspectPair: InspectPair = (certificatePem) =>
  certificatePem.includes("BAD") ? { kind: "broken", fault: "it is bad" } : {
    kind: "usable",
    certificatePem,
    facts: { names: ["a.example"], keyType: "ecdsa", notBeforeMs: 0, notAfterMs: 5_000 },
  };

async function startedWithSecret(): Promise<Play> {
  const play = new Play(inspectPair);
  const https = gateway("gw", [{ name: "a", port: 443, protocol: "HTTPS", certificate: "cert" }]);
  play.sink.change([gatewayClass("rauta"), https, secret("cert", "infra", "MIIA")].map(put));
  play.listAll();
  await play.control.started;
  return play;
}

Deno.test("a Secret that goes bad keeps its last good pair, through resyncs too; a deleted one does not", async () => {
  const play = await startedWithSecret();
  const versionOf = () => play.applied.at(-1)!.snapshot.listeners[0]?.tls?.certificates[0]?.version;
  const version = versionOf();
  play.sink.change([put(secret("cert", "infra", "BAD1"))]);
  await settle();
  assertEquals(play.condition("ResolvedRefs", "a"), "False InvalidCertificateRef");
  assertEquals(play.condition("Programmed", "a"), "True Programmed");
  assertEquals([versionOf(), play.applied.length], [version, 1]);
  play.resync();
  play.sink.change([put(secret("cert", "infra", "BAD2"))]);
  await settle();
  assertEquals([versionOf(), play.applied.length, play.errors], [version, 1, []]);
  play.sink.change([gone("Secret", "infra/cert")]);
  await settle();
  assertEquals([versionOf(), play.applied.length], [undefined, 2]);
  play.sink.change([put(secret("cert", "infra", "BAD3"))]);
  await settle();
  assertEquals(play.condition("Programmed", "a"), "False Invalid");
});

Deno.test("a certificate that expires while it is served is said to, at the next resync", async () => {
  const play = await startedWithSecret();
  assertEquals(play.condition("rauta.io/CertificateInDate", "a"), "");
  play.nowMs = 5_001;
  play.resync();
  await settle();
  assertEquals(play.condition("rauta.io/CertificateInDate", "a"), "False CertificateExpired");
  assertEquals(play.condition("Programmed", "a"), "True Programmed");
  assertEquals(play.applied.length, 1);
});

Deno.test("a certificate that is not valid yet is served and said so, until it is", async () => {
  const play = await startedWithSecret();
  play.nowMs = -1;
  play.resync();
  await settle();
  assertEquals(play.condition("rauta.io/CertificateInDate", "a"), "False CertificateNotYetValid");
  play.nowMs = 0;
  play.resync();
  await settle();
  assertEquals(play.condition("rauta.io/CertificateInDate", "a"), "");
  assertEquals(play.applied.length, 1);
});

Deno.test("an object that cannot be translated stops nothing", async () => {
  const play = await started();
  const broken = { ...route("bad"), spec: { rules: "none" } } as unknown as ServedObject;
  play.sink.change([put(broken)]);
  await settle();
  assertEquals([play.applied.length, play.errors.length], [1, 1]);
  play.sink.change([gone("HTTPRoute", "apps/bad"), put(route("r2"))]);
  await settle();
  assertEquals(play.applied.at(-1)!.snapshot.listeners[0].routes.length, 2);
});

Deno.test("a source that cannot be read is told to who waits for the start", async () => {
  const control = startControl({
    provider: {
      description: "nothing",
      start: () => Promise.reject(new Error("no such folder")),
      stop: () => Promise.resolve(),
    },
    clock: { nowMs: () => 0, every: () => () => {} },
    apply: () => Promise.resolve({ kind: "applied" }),
    onStatuses() {},
    onProblems() {},
  });
  const message = await control.started.then(() => "started", (error) => error.message);
  assertEquals(message, "no such folder");
});
