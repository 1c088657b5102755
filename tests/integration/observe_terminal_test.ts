// The live view in a real terminal (a pseudo-terminal of script(1)): its own screen, keys, resizing, an
// observer that goes away, and the terminal as it was when it ends.

import { assertEquals } from "../assert.ts";
import { until } from "../until.ts";

const ENTER = "\x1b[?1049h", LEAVE = "\x1b[?25h\x1b[?1049l";

function page(services: number) {
  return {
    connected: true,
    interfaces: [{ name: "eth0", xdp: "native", tc: "tcx" }],
    records: 1,
    connections: 1,
    services: Array.from({ length: services }, (_, index) => ({
      service: `shop/s${index}`,
      kernel: {
        rate: 100 - index,
        shareOf5xx: 0,
        unknown: 0,
        p50Ms: 1,
        p99Ms: 2,
        baselineP99Ms: 2,
        open: index === 3 ? ["ErrorRate"] : [],
      },
      proxy: null,
    })),
    losses: {},
  };
}

class Screen {
  readonly #child: Deno.ChildProcess;
  readonly #keys: WritableStreamDefaultWriter<Uint8Array>;
  #text = "";
  readonly #reading: Promise<void>;

  /** `before`: shell words that run first, in the same terminal. */
  constructor(authority: string, before: string, env: Record<string, string> = {}) {
    const flags = "--quiet --allow-net --allow-env src/cli/observe/main.ts";
    const command =
      `stty cols 90 rows 14; ${before} exec ${Deno.execPath()} run ${flags} ${authority}`;
    this.#child = new Deno.Command("script", {
      args: ["--quiet", "--flush", "--return", "--command", command, "/dev/null"],
      env: { TERM: "xterm", SHELL: "/bin/sh", ...env },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#keys = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.#text += text;
    }
  }

  get text(): string {
    return this.#text;
  }

  async type(keys: string): Promise<void> {
    await this.#keys.write(new TextEncoder().encode(keys));
  }

  /** Waits until it has been shown. */
  async until(words: string | RegExp): Promise<void> {
    await until(String(words), () => this.#text, (text) => text.search(words) >= 0);
  }

  async end(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#reading;
    await this.#keys.close().catch(() => {});
    return code;
  }
}

/** Shell words that do it beside what comes after them, and the function that lets them. */
async function onceTold(words: string): Promise<[string, () => Promise<void>]> {
  const gate = await Deno.makeTempFile();
  return [`(while [ -e ${gate} ]; do sleep 0.1; done; ${words}) &`, () => Deno.remove(gate)];
}

async function withPage(test: (authority: string, stop: () => Promise<void>) => Promise<void>) {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => Response.json(page(30)),
  );
  let isStopped = false;
  const stop = async () => {
    if (!isStopped) await server.shutdown();
    isStopped = true;
  };
  try {
    await test(`127.0.0.1:${server.addr.port}`, stop);
  } finally {
    await stop();
  }
}

Deno.test("a live view takes keys, says when nobody answers any more, and leaves no trace", async () => {
  await withPage(async (authority, stop) => {
    const screen = new Screen(authority, "");
    await screen.until("sort: rate");
    assertEquals(screen.text.includes(ENTER), true);
    assertEquals(screen.text.includes("\x1b[31mshop/s3"), true, "what is wrong is red");
    // 14 rows leave room for 5 services.
    assertEquals(screen.text.includes("25 more of 30 services"), true);
    await screen.type("s");
    await screen.until("sort: errors");
    await screen.type(" ");
    await screen.until("paused");
    await screen.type(" ");
    await stop();
    await screen.until("NO ANSWER: nobody answers");
    await screen.type("q");
    assertEquals(await screen.end(), 0);
    assertEquals(screen.text.trimEnd().endsWith(LEAVE), true);
  });
});

Deno.test("a live view follows the size of its terminal, and NO_COLOR", async () => {
  await withPage(async (authority) => {
    const [resize, go] = await onceTold("stty cols 30 rows 40 </dev/tty; kill -CONT $$");
    const screen = new Screen(authority, resize, { NO_COLOR: "1" });
    await screen.until("sort: rate");
    await go();
    // Higher, all services have room; narrower, the line of keys has not.
    await screen.until(/shop\/s29[^]*q quit {2}s sort: rate {2}r rever…/);
    // Continued, as after Ctrl-Z and `fg`, it takes its screen again.
    await until("it took its screen again", () => screen.text.split(ENTER).length, (n) => n === 3);
    await screen.type("\x1b[B\x1b[Bq");
    assertEquals(await screen.end(), 0);
    // deno-lint-ignore no-control-regex
    assertEquals(screen.text.match(/\x1b\[[0-9;]*m/g), null);
  });
});

Deno.test("a signal ends it well, and a missing observer is said at once, with its exit code", async () => {
  await withPage(async (authority, stop) => {
    const [end, go] = await onceTold("kill -TERM $$");
    const screen = new Screen(authority, end);
    await screen.until("sort: rate");
    await go();
    assertEquals(await screen.end(), 0);
    assertEquals(screen.text.trimEnd().endsWith(LEAVE), true);
    await stop();
    const nobody = new Screen(authority, "");
    assertEquals(await nobody.end(), 1);
    assertEquals(nobody.text.includes(`nobody answers on ${authority}`), true);
    assertEquals(nobody.text.includes(ENTER), false);
  });
});
