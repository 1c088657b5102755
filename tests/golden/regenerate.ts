// Writes every NAME.out.yaml anew: `deno run --allow-read --allow-write=tests/golden --allow-env
// tests/golden/regenerate.ts`. Read the difference against the specification before you commit it.

import { EXAMPLES_OUT, renderExamples } from "./examples.ts";
import { FOLDER, goldenNames, renderGolden } from "./golden.ts";

for (const name of await goldenNames()) {
  await Deno.writeTextFile(`${FOLDER}${name}.out.yaml`, await renderGolden(name));
}
await Deno.writeTextFile(EXAMPLES_OUT, await renderExamples());
