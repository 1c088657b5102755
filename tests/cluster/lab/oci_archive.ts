// Makes an OCI image archive of one layer, the kind that containerd imports, from files in memory.
// Same input, same bytes and digest. For the test cluster's images only, not for RAUTA's own.

import { tar, type TarEntry } from "../../../deploy/image/tar.ts";

export interface ImageSpec {
  /** Full names with tags; one image may answer to several. */
  readonly names: readonly string[];
  readonly entrypoint: readonly string[];
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array<ArrayBuffer> }[];
}

const MEDIA = "application/vnd.oci.image";

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function json(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}

const ARCHITECTURES: Partial<Record<typeof Deno.build.arch, string>> = {
  x86_64: "amd64",
  aarch64: "arm64",
};

/** The archive's bytes; files are executable and owned by root. */
export async function ociArchive(spec: ImageSpec): Promise<Uint8Array<ArrayBuffer>> {
  const layer = tar(spec.files.flatMap(({ path, bytes }): TarEntry[] => {
    const parts = path.split("/").slice(0, -1);
    const folders = parts.map((_, index): TarEntry => (
      { kind: "folder", path: parts.slice(0, index + 1).join("/"), mode: 0o755 }
    ));
    return [...folders, { kind: "file", path, mode: 0o755, bytes }];
  }));
  const layerDigest = await digestOf(layer);
  const config = json({
    architecture: ARCHITECTURES[Deno.build.arch],
    os: "linux",
    config: { Entrypoint: spec.entrypoint, Env: ["PATH=/"] },
    rootfs: { type: "layers", diff_ids: [`sha256:${layerDigest}`] },
  });
  const configDigest = await digestOf(config);
  const manifest = json({
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config: {
      mediaType: `${MEDIA}.config.v1+json`,
      digest: `sha256:${configDigest}`,
      size: config.length,
    },
    layers: [{
      mediaType: `${MEDIA}.layer.v1.tar`,
      digest: `sha256:${layerDigest}`,
      size: layer.length,
    }],
  });
  const manifestDigest = await digestOf(manifest);
  const index = json({
    schemaVersion: 2,
    manifests: spec.names.map((name) => ({
      mediaType: `${MEDIA}.manifest.v1+json`,
      digest: `sha256:${manifestDigest}`,
      size: manifest.length,
      annotations: {
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
      },
    })),
  });
  const blob = (digest: string, bytes: Uint8Array<ArrayBuffer>): TarEntry => (
    { kind: "file", path: `blobs/sha256/${digest}`, mode: 0o644, bytes }
  );
  return tar([
    { kind: "file", path: "oci-layout", mode: 0o644, bytes: json({ imageLayoutVersion: "1.0.0" }) },
    { kind: "file", path: "index.json", mode: 0o644, bytes: index },
    blob(configDigest, config),
    blob(manifestDigest, manifest),
    blob(layerDigest, layer),
  ]);
}
