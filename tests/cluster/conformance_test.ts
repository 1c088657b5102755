// The conformance harness tells the truth: without a controller the suite fails where it should,
// and with a toy controller the one test that the toy can pass does pass.

import assert from "node:assert/strict";
import { assertEquals } from "../assert.ts";
import { LAB_PERMISSIONS } from "../suites.ts";
import { adminClient } from "./lab/api.ts";
import { attempt, insideNetwork, type Outcome } from "./lab/command.ts";
import { sendSignal } from "./lab/process_table.ts";
import { CHECKOUT, CONTROL_PLANE_NETWORK, networkPath, type Places } from "./lab/settings.ts";
import { clusterTest, sharedCluster, TEST_CLUSTER } from "./shared.ts";
import { TOY_CONTROLLER_NAME } from "./toy_controller.ts";

const TEST = "HTTPRouteSimpleSameNamespace";

async function conformance(output: string, ...args: string[]): Promise<Outcome> {
  return await attempt([
    ...[
      Deno.execPath(),
      "run",
      ...LAB_PERMISSIONS,
      "tests/conformance/run.ts",
      "--name",
      TEST_CLUSTER,
    ],
    ...["--output", output, ...args],
  ], { cwd: CHECKOUT });
}

async function deleteClass(places: Places, name: string): Promise<void> {
  using client = await adminClient(places);
  await client.request("DELETE", `/apis/gateway.networking.k8s.io/v1/gatewayclasses/${name}`);
}

clusterTest("without a controller the suite fails at Accepted, before any test", async () => {
  const places = await sharedCluster();
  const output = await Deno.makeTempDir();
  try {
    const { code, stdout } = await conformance(
      output,
      ...["--class", "orphan", "--controller", "rauta.test/nobody", "--profile", "GATEWAY-HTTP"],
    );
    assertEquals(code, 1);
    assert.match(
      stdout,
      /failed before any test: .*orphan GatewayClass to have Accepted condition/,
    );
    const raw = await Deno.readTextFile(`${output}/go-test.txt`);
    assert.match(raw, /^--- FAIL: TestConformance /m);
    assert.doesNotMatch(raw, /=== RUN\s+TestConformance\//);
  } finally {
    await deleteClass(places, "orphan");
    await Deno.remove(output, { recursive: true });
  }
});

/** Runs the toy controller in the cluster's network while `test` runs. */
async function withToy(places: Places, test: () => Promise<void>): Promise<void> {
  const network = networkPath(places, CONTROL_PLANE_NETWORK);
  const [program, ...args] = insideNetwork(network, [
    ...[Deno.execPath(), "run", ...LAB_PERMISSIONS, "tests/cluster/toy_controller.ts"],
  ]);
  const toy = new Deno.Command(program, {
    args,
    cwd: CHECKOUT,
    env: { KUBECONFIG: places.kubeconfig },
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  try {
    await test();
  } finally {
    sendSignal(toy.pid, "SIGKILL");
    await toy.status;
  }
}

clusterTest("with a toy controller one test of the suite passes", async () => {
  const places = await sharedCluster();
  const output = await Deno.makeTempDir();
  try {
    await withToy(places, async () => {
      const outcome = await conformance(
        output,
        ...["--class", "toy", "--controller", TOY_CONTROLLER_NAME],
        ...["--profile", "GATEWAY-HTTP", "--run", TEST],
      );
      assertEquals(outcome.code, 0, `${outcome.stdout}\n${outcome.stderr}`);
      assert.match(outcome.stdout, /^GATEWAY-HTTP: 1 passed, 0 failed, 0 skipped$/m);
      assert.match(outcome.stdout, new RegExp(`^  passed +${TEST} +[0-9.]+ s$`, "m"));
      const raw = await Deno.readTextFile(`${output}/go-test.txt`);
      assert.match(raw, new RegExp(`--- PASS: TestConformance/${TEST} `));
    });
  } finally {
    await deleteClass(places, "toy");
    await Deno.remove(output, { recursive: true });
  }
});
