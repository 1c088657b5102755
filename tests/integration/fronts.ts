// Runs the same test over both fronts: a gateway with one route to one Service for each.

import {
  freePort,
  FRONT,
  gatewayYaml,
  routeYaml,
  serviceYaml,
  startGateway,
  type TestGateway,
} from "./gateway_harness.ts";
import type { RawEndpoint } from "./raw.ts";

export type FrontName = "wire" | "serve";

export interface FrontOptions {
  readonly fronts?: readonly FrontName[];
  /** The route's rules, YAML in flow style; everything to the Service `a` unless stated. */
  readonly rules?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Stage {
  readonly gateway: TestGateway;
  readonly port: number;
  readonly front: FrontName;
  /** The configuration with other endpoints. */
  readonly yaml: (ports: readonly number[]) => string;
  readonly endpoints: readonly RawEndpoint[];
}

const ALL_TO_A = "[{ backendRefs: [{ name: a, port: 80 }] }]";

type StageTest = (stage: Stage, endpoints: readonly RawEndpoint[]) => Promise<void>;

/** A gateway with that front over the endpoints, which are closed after the test. */
export async function onStage(
  front: FrontName,
  endpoints: readonly RawEndpoint[],
  test: StageTest,
  options: FrontOptions,
): Promise<void> {
  const port = freePort();
  const yaml = (ports: readonly number[]): string =>
    gatewayYaml(port) + routeYaml({ name: "r", rules: options.rules ?? ALL_TO_A }) +
    serviceYaml("a", ports);
  const text = yaml(endpoints.map((endpoint) => endpoint.port));
  const env = { RAUTA_FRONT: front, RAUTA_WORKERS: "1", ...options.env };
  const gateway = await startGateway(port, { "all.yaml": text }, env);
  let stopped = false;
  const stop = gateway.stop.bind(gateway);
  const once: TestGateway = {
    ...gateway,
    stop: (drainMs) => {
      stopped = true;
      return stop(drainMs);
    },
  };
  try {
    await test({ gateway: once, port, front, yaml, endpoints }, endpoints);
  } finally {
    if (!stopped) await stop(200);
    for (const endpoint of endpoints) await endpoint.close();
  }
}

/** The front that the suite runs over. */
export const SUITE_FRONT: FrontName = FRONT === "serve" ? "serve" : "wire";

/** A test for the front that the suite runs over, if it has what is tested. */
export function overFronts(
  name: string,
  endpoints: () => readonly RawEndpoint[],
  test: StageTest,
  options: FrontOptions = {},
): void {
  const fronts = options.fronts ?? ["wire", "serve"];
  if (!fronts.includes(SUITE_FRONT)) return;
  Deno.test(`${SUITE_FRONT}: ${name}`, () => onStage(SUITE_FRONT, endpoints(), test, options));
}

export const WIRE_ONLY: readonly FrontName[] = ["wire"];
