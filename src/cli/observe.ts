// `deno task observe`: a live view of what an observer sees, in the terminal. Reads the loopback
// page /observer once a second and draws it; writes nothing anywhere.

import { drawObserver, type ObserverPage } from "./observer_screen.ts";

const USAGE = `usage: deno task observe [--once] [ADDRESS:PORT]

Shows what an observer sees: services with rate, errors, latencies, baseline and open episodes, and
what was lost. ADDRESS:PORT is its admin server (127.0.0.1:9091; a proxy's is 127.0.0.1:9090).
`;
const CLEAR = "\x1b[H\x1b[2J";

async function page(authority: string): Promise<ObserverPage> {
  const response = await fetch(`http://${authority}/observer`);
  if (!response.ok) throw new Error(`${response.status} ${(await response.text()).trim()}`);
  return await response.json();
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(USAGE);
    return 0;
  }
  const authority = args.find((arg) => !arg.startsWith("-")) ?? "127.0.0.1:9091";
  const once = args.includes("--once");
  for (;;) {
    let text: string;
    try {
      text = drawObserver(await page(authority));
    } catch (error) {
      text = `no observer at ${authority}: ${error instanceof Error ? error.message : error}`;
      if (once) {
        console.error(text);
        return 1;
      }
    }
    console.log(once ? text : CLEAR + text);
    if (once) return 0;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
