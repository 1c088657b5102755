// Reads an OCI image layout from a folder and packs it into one archive that containerd, podman and
// skopeo import under its full name. The archive's bytes depend on the layout and the name alone.

import { tar, type TarEntry } from "./tar.ts";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}
interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export interface ImageFacts {
  /** The manifest's digest: the image's identity. */
  readonly digest: string;
  /** What a registry would store and a node would pull. */
  readonly compressedBytes: number;
}

const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(path)) as T;
}

/** Packs the only image of a layout as `name` into the file `archive`. */
export async function packLayout(
  layout: string,
  name: string,
  archive: string,
): Promise<ImageFacts> {
  const index = await readJson<{ manifests: Descriptor[] }>(`${layout}/index.json`);
  if (index.manifests.length !== 1) {
    throw new Error(`${layout} holds ${index.manifests.length} images, not one`);
  }
  const [{ mediaType, digest, size }] = index.manifests;
  const blobPath = (digest: string) => `blobs/${digest.replace(":", "/")}`;
  const manifest = await readJson<Manifest>(`${layout}/${blobPath(digest)}`);
  const named = {
    schemaVersion: 2,
    mediaType: INDEX_TYPE,
    manifests: [{
      mediaType,
      digest,
      size,
      annotations: {
        "io.containerd.image.name": name,
        "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
      },
    }],
  };
  const file = (path: string, bytes: Uint8Array<ArrayBuffer>): TarEntry => (
    { kind: "file", path, mode: 0o644, bytes }
  );
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const entries = [
    file("oci-layout", text({ imageLayoutVersion: "1.0.0" })),
    file("index.json", text(named)),
  ];
  for (const blob of [digest, manifest.config.digest, ...manifest.layers.map((l) => l.digest)]) {
    entries.push(file(blobPath(blob), await Deno.readFile(`${layout}/${blobPath(blob)}`)));
  }
  await Deno.writeFile(archive, tar(entries));
  const sizes = [size, manifest.config.size, ...manifest.layers.map((layer) => layer.size)];
  return { digest, compressedBytes: sizes.reduce((sum, size) => sum + size, 0) };
}
