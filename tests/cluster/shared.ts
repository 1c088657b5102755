// The one cluster that the tests of this folder share, and how a test asks for it.
// The first test that needs it starts it; `deno task test:cluster` takes it away at the end.

import { kubectl } from "./lab/api.ts";
import { up } from "./lab/cluster.ts";
import { findProgram, missingRequirements } from "./lab/requirements.ts";
import { CHECKOUT, type Places, shortHash } from "./lab/settings.ts";

/** Two checkouts on one machine test in clusters of their own. */
export const TEST_CLUSTER = `test-${shortHash(CHECKOUT)}`;
/** Of tests that need one beside it. */
export const SECOND_CLUSTER = `${TEST_CLUSTER}-b`.slice(0, 20);
export const TEST_NODES = 2;

const missing = await missingRequirements();

export interface Needs {
  /** Programs beside those that every cluster needs; each by the name of its package, too. */
  readonly programs?: readonly string[];
}

/** Registers a test that needs a cluster: where none can run it is skipped, and its name says why. */
export function clusterTest(
  name: string,
  test: () => Promise<void>,
  needs: Needs = {},
): void {
  const reasons = [...missing];
  for (const program of needs.programs ?? []) {
    if (findProgram(program) === null) reasons.push(`needs the package ${program}`);
  }
  if (reasons.length === 0) Deno.test(name, test);
  else Deno.test.ignore(`${name} (skipped: ${reasons.join("; ")})`, test);
}

export async function sharedCluster(): Promise<Places> {
  return await up(TEST_CLUSTER, { nodes: TEST_NODES });
}

/** A namespace for one test, deleted with all that it holds when the test is over. */
export async function withNamespace(
  places: Places,
  name: string,
  test: (namespace: Namespace) => Promise<void>,
): Promise<void> {
  await kubectl(places, ["create", "namespace", name]);
  try {
    // Without it no pod is admitted; after an outage its controller takes a while to come back.
    await kubectl(places, [
      "--namespace",
      name,
      "wait",
      "--for=create",
      "--timeout=240s",
      "serviceaccount/default",
    ]);
    await test(new Namespace(places, name));
  } finally {
    await kubectl(places, ["delete", "namespace", name, "--wait=false"]);
  }
}

/** kubectl in one namespace, and the few steps that nearly every test takes. */
export class Namespace {
  constructor(readonly places: Places, readonly name: string) {}

  async kubectl(...args: string[]): Promise<string> {
    return await kubectl(this.places, ["--namespace", this.name, ...args]);
  }

  async apply(...objects: unknown[]): Promise<void> {
    await kubectl(this.places, ["--namespace", this.name, "apply", "--filename=-"], {
      stdin: JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }),
    });
  }

  async waitFor(condition: string, ...objects: string[]): Promise<void> {
    await this.kubectl("wait", `--for=${condition}`, "--timeout=240s", ...objects);
  }
}
