// `RAUTA_MODE=observability RAUTA_INTERFACE=eth0 deno task run`, as root: loader and observer start, the
// names are the cluster's where KUBECONFIG is set, and both end with the first signal.

import { assertEquals } from "../assert.ts";
import { Lab } from "../bpf/lab.ts";
import { until, untilNothingAttached } from "../bpf/loader.ts";
import { bpfTest } from "../bpf/prepare.ts";

const KUBECONFIG = {
  "current-context": "a",
  contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
  clusters: [{ name: "a", cluster: { server: "https://10.77.2.2:6443" } }],
  users: [{ name: "a", user: { token: "t" } }],
};

async function observed(env: Record<string, string>): Promise<string> {
  await using lab = await Lab.create();
  await Deno.writeTextFile(`${lab.folder}/kubeconfig`, JSON.stringify(KUBECONFIG));
  const task = JSON.parse(await Deno.readTextFile("deno.json")).tasks.run.command as string;
  const launcher = lab.start("server", [Deno.execPath(), ...task.split(" ").slice(1)], {
    env: {
      RAUTA_MODE: "observability",
      RAUTA_INTERFACE: "eth0",
      ...env,
      ...("KUBECONFIG" in env ? { KUBECONFIG: `${lab.folder}/kubeconfig` } : {}),
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  });
  const page = (path: string) =>
    lab.in("server", "curl", "-sSf", "-m", "60", `http://127.0.0.1:9091${path}`);
  await until("it observes", () => page("/readyz").then(() => true, () => false));
  const { source } = JSON.parse(await page("/status"));
  launcher.kill("SIGTERM");
  assertEquals((await launcher.status).code, 0);
  await untilNothingAttached(lab);
  return source;
}

bpfTest("the launcher builds, starts and ends loader and observer", async () => {
  assertEquals(
    (await observed({ KUBECONFIG: "" })).startsWith("kubernetes at https://10.77."),
    true,
  );
});

bpfTest("without a cluster the names are those of files", async () => {
  const source = await observed({ RAUTA_CONFIG: "deploy/examples/services.yaml" });
  assertEquals(/^files in .*services\.yaml$/.test(source), true, source);
});
