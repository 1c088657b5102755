// `deno task test:cluster`: runs the cluster suite and takes its cluster away, however it went; before
// it, too, what a run has left that was killed: its objects would be in the way of this one's.
// Ends with the suite's own closing line, 'N passed, N failed, N skipped', and its exit code.

import { down } from "./lab/cluster.ts";
import { SECOND_CLUSTER, TEST_CLUSTER } from "./shared.ts";

/** What can't be taken away is said: it is not what the tests are about. */
async function takeAway(): Promise<void> {
  try {
    for (const name of [TEST_CLUSTER, SECOND_CLUSTER]) await down(name);
  } catch (error) {
    console.error("the tests' clusters can't be taken away:", error);
  }
}

await takeAway();
const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    ...["run", "--allow-read", "--allow-write", "--allow-env", "--allow-run"],
    ...["tests/run.ts", "cluster"],
  ],
  stdin: "null",
}).spawn().status;
await takeAway();
Deno.exit(code);
