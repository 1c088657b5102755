// The image's bill of materials, as CycloneDX 1.5 JSON: npm packages with the hashes of deno.lock,
// the Deno runtime, and the libraries of the C library's packages.
// The same image gives the same bytes: no time, no random serial number.

import type { Package } from "./module_files.ts";
import type { Library } from "./root_files.ts";
import { hex } from "./tools.ts";

export interface LockFile {
  /** By `name@version`, perhaps with `_peer@version` after it. */
  readonly npm: Readonly<Record<string, { readonly integrity: string }>>;
}

export interface SbomInput {
  readonly project: { readonly name: string; readonly version: string; readonly license: string };
  readonly imageDigest: string;
  readonly runtime: { readonly version: string; readonly sha256: string };
  readonly libraries: readonly Library[];
  readonly packages: readonly Package[];
  readonly lock: LockFile;
}

/** The hash that deno.lock pins for a package: base64 of SHA-512 there, hex here. */
function lockedHash(lock: LockFile, { name, version }: Package): { alg: string; content: string } {
  const id = `${name}@${version}`;
  const key = Object.keys(lock.npm).find((key) => key === id || key.startsWith(`${id}_`));
  const base64 = key === undefined ? undefined : /^sha512-(.+)$/.exec(lock.npm[key].integrity)?.[1];
  if (base64 === undefined) throw new Error(`deno.lock pins no SHA-512 for ${id}`);
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return { alg: "SHA-512", content: hex(bytes) };
}

function npmComponent(entry: Package, lock: LockFile): unknown {
  const purl = `pkg:npm/${entry.name.replace("@", "%40")}@${entry.version}`;
  return {
    type: "library",
    "bom-ref": purl,
    name: entry.name,
    version: entry.version,
    purl,
    hashes: [lockedHash(lock, entry)],
  };
}

function debianComponents(libraries: readonly Library[]): unknown[] {
  const versions = new Map(libraries.map(({ packageName, version }) => [packageName, version]));
  return [...versions].sort().map(([name, version]) => {
    const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}`;
    return { type: "library", "bom-ref": purl, name, version, purl };
  });
}

export function sbom(input: SbomInput): string {
  const { project, imageDigest, runtime, libraries, packages, lock } = input;
  const image = `pkg:oci/${project.name}@${encodeURIComponent(imageDigest)}`;
  const deno = `pkg:github/denoland/deno@v${runtime.version}`;
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      component: {
        type: "container",
        "bom-ref": image,
        name: project.name,
        version: project.version,
        purl: image,
        licenses: [{ license: { id: project.license } }],
      },
    },
    components: [
      {
        type: "application",
        "bom-ref": deno,
        name: "deno",
        version: runtime.version,
        purl: deno,
        hashes: [{ alg: "SHA-256", content: runtime.sha256 }],
      },
      ...debianComponents(libraries),
      ...packages.map((entry) => npmComponent(entry, lock)),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
