// Follows the file that is named and prints the port of each Service that changes: run by a test, with
// no more permissions than a proxy over that file has.

import { createFileProvider } from "../../src/control/provider/file/file_provider.ts";

await createFileProvider({ path: Deno.args[0] }).start({
  change(changes) {
    for (const change of changes) {
      if (change.kind === "Service") console.log(change.object?.spec?.ports?.[0].port);
    }
  },
  listed() {},
  problems() {},
});
