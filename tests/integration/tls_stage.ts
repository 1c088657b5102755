// A gateway with HTTPS listeners for tests: its YAML from short descriptions, and one backend.

import type { Condition } from "../../src/gatewayapi/conditions.ts";
import {
  freePort,
  FRONT,
  routeYaml,
  serviceYaml,
  startEcho,
  startGateway,
  type TestGateway,
  until,
} from "./gateway_harness.ts";

export interface HttpsListener {
  readonly name: string;
  readonly hostname?: string;
  /** Names of Secrets, or `namespace/name`. */
  readonly secrets: readonly string[];
}

export function gatewayYaml(port: number, listeners: readonly HttpsListener[]): string {
  const items = listeners.map(({ name, hostname, secrets }) => {
    const refs = secrets.map((secret) => {
      const [first, second] = secret.split("/");
      return second === undefined
        ? `{ name: ${first} }`
        : `{ namespace: ${first}, name: ${second} }`;
    });
    const host = hostname === undefined ? "" : `hostname: "${hostname}", `;
    return `{ name: ${name}, protocol: HTTPS, port: ${port}, ${host}` +
      `tls: { certificateRefs: [${refs.join(", ")}] } }`;
  });
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: rauta }
spec: { controllerName: rauta.io/gateway-controller }
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: gate, namespace: test }
spec:
  gatewayClassName: rauta
  listeners: [${items.join(", ")}]
`;
}

export interface TlsStage {
  readonly gateway: TestGateway;
  readonly port: number;
  /** `TYPE=STATUS REASON: message` of a listener's condition; empty where it has none. */
  condition(listener: string, type: string): Promise<string>;
  /** Waits until a listener's condition begins so. */
  becomes(listener: string, type: string, beginning: string): Promise<void>;
}

interface GatewayStatusShape {
  readonly statuses: readonly {
    readonly kind: string;
    readonly status: {
      readonly listeners?: readonly { name: string; conditions: readonly Condition[] }[];
    };
  }[];
}

async function conditionOf(gateway: TestGateway, listener: string, type: string): Promise<string> {
  const { statuses } = await gateway.status() as unknown as GatewayStatusShape;
  const found = statuses.find(({ kind }) => kind === "Gateway")?.status.listeners
    ?.find(({ name }) => name === listener)?.conditions.find((one) => one.type === type);
  return found === undefined ? "" : `${type}=${found.status} ${found.reason}: ${found.message}`;
}

export interface TlsStageOptions {
  readonly listeners: readonly HttpsListener[];
  /** Files of the configuration besides gate.yaml, which holds Gateway, route and backend. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** The module that workers run, where it is not the real one. */
  readonly workerUrl?: URL;
}

/** A test over one front: `serve` terminates no TLS (docs/decisions/111). */
export function tlsTest(
  name: string,
  options: () => Promise<TlsStageOptions> | TlsStageOptions,
  test: (stage: TlsStage) => Promise<void>,
  front = "wire",
): void {
  if (FRONT !== front) return;
  Deno.test(name, async () => {
    const { listeners, files, env, workerUrl } = await options();
    const [echo, port] = [startEcho("one"), freePort()];
    const all = gatewayYaml(port, listeners) + serviceYaml("one", [echo.port]) +
      routeYaml({ name: "r", rules: "[{ backendRefs: [{ name: one, port: 80 }] }]" });
    const gateway = await startGateway(port, { ...files, "gate.yaml": all }, env, workerUrl);
    const condition = (listener: string, type: string) => conditionOf(gateway, listener, type);
    try {
      await test({
        gateway,
        port,
        condition,
        becomes: async (listener, type, beginning) => {
          await until(
            `${listener}: ${type}=${beginning}`,
            () => condition(listener, type),
            (text) => text.startsWith(`${type}=${beginning}`),
          );
        },
      });
    } finally {
      await gateway.stop(200);
      await echo.close();
    }
  });
}
