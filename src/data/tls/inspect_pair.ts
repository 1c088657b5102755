// Reads a certificate chain and its private key before they are served: whether they belong together
// and can be used, and what handshakes and statuses need to know of them. Pure; never puts any part of
// either into a message.

import type { KeyObject, X509Certificate } from "node:crypto";
import process from "node:process";
import type { CertificateFacts } from "../../ir/snapshot.ts";

export type PairInspection =
  | { readonly kind: "broken"; readonly fault: string }
  /** The chain as it is to be sent: the certificate of the key comes first. */
  | {
    readonly kind: "usable";
    readonly certificatePem: string;
    readonly facts: CertificateFacts;
  };

/** A real chain has two to four certificates. */
const MAX_CHAIN = 16;
const MAX_PEM_LENGTH = 131_072;
const MIN_RSA_BITS = 2048;
/** What the TLS engine can sign with. */
const CURVES: ReadonlySet<string> = new Set(["prime256v1", "secp384r1", "secp521r1"]);

const CERTIFICATES = /-----BEGIN CERTIFICATE-----\s+[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m;
const DNS_NAME = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

class Broken extends Error {}

/** Loaded with the first certificate: 3 MB that a gateway without TLS does not have. */
function nodeCrypto() {
  return process.getBuiltinModule("node:crypto");
}

function readChain(pem: string): { pem: string; certificate: X509Certificate }[] {
  if (pem.length > MAX_PEM_LENGTH) throw new Broken("tls.crt is larger than 128 KiB");
  const texts = pem.match(CERTIFICATES) ?? [];
  if (texts.length === 0) throw new Broken("tls.crt is no PEM certificate");
  if (texts.length > MAX_CHAIN) {
    throw new Broken(`tls.crt has ${texts.length} certificates, ${MAX_CHAIN} are the most`);
  }
  return texts.map((text, index) => {
    try {
      return { pem: text, certificate: new (nodeCrypto().X509Certificate)(text) };
    } catch {
      const which = texts.length === 1 ? "" : ` (certificate ${index + 1} of ${texts.length})`;
      throw new Broken(`tls.crt can't be read as an X.509 certificate${which}`);
    }
  });
}

function readKey(pem: string): KeyObject {
  if (pem.length > MAX_PEM_LENGTH) throw new Broken("tls.key is larger than 128 KiB");
  if (ENCRYPTED.test(pem)) {
    throw new Broken("tls.key is encrypted: store it without a passphrase");
  }
  if (!pem.includes("PRIVATE KEY-----")) throw new Broken("tls.key is no PEM private key");
  try {
    return nodeCrypto().createPrivateKey(pem);
  } catch {
    throw new Broken("tls.key can't be read as a private key");
  }
}

function keyTypeOf(key: KeyObject): CertificateFacts["keyType"] {
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case "rsa": {
      const bits = details?.modulusLength ?? 0;
      if (bits >= MIN_RSA_BITS) return "rsa";
      throw new Broken(`tls.key is an RSA key of ${bits} bits, ${MIN_RSA_BITS} are the least`);
    }
    case "ec":
      if (CURVES.has(details?.namedCurve ?? "")) return "ecdsa";
      throw new Broken(
        `tls.key is on the curve ${details?.namedCurve}: use P-256, P-384 or P-521`,
      );
    case "ed25519":
      return "ed25519";
    default:
      throw new Broken(
        `tls.key is of type ${key.asymmetricKeyType}: use RSA, ECDSA or Ed25519`,
      );
  }
}

/** DNS names alone: listeners have no other hostnames. */
function namesOf(certificate: X509Certificate): string[] {
  const names = (certificate.subjectAltName ?? "").split(", ")
    .filter((entry) => entry.startsWith("DNS:"))
    .map((entry) => entry.slice("DNS:".length).toLowerCase())
    .filter((name) => DNS_NAME.test(name));
  return [...new Set(names)];
}

function inspect(certificatePem: string, privateKeyPem: string): PairInspection {
  const chain = readChain(certificatePem);
  const key = readKey(privateKeyPem);
  const keyType = keyTypeOf(key);
  const own = chain.findIndex(({ certificate }) => certificate.checkPrivateKey(key));
  if (own < 0) throw new Broken("tls.key does not belong to the certificate in tls.crt");
  const { certificate } = chain[own];
  const ordered = [chain[own], ...chain.filter((_, index) => index !== own)];
  return {
    kind: "usable",
    certificatePem: ordered.map(({ pem }) => `${pem}\n`).join(""),
    facts: {
      names: namesOf(certificate),
      keyType,
      notBeforeMs: Date.parse(certificate.validFrom),
      notAfterMs: Date.parse(certificate.validTo),
    },
  };
}

/** Validity in time is told and not judged: an expired certificate is served, and said to be. */
export function inspectPair(certificatePem: string, privateKeyPem: string): PairInspection {
  try {
    return inspect(certificatePem, privateKeyPem);
  } catch (error) {
    if (error instanceof Broken) return { kind: "broken", fault: error.message };
    throw error;
  }
}
