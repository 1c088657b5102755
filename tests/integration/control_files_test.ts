// The file provider on real files: what editors, ConfigMaps and mistakes do to them.

import { assertEquals } from "../assert.ts";
import { PATIENCE_MS } from "../until.ts";
import { replaceFile } from "./replace_file.ts";
import { createFileProvider } from "../../src/control/provider/file/file_provider.ts";
import { listFiles } from "../../src/control/provider/file/file_set.ts";
import type { Change } from "../../src/control/provider/provider.ts";
import type { Problem } from "../../src/control/problem.ts";

/** The watcher waits no longer than 400 ms for who writes a file; less than that is safely within. */
const WITHIN_PATIENCE_MS = 300;

function service(name: string, port: number | string = 80): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  ports:
  - port: ${port}
`;
}

function documents(...names: string[]): string {
  return names.map((name) => service(name)).join("---\n");
}

/** What a provider has delivered so far, and a way to wait for what it should deliver. */
class Seen {
  readonly objects = new Map<string, unknown>();
  readonly batches: (readonly Change[])[] = [];
  problems: readonly Problem[] = [];
  #wake: () => void = () => {};

  readonly sink = {
    change: (changes: readonly Change[]) => {
      this.batches.push(changes);
      for (const { kind, key, object } of changes) {
        if (object === undefined) this.objects.delete(`${kind} ${key}`);
        else this.objects.set(`${kind} ${key}`, object);
      }
      this.#wake();
    },
    listed: () => {},
    problems: (problems: readonly Problem[]) => {
      this.problems = problems;
      this.#wake();
    },
  };

  get names(): string[] {
    return [...this.objects.keys()].map((id) => id.slice(id.lastIndexOf("/") + 1)).sort();
  }

  port(name: string): number {
    const object = this.objects.get(`Service default/${name}`);
    return (object as { spec: { ports: { port: number }[] } }).spec.ports[0].port;
  }

  async until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    while (!holds()) {
      if (performance.now() > deadline) {
        throw new Error(`not seen: ${this.names} ${JSON.stringify(this.problems)}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

async function withProvider(
  files: Record<string, string>,
  act: (folder: string, seen: Seen) => Promise<void>,
  path = "",
): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  for (const [name, text] of Object.entries(files)) {
    const parent = name.includes("/")
      ? `${folder}/${name.slice(0, name.lastIndexOf("/"))}`
      : folder;
    await Deno.mkdir(parent, { recursive: true });
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  const provider = createFileProvider({ path: `${folder}${path}` });
  const seen = new Seen();
  try {
    await provider.start(seen.sink);
    await act(folder, seen);
  } finally {
    await provider.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a folder is read with its folders; dot files and other files are left alone", async () => {
  await withProvider({
    "a.yaml": documents("a1", "a2"),
    "deep/er/b.yml": documents("b"),
    "c.json": JSON.stringify({ apiVersion: "v1", kind: "List", items: [] }),
    "d.json": JSON.stringify({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "d" },
      spec: { ports: [{ port: 80 }] },
    }),
    "notes.txt": "not: [yaml",
    ".hidden.yaml": documents("hidden"),
  }, (_, seen) => {
    assertEquals(seen.names, ["a1", "a2", "b", "d"]);
    assertEquals(seen.problems, []);
    assertEquals(seen.batches.length, 1);
    return Promise.resolve();
  });
});

Deno.test("an edit in place, an editor's rename and a new file are all seen", async () => {
  await withProvider({ "a.yaml": documents("a") }, async (folder, seen) => {
    await Deno.writeTextFile(`${folder}/a.yaml`, service("a", 81));
    await seen.until(() => seen.port("a") === 81);
    await Deno.writeTextFile(`${folder}/.a.yaml.swp`, service("a", 82));
    await Deno.rename(`${folder}/.a.yaml.swp`, `${folder}/a.yaml`);
    await seen.until(() => seen.port("a") === 82);
    await Deno.mkdir(`${folder}/new`);
    await Deno.writeTextFile(`${folder}/new/b.yaml`, documents("b"));
    await seen.until(() => seen.names.includes("b"));
    await Deno.remove(`${folder}/new/b.yaml`);
    await seen.until(() => !seen.names.includes("b"));
  });
});

