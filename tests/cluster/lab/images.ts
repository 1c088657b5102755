// The images that pods of the test cluster can run: nothing is pulled, all are made here and
// imported into each node. Archives lie in the cache beside the programs that they carry.

import { COREDNS, GATEWAY_API, PROBE } from "./artifacts.ts";
import { build } from "./go_build.ts";
import { type ImageSpec, ociArchive } from "./oci_archive.ts";
import { CHECKOUT, shortHash } from "./settings.ts";

export const PAUSE_IMAGE = "rauta.test/pause:1";
/** First word of every sandbox process's command line; tells it from what the pod runs. */
export const PAUSE_PROGRAM = "/pause";
export const PROBE_IMAGE = "rauta.test/probe:1";
export const COREDNS_IMAGE = "registry.k8s.io/coredns/coredns:v1.12.2";

/** RAUTA's own image, where `deno task image` puts it; null while it has not been made. */
export const RAUTA_IMAGE = "rauta.local/rauta:dev";
export const RAUTA_ARCHIVE = `${CHECKOUT}/build/image/rauta.tar`;

// One program serves as every echo image that the conformance suite's manifests name.
const ECHO_NAMES = ["v1.5.1", "v1.6.0-dev.2", "v1.6.0-dev.3"].flatMap((tag) => [
  `registry.k8s.io/gateway-api/echo-basic:${tag}`,
  `gcr.io/k8s-staging-gateway-api/echo-basic:${tag}`,
]);
export const ECHO_IMAGE = ECHO_NAMES[0];

interface Made {
  readonly artifactFolder: string;
  readonly program: string;
  /** Where the program lies in the image, when not under its own name. */
  readonly path?: string;
  readonly spec: Omit<ImageSpec, "files">;
}

async function write(made: Made): Promise<string> {
  const { artifactFolder, program, path: inImage, spec } = made;
  const path = `${artifactFolder}/image-${shortHash(JSON.stringify(made))}.oci.tar`;
  if (await Deno.stat(path).then(() => true, () => false)) return path;
  const bytes = await Deno.readFile(`${artifactFolder}/${program}`);
  const archive = await ociArchive({ ...spec, files: [{ path: inImage ?? program, bytes }] });
  const partial = await Deno.makeTempFile({ dir: artifactFolder, prefix: "partial-" });
  await Deno.writeFile(partial, archive);
  await Deno.rename(partial, path);
  return path;
}

/** Paths of the archives to import into a node, the sandbox image first. */
export async function imageArchives(): Promise<string[]> {
  const probe = await build(PROBE);
  const coredns = await build(COREDNS);
  const gatewayApi = await build(GATEWAY_API);
  const made = [
    {
      artifactFolder: probe,
      program: "probe",
      path: "pause",
      spec: { names: [PAUSE_IMAGE], entrypoint: [PAUSE_PROGRAM, "pause"] },
    },
    {
      artifactFolder: probe,
      program: "probe",
      spec: { names: [PROBE_IMAGE], entrypoint: ["/probe"] },
    },
    {
      artifactFolder: coredns,
      program: "coredns",
      spec: { names: [COREDNS_IMAGE], entrypoint: ["/coredns"] },
    },
    {
      artifactFolder: gatewayApi,
      program: "echo-basic",
      spec: { names: ECHO_NAMES, entrypoint: ["/echo-basic"] },
    },
  ] satisfies Made[];
  const archives = await Promise.all(made.map(write));
  const own = await Deno.stat(RAUTA_ARCHIVE).then(() => [RAUTA_ARCHIVE], () => []);
  return [...archives, ...own];
}
