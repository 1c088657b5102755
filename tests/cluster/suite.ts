// `deno task test:cluster`: runs the cluster suite and takes its cluster away, however it went.
// Ends with the suite's own closing line, 'N passed, N failed, N skipped', and its exit code.

import { down } from "./lab/cluster.ts";
import { TEST_CLUSTER } from "./shared.ts";

const { code } = await new Deno.Command(Deno.execPath(), {
  args: [
    ...["run", "--allow-read", "--allow-write", "--allow-env", "--allow-run"],
    ...["tests/run.ts", "cluster"],
  ],
  stdin: "null",
}).spawn().status;
await down(TEST_CLUSTER);
Deno.exit(code);
