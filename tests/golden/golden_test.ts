import { assertEquals } from "../assert.ts";
import { FOLDER, goldenNames, renderGolden } from "./golden.ts";

for (const name of await goldenNames()) {
  Deno.test(`golden: ${name.replaceAll("_", " ")}`, async () => {
    const expected = await Deno.readTextFile(`${FOLDER}${name}.out.yaml`);
    assertEquals(await renderGolden(name), expected);
  });
}
