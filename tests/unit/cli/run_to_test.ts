import { yamlForTargets } from "../../../src/cli/run_to.ts";
import { readText } from "../../../src/control/provider/file/read_all.ts";
import { joinObjects } from "../../../src/control/provider/file/object_set.ts";
import { check } from "../../../src/cli/check/check.ts";
import { loadValidator } from "../../../src/gatewayapi/validation/bundled.ts";
import { assertEquals } from "../../assert.ts";

Deno.test("--to stands for YAML in which nothing is wrong, a route for each target", async () => {
  const made = yamlForTargets(["localhost:3000", "api.test=127.0.0.2:80", "six.test=[::1]:81"]);
  if ("wrong" in made) throw new Error(made.wrong);
  const { objects, problems } = readText("to", made.yaml, await loadValidator());
  const { snapshot, problems: found } = check(
    { placed: joinObjects([objects]).objects, problems },
    { hostAddresses: [], textOf: () => made.yaml },
  );
  assertEquals(found, []);
  assertEquals(snapshot.listeners[0].routes.map(({ hostnames }) => hostnames), [
    [""],
    ["api.test"],
    ["six.test"],
  ]);
  assertEquals(
    snapshot.services.map(({ endpoints }) => `${endpoints[0].address} ${endpoints[0].port}`),
    ["127.0.0.1 3000", "127.0.0.2 80", "::1 81"],
  );
});

Deno.test("--to says what it can't take", () => {
  for (
    const value of ["3000", "localhost", "x_y=127.0.0.1:1", "backend:80", "localhost:0", "=:1"]
  ) {
    assertEquals("wrong" in yamlForTargets([value]), true, value);
  }
  assertEquals("wrong" in yamlForTargets(["a.test=127.0.0.1:1", "A.test=127.0.0.1:2"]), true);
});