Deno.test("a single file is followed through edits and renames, its neighbours are not", async () => {
  await withProvider(
    { "a.yaml": documents("a"), "b.yaml": documents("b") },
    async (folder, seen) => {
      assertEquals(seen.names, ["a"]);
      await Deno.writeTextFile(`${folder}/tmp`, service("a", 81));
      await Deno.rename(`${folder}/tmp`, `${folder}/a.yaml`);
      await seen.until(() => seen.port("a") === 81);
      await Deno.writeTextFile(`${folder}/a.yaml`, service("a", 82));
      await seen.until(() => seen.port("a") === 82);
      await Deno.remove(`${folder}/a.yaml`);
      await seen.until(() => seen.problems.length === 1);
      assertEquals(seen.names, ["a"]);
      await Deno.writeTextFile(`${folder}/a.yaml`, service("a", 83));
      await seen.until(() => seen.port("a") === 83 && seen.problems.length === 0);
    },
    "/a.yaml",
  );
});

Deno.test("a single file is followed where nothing but that file may be read", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const path = `${folder}/a.yaml`;
  await Deno.writeTextFile(path, service("a", 81));
  const root = new URL("../../", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      `--config=${root}deno.json`,
      "--allow-env",
      `--allow-read=${path},${root}`,
      `${root}tests/integration/follow_file.ts`,
      path,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const deadline = setTimeout(() => child.kill(), PATIENCE_MS);
  const next = async () => (await lines.read()).value?.trim();
  try {
    assertEquals(await next(), "81");
    await Deno.writeTextFile(path, service("a", 82));
    assertEquals(await next(), "82");
    for (const port of [83, 84]) {
      await Deno.writeTextFile(`${folder}/tmp`, service("a", port));
      await Deno.rename(`${folder}/tmp`, path);
      assertEquals(await next(), String(port));
    }
    await Deno.remove(path);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await Deno.writeTextFile(path, service("a", 85));
    assertEquals(await next(), "85");
  } finally {
    clearTimeout(deadline);
    await lines.cancel();
    child.kill();
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("half a file is never taken for the whole", async () => {
  const [first, ...rest] = documents("a", "b", "d").split("---\n");
  let tookMs: number;
  do {
    tookMs = Infinity;
    await withProvider({ "a.yaml": documents("a", "b", "c") }, async (folder, seen) => {
      const sinceMs = performance.now();
      const file = await Deno.open(`${folder}/a.yaml`, { write: true, truncate: true });
      await file.write(new TextEncoder().encode(first));
      await new Promise((resolve) => setTimeout(resolve, 60));
      await file.write(new TextEncoder().encode(`---\n${rest.join("---\n")}`));
      file.close();
      tookMs = performance.now() - sinceMs;
      await seen.until(() => seen.names.includes("d"));
      // Where this machine took so long over it, half a file may have been taken, and rightly.
      if (tookMs > WITHIN_PATIENCE_MS) return;
      assertEquals(seen.names, ["a", "b", "d"]);
      assertEquals(seen.batches.length, 2);
    });
  } while (tookMs > WITHIN_PATIENCE_MS);
});

Deno.test("a ConfigMap's swap of ..data is one change", async () => {
  await withProvider(
    { "..1/a.yaml": documents("a"), "..1/b.yaml": documents("b") },
    async (folder) => {
      await Deno.symlink("..1", `${folder}/..data`);
      await Deno.symlink("..data/a.yaml", `${folder}/a.yaml`);
      await Deno.symlink("..data/b.yaml", `${folder}/b.yaml`);
      const provider = createFileProvider({ path: folder });
      const seen = new Seen();
      await provider.start(seen.sink);
      try {
        assertEquals(seen.names, ["a", "b"]);
        await Deno.mkdir(`${folder}/..2`);
        await Deno.writeTextFile(`${folder}/..2/a.yaml`, service("a", 81));
        await Deno.writeTextFile(`${folder}/..2/b.yaml`, service("b", 82));
        await Deno.symlink("..2", `${folder}/..data_tmp`);
        await Deno.rename(`${folder}/..data_tmp`, `${folder}/..data`);
        await seen.until(() => seen.port("b") === 82);
        assertEquals(seen.port("a"), 81);
        assertEquals(seen.batches.length, 2);
        assertEquals(seen.problems, []);
      } finally {
        await provider.stop();
      }
    },
  );
});

Deno.test("a broken edit leaves the file's last good objects and says file, line and field", async () => {
  await withProvider(
    { "a.yaml": documents("a", "b"), "c.yaml": documents("c") },
    async (folder, seen) => {
      const path = `${folder}/a.yaml`;
      await replaceFile(path, `${service("a", 81)}---\n${service("b", "eighty")}`);
      await seen.until(() => seen.problems.length === 1);
      assertEquals([seen.port("a"), seen.port("b"), seen.port("c")], [80, 80, 80]);
      const [{ severity, file, line, column, kind, name, field }] = seen.problems;
      assertEquals({ severity, file, line, column, kind, name, field }, {
        severity: "error",
        file: path,
        line: 15,
        column: 5,
        kind: "Service",
        name: "default/b",
        field: "spec.ports[0].port",
      });
      assertEquals(seen.problems[0].fix === "", false);
      await Deno.writeTextFile(path, "kind: [\n");
      await seen.until(() => seen.problems[0].message.startsWith("the YAML cannot be read"));
      assertEquals(seen.names, ["a", "b", "c"]);
      await Deno.writeTextFile(`${folder}/c.yaml`, service("c", 83));
      await seen.until(() => seen.port("c") === 83);
      await Deno.writeTextFile(path, documents("a", "z"));
      await seen.until(() => seen.problems.length === 0 && seen.names.includes("z"));
      assertEquals(seen.names, ["a", "c", "z"]);
    },
  );
});

Deno.test("a file that is emptied keeps what it held; one that is removed does not", async () => {
  await withProvider(
    { "a.yaml": documents("a"), "b.yaml": documents("b") },
    async (folder, seen) => {
      await Deno.writeTextFile(`${folder}/a.yaml`, "\n");
      await seen.until(() => seen.problems.length === 1);
      assertEquals(seen.names, ["a", "b"]);
      await Deno.remove(`${folder}/a.yaml`);
      await seen.until(() => seen.problems.length === 0);
      assertEquals(seen.names, ["b"]);
    },
  );
});

Deno.test("a folder that is emptied keeps what it held; what comes then counts", async () => {
  await withProvider(
    { "a.yaml": documents("a"), "b.yaml": documents("b") },
    async (folder, seen) => {
      await Deno.remove(`${folder}/a.yaml`);
      await Deno.remove(`${folder}/b.yaml`);
      await seen.until(() => seen.problems.length === 1);
      const [{ file, message }] = seen.problems;
      assertEquals([file, message.includes("goes on being served")], [folder, true]);
      assertEquals(seen.names.includes("b"), true);
      await Deno.writeTextFile(`${folder}/c.yaml`, documents("c"));
      await seen.until(() => seen.problems.length === 0);
      assertEquals(seen.names, ["c"]);
    },
  );
});

Deno.test("a folder that is empty from the start is said to be, until something is put there", async () => {
  await withProvider({}, async (folder, seen) => {
    assertEquals(seen.problems.map(({ severity, file }) => [severity, file]), [
      ["warning", folder],
    ]);
    await Deno.writeTextFile(`${folder}/a.yaml`, documents("a"));
    await seen.until(() => seen.problems.length === 0 && seen.names.length === 1);
  });
});

Deno.test("an empty folder in a file's place keeps what the file held", async () => {
  await withProvider({ "a.yaml": documents("a") }, async (folder, seen) => {
    const path = `${folder}/a.yaml`;
    await Deno.remove(path);
    await Deno.mkdir(path);
    await seen.until(() => seen.problems[0]?.message.includes("no file") === true);
    assertEquals(seen.names, ["a"]);
    await Deno.remove(path);
    await Deno.writeTextFile(path, documents("b"));
    await seen.until(() => seen.problems.length === 0 && seen.names.includes("b"));
    assertEquals(seen.names, ["b"]);
  }, "/a.yaml");
});

Deno.test("a pipe is refused at once: opening it would wait for who writes", async () => {
  const path = `${await Deno.makeTempDir({ prefix: "rauta-test-" })}/a.yaml`;
  await new Deno.Command("mkfifo", { args: [path] }).output();
  const outcome = await listFiles(path).then(() => "listed", (error) => error.message);
  assertEquals(outcome, `${path} is neither a file nor a folder`);
  await Deno.remove(path);
});

Deno.test("what is good of a file that is broken from the start is served", async () => {
  await withProvider({ "a.yaml": `${documents("a")}---\n${service("b", 99999)}` }, (_, seen) => {
    assertEquals(seen.names, ["a"]);
    assertEquals(seen.problems.map(({ name, line }) => [name, line]), [["default/b", 15]]);
    return Promise.resolve();
  });
});

Deno.test("the first of two equal objects counts, by path, and both places are named", async () => {
  await withProvider(
    { "b.yaml": service("a", 82), "a.yaml": service("a", 81) },
    async (folder, seen) => {
      assertEquals(seen.port("a"), 81);
      const [problem] = seen.problems;
      assertEquals([problem.file, problem.line], [`${folder}/b.yaml`, 1]);
      assertEquals(problem.message.includes(`${folder}/a.yaml:1`), true);
      await Deno.remove(`${folder}/a.yaml`);
      await seen.until(() => seen.problems.length === 0);
      assertEquals(seen.port("a"), 82);
    },
  );
});

Deno.test("unknown kinds are warned of with file and line, and break nothing", async () => {
  const deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: x }\n";
  await withProvider({ "a.yaml": `${documents("a")}---\n${deployment}` }, async (folder, seen) => {
    assertEquals(seen.problems.map(({ severity, line, kind }) => [severity, line, kind]), [
      ["warning", 10, "Deployment"],
    ]);
    await Deno.writeTextFile(`${folder}/a.yaml`, `${documents("b")}---\n${deployment}`);
    await seen.until(() => seen.names.includes("b"));
    assertEquals(seen.names, ["b"]);
  });
});

Deno.test("the same content written again delivers no change", async () => {
  await withProvider({ "a.yaml": documents("a", "b") }, async (folder, seen) => {
    await Deno.writeTextFile(`${folder}/a.yaml`, `# moved\n\n${documents("a", "b")}`);
    await Deno.writeTextFile(`${folder}/z.yaml`, documents("z"));
    await seen.until(() => seen.names.includes("z"));
    const changed = seen.batches.flat().filter(({ key }) => key === "default/a");
    assertEquals(changed.length, 1);
    const late = seen.batches.slice(1).flat().map(({ key }) => key);
    assertEquals(late, ["default/z"]);
  });
});

Deno.test("a folder that is replaced is followed", async () => {
  await withProvider({ "conf/a.yaml": documents("a") }, async (folder, seen) => {
    await Deno.mkdir(`${folder}/next`);
    await Deno.writeTextFile(`${folder}/next/b.yaml`, documents("b"));
    await Deno.rename(`${folder}/conf`, `${folder}/old`);
    await Deno.rename(`${folder}/next`, `${folder}/conf`);
    await Deno.writeTextFile(`${folder}/old/a.yaml`, documents("late"));
    await seen.until(() => seen.names.includes("b"));
    await Deno.writeTextFile(`${folder}/conf/b.yaml`, documents("c"));
    await seen.until(() => seen.names.includes("c"));
    assertEquals(seen.names, ["c"]);
  }, "/conf");
});

Deno.test("hostile documents are refused as problems", async () => {
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]"];
  for (let level = 1; level < 9; level++) {
    const [here, before] = ["abcdefghi"[level], "abcdefghi"[level - 1]];
    bomb.push(`${here}: &${here} [${new Array(9).fill(`*${before}`)}]`);
  }
  await withProvider({
    "bomb.yaml": bomb.join("\n"),
    "deep.yaml": "[".repeat(20_000),
    "double.yaml": "kind: A\nkind: B\n",
    "good.yaml": documents("good"),
    "list.yaml": "[1, 2]",
    "proto.yaml": `${service("p")}__proto__: { polluted: true }\n`,
  }, (folder, seen) => {
    assertEquals(seen.names, ["good"]);
    const files = new Set(seen.problems.map(({ file }) => file.slice(folder.length + 1)));
    assertEquals([...files].sort(), [
      "bomb.yaml",
      "deep.yaml",
      "double.yaml",
      "list.yaml",
      "proto.yaml",
    ]);
    assertEquals(({} as Record<string, unknown>).polluted, undefined);
    return Promise.resolve();
  });
});

Deno.test("links back up and into nothing are passed over, every file is read once", async () => {
  const folder = await Deno.makeTempDir({ prefix: "rauta-test-" });
  try {
    await Deno.mkdir(`${folder}/below`);
    await Deno.writeTextFile(`${folder}/a.yaml`, service("a"));
    await Deno.writeTextFile(`${folder}/below/b.yaml`, service("b"));
    await Deno.symlink("..", `${folder}/below/again`);
    await Deno.symlink("self", `${folder}/self`);
    await Deno.symlink("nowhere", `${folder}/gone.yaml`);
    const { files } = await listFiles(folder);
    assertEquals(files.map(({ path }) => path), [`${folder}/a.yaml`, `${folder}/below/b.yaml`]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a path that does not exist fails the start", async () => {
  const provider = createFileProvider({ path: "/nowhere/at/all" });
  const outcome = await provider.start(new Seen().sink).then(
    () => "started",
    (error) => error.name,
  );
  await provider.stop();
  assertEquals(outcome, "NotFound");
});
