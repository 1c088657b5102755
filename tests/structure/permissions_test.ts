// No task and no suite is given more than it names.

import { assertEquals } from "../assert.ts";
import { LAB_PERMISSIONS, SUITES } from "../suites.ts";

const ALL = /(?:^|\s)(?:-A|--allow-all)(?=\s|$)/;

type Task = string | { readonly command?: string };

async function tasks(): Promise<[string, string][]> {
  const file = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const named = Object.entries(file.tasks as Record<string, Task>);
  return named.map(([name, task]) => [name, typeof task === "string" ? task : task.command ?? ""]);
}

Deno.test("tasks and suites name the permissions they need: none asks for all", async () => {
  const asked = [
    ...await tasks(),
    ...SUITES.map(({ name, permissions }) => [`suite ${name}`, permissions.join(" ")]),
  ];
  assertEquals(asked.filter(([, command]) => ALL.test(command)).map(([name]) => name), []);
});

Deno.test("what works on a cluster has one list of permissions", async () => {
  const labs = (await tasks()).filter(([, command]) =>
    /tests\/(?:cluster|conformance)\//.test(command)
  );
  assertEquals(labs.length > 0, true);
  for (const [name, command] of labs) {
    const granted = command.split(" ").filter((word) => word.startsWith("--allow-"));
    assertEquals([name, granted], [name, LAB_PERMISSIONS]);
  }
});
