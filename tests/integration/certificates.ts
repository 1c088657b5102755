// Certificates for tests, made by openssl in a folder that is removed at once: self-signed ones, and
// chains of a root, an intermediate and a leaf. Valid from now on, unless it is said otherwise.

export interface Pair {
  /** PEM; of a chain the leaf's comes first. */
  readonly certificate: string;
  readonly key: string;
}

export type KeyKind = "ec" | "p384" | "p521" | "k1" | "rsa" | "rsa1024" | "ed25519" | "ed448";

const KEY_ARGUMENTS: Readonly<Record<KeyKind, readonly string[]>> = {
  ec: ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
  p384: ["ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"],
  p521: ["ec", "-pkeyopt", "ec_paramgen_curve:secp521r1"],
  k1: ["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
  rsa: ["rsa:2048"],
  rsa1024: ["rsa:1024"],
  ed25519: ["ed25519"],
  ed448: ["ed448"],
};

async function openssl(folder: string, args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("openssl", {
    args: [...args],
    cwd: folder,
    stdin: "null",
  }).output();
  if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

export interface PairShape {
  readonly names: readonly string[];
  readonly kind?: KeyKind;
  /** Days from now on; negative: it has expired. */
  readonly days?: number;
}

/** A self-signed certificate and its key. */
export function makePair(...names: readonly string[]): Promise<Pair> {
  return makePairOf({ names });
}

export function makePairOf({ names, kind = "ec", days = 30 }: PairShape): Promise<Pair> {
  return inFolder(async (folder) => {
    const san = names.map((name) => `DNS:${name}`).join(",");
    await openssl(folder, [
      ...["req", "-new", "-newkey", ...KEY_ARGUMENTS[kind], "-nodes", "-keyout", "key.pem"],
      ...["-out", "req.pem", "-subj", `/CN=${names[0]}`, "-addext", `subjectAltName=${san}`],
    ]);
    await openssl(folder, [
      ...["x509", "-req", "-in", "req.pem", "-signkey", "key.pem", "-out", "cert.pem"],
      ...["-days", String(days), "-copy_extensions", "copy"],
    ]);
    return {
      certificate: await Deno.readTextFile(`${folder}/cert.pem`),
      key: await Deno.readTextFile(`${folder}/key.pem`),
    };
  });
}

/** The same key in another form, by `openssl pkcs8`, `ec` or `rsa`. */
export function rewriteKey(key: string, args: readonly string[]): Promise<string> {
  return inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/key.pem`, key);
    return await openssl(folder, [args[0], "-in", "key.pem", ...args.slice(1)]);
  });
}

export interface Chain {
  readonly root: string;
  readonly intermediate: string;
  readonly leaf: string;
  readonly key: string;
}

/** A leaf for `name` that an intermediate signed, and the root that clients know. */
export function makeChain(name: string): Promise<Chain> {
  return inFolder(async (folder) => {
    const extensions: Readonly<Record<string, string>> = {
      root: "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n",
      intermediate: "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n",
      leaf: `subjectAltName=DNS:${name}\nbasicConstraints=CA:FALSE\n`,
    };
    const signers: Readonly<Record<string, readonly string[]>> = {
      root: ["-signkey", "root.key"],
      intermediate: ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial"],
      leaf: ["-CA", "intermediate.pem", "-CAkey", "intermediate.key", "-CAcreateserial"],
    };
    for (const who of ["root", "intermediate", "leaf"]) {
      await Deno.writeTextFile(`${folder}/${who}.ext`, extensions[who]);
      await openssl(folder, [
        ...["req", "-new", "-newkey", ...KEY_ARGUMENTS.ec, "-nodes", "-keyout", `${who}.key`],
        ...["-out", `${who}.req`, "-subj", `/CN=${who} of ${name}`],
      ]);
      await openssl(folder, [
        ...["x509", "-req", "-in", `${who}.req`, "-out", `${who}.pem`, "-days", "30"],
        ...["-extfile", `${who}.ext`, ...signers[who]],
      ]);
    }
    const read = (file: string) => Deno.readTextFile(`${folder}/${file}`);
    return {
      root: await read("root.pem"),
      intermediate: await read("intermediate.pem"),
      leaf: await read("leaf.pem"),
      key: await read("leaf.key"),
    };
  });
}

export function secretYaml(name: string, { certificate, key }: Pair, namespace = "test"): string {
  return `
---
apiVersion: v1
kind: Secret
metadata: { name: ${name}, namespace: ${namespace} }
type: kubernetes.io/tls
data: { tls.crt: "${btoa(certificate)}", tls.key: "${btoa(key)}" }
`;
}
