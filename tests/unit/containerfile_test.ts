// The image starts the proxy exactly as the launcher does, or with less.

import { ALLOCATOR, proxyArguments } from "../../src/cli/proxy_process.ts";
import { assertEquals } from "../assert.ts";

const CHECKOUT = new URL("../../", import.meta.url).pathname;

async function entrypoint(): Promise<string[]> {
  const text = await Deno.readTextFile(`${CHECKOUT}deploy/Containerfile`);
  return JSON.parse(/^ENTRYPOINT (\[[^\]]*\])/m.exec(text)![1].replaceAll("\\\n", ""));
}

/** Flags by name, values of a repeated one joined; paths of the checkout as the image has them. */
function flags(args: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const arg of args.filter((arg) => arg.startsWith("--"))) {
    const [name, value = ""] = arg.split(/=(.*)/s);
    const values = value.split(",").map((part) => part.replace(CHECKOUT, "/app/"));
    found.set(name, [...found.get(name) ?? [], ...values].sort());
  }
  return found;
}

Deno.test("the image's entry point gives the proxy the launcher's permissions", async () => {
  const image = flags(await entrypoint());
  const launcher = flags(proxyArguments("/etc/rauta", "/run/rauta/observer.sock").slice(0, -2));
  const credentials = "/var/run/secrets/kubernetes.io/serviceaccount";
  // The image has no type checker's input and no cache to fill, and it may run in a pod.
  const only = { "--cached-only": [""], "--no-check": [""] };
  const read = [...launcher.get("--allow-read") ?? [], credentials].sort();
  const expected = { ...Object.fromEntries(launcher), ...only, "--allow-read": read };
  assertEquals(
    Object.fromEntries([...image].sort()),
    Object.fromEntries(Object.entries(expected).sort()),
  );
});

Deno.test("the image sets the allocator as the launcher does", async () => {
  const text = await Deno.readTextFile(`${CHECKOUT}deploy/Containerfile`);
  const lines = [...text.matchAll(/^ENV (.*)$/gm)].map(([, line]) => line).join(" ").split(" ");
  for (const [name, value] of Object.entries(ALLOCATOR)) {
    assertEquals(lines.includes(`${name}=${value}`), true, name);
  }
});
