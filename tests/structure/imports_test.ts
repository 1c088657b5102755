import { assertEquals } from "../assert.ts";
import { type Edge, packageName, ruleOf, RULES, violations } from "./import_rules.ts";

const SRC = new URL("../../src/", import.meta.url);

interface InfoModule {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly type?: { readonly specifier?: string };
  }[];
}

async function sourceFiles(folder: URL): Promise<URL[]> {
  const files: URL[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) files.push(...await sourceFiles(new URL(`${entry.name}/`, folder)));
    else if (entry.name.endsWith(".ts")) files.push(new URL(entry.name, folder));
  }
  return files;
}

async function moduleGraph(file: URL): Promise<readonly InfoModule[]> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", file.pathname],
  }).output();
  assertEquals(success, true, file.pathname);
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}

function nameOf(specifier: string): string {
  return specifier.startsWith(SRC.href) ? specifier.slice(SRC.href.length) : specifier;
}

/** Every import below src/, type imports included; files that nobody imports are asked for too. */
async function importEdges(): Promise<Edge[]> {
  const edges: Edge[] = [];
  const seen = new Set<string>();
  for (const file of await sourceFiles(SRC)) {
    if (seen.has(file.href)) continue;
    for (const module of await moduleGraph(file)) {
      if (seen.has(module.specifier) || !module.specifier.startsWith(SRC.href)) continue;
      seen.add(module.specifier);
      for (const dependency of module.dependencies ?? []) {
        const to = dependency.code?.specifier ?? dependency.type?.specifier;
        if (to) edges.push({ from: nameOf(module.specifier), to: nameOf(to) });
      }
    }
  }
  return edges;
}

Deno.test("every import below src/ is one that the table of rules allows", async () => {
  const edges = await importEdges();
  const known = edges.some(({ from, to }) => from === "config.ts" && to === "data/settings.ts");
  assertEquals(known, true, "deno info did not show an import that is there");
  assertEquals(violations(edges, RULES), []);
});

Deno.test("rooms that run in the browser use no Deno API", async () => {
  const found: string[] = [];
  for (const file of await sourceFiles(SRC)) {
    const path = nameOf(file.href);
    if (!ruleOf(path, RULES)?.pure) continue;
    if (/\bDeno\s*[.[]/.test(await Deno.readTextFile(file))) found.push(path);
  }
  assertEquals(found, []);
});

Deno.test("each broken rule is named by the file, what it imports and whose rule it breaks", () => {
  const broken: [string, string, string][] = [
    [
      "ir/snapshot.ts",
      "core/wasm.ts",
      "src/ir/snapshot.ts imports src/core/wasm.ts, which ir may not",
    ],
    [
      "data/worker.ts",
      "control/store.ts",
      "src/data/worker.ts imports src/control/store.ts, which data may not",
    ],
    [
      "control/store.ts",
      "data/worker.ts",
      "src/control/store.ts imports src/data/worker.ts, which control may not",
    ],
    [
      "control/translator/a.ts",
      "control/store.ts",
      "src/control/translator/a.ts imports src/control/store.ts, which control/translator may not",
    ],
    [
      "main.ts",
      "npm:/prom-client@15.1.3",
      "src/main.ts imports prom-client, which the composition root may not",
    ],
    [
      "new/room.ts",
      "ir/snapshot.ts",
      "src/new/room.ts: its folder has no rule in tests/structure/import_rules.ts",
    ],
  ];
  for (const [from, to, expected] of broken) {
    assertEquals(violations([{ from, to }], RULES), [expected]);
  }
});

Deno.test("package names are read off npm specifiers", () => {
  assertEquals(packageName("npm:/prom-client@15.1.3"), "prom-client");
  assertEquals(packageName("npm:/@logtape/logtape@2.4.2/sub/path"), "@logtape/logtape");
  assertEquals(packageName("npm:yaml@2.9.1"), "yaml");
});
