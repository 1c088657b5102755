// What a certificate and its key are worth before they are served: real ones, made by openssl.

import { assertEquals } from "../assert.ts";
import { inspectPair } from "../../src/data/tls/inspect_pair.ts";
import { type KeyKind, makeChain, makePair, makePairOf, rewriteKey } from "./certificates.ts";

const pair = await makePair("a.example", "*.B.example");
const { certificate, key } = pair;

function faultOf(certificatePem: string, privateKeyPem: string): string {
  const inspection = inspectPair(certificatePem, privateKeyPem);
  return inspection.kind === "broken" ? inspection.fault : "";
}

Deno.test("a good pair: its names in lower case, its key and its time", () => {
  const inspection = inspectPair(certificate, key);
  if (inspection.kind !== "usable") throw new Error(inspection.fault);
  const { names, keyType, notBeforeMs, notAfterMs } = inspection.facts;
  assertEquals([names, keyType], [["a.example", "*.b.example"], "ecdsa"]);
  assertEquals(notAfterMs - notBeforeMs, 30 * 86_400_000);
});

Deno.test("kinds of keys: those that can be served, and why the others can't", async () => {
  const kinds: readonly (readonly [KeyKind, string])[] = [
    ["ec", ""],
    ["p384", ""],
    ["p521", ""],
    ["rsa", ""],
    ["ed25519", ""],
    ["rsa1024", "tls.key is an RSA key of 1024 bits, 2048 are the least"],
    ["k1", "tls.key is on the curve secp256k1: use P-256, P-384 or P-521"],
    ["ed448", "tls.key is of type ed448: use RSA, ECDSA or Ed25519"],
  ];
  for (const [kind, expected] of kinds) {
    const made = await makePairOf({ names: ["a.example"], kind });
    assertEquals([kind, faultOf(made.certificate, made.key)], [kind, expected]);
  }
});

Deno.test("forms of keys: PKCS 8, SEC 1, with parameters before it, PKCS 1; encrypted ones are refused", async () => {
  const rsa = await makePairOf({ names: ["a.example"], kind: "rsa" });
  const sec1 = await rewriteKey(key, ["ec"]);
  const pkcs1 = await rewriteKey(rsa.key, ["rsa", "-traditional"]);
  assertEquals([sec1.includes("BEGIN EC PRIVATE"), pkcs1.includes("BEGIN RSA PRIVATE")], [
    true,
    true,
  ]);
  const parameters =
    "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
  assertEquals(faultOf(certificate, sec1), "");
  assertEquals(faultOf(certificate, parameters + sec1), "");
  assertEquals(faultOf(rsa.certificate, pkcs1), "");
  const says = "tls.key is encrypted: store it without a passphrase";
  const pkcs8 = await rewriteKey(key, ["pkcs8", "-topk8", "-passout", "pass:x"]);
  const old = await rewriteKey(key, ["ec", "-aes128", "-passout", "pass:x"]);
  assertEquals([faultOf(certificate, pkcs8), faultOf(certificate, old)], [says, says]);
});

Deno.test("a chain is sent with the key's certificate first, whatever order it came in", async () => {
  const { leaf, intermediate, root, key: leafKey } = await makeChain("chain.example");
  for (const given of [leaf + intermediate, intermediate + leaf, root + intermediate + leaf]) {
    const inspection = inspectPair(`# a comment\n${given}`, leafKey);
    if (inspection.kind !== "usable") throw new Error(inspection.fault);
    assertEquals(inspection.certificatePem.startsWith(leaf.trim()), true);
    assertEquals(inspection.certificatePem.length, given.length);
    assertEquals(inspection.facts.names, ["chain.example"]);
  }
  assertEquals(
    faultOf(intermediate, leafKey),
    "tls.key does not belong to the certificate in tls.crt",
  );
});

Deno.test("what is no pair is refused with a word that has nothing of the key in it", async () => {
  const other = await makePair("b.example");
  const garbage = certificate.replace(/[A-Za-z0-9+/]{40}/, "A".repeat(40));
  const cases: readonly (readonly [string, string, string])[] = [
    [certificate, other.key, "tls.key does not belong to the certificate in tls.crt"],
    ["", key, "tls.crt is no PEM certificate"],
    [key, certificate, "tls.crt is no PEM certificate"],
    [garbage, key, "tls.crt can't be read as an X.509 certificate"],
    [
      certificate + garbage,
      key,
      "tls.crt can't be read as an X.509 certificate (certificate 2 of 2)",
    ],
    [certificate, "", "tls.key is no PEM private key"],
    [certificate, certificate, "tls.key is no PEM private key"],
    [
      certificate,
      key.replace(/[A-Za-z0-9+/]{40}/, "A".repeat(40)),
      "tls.key can't be read as a private key",
    ],
    [certificate.repeat(17), key, "tls.crt has 17 certificates, 16 are the most"],
    [certificate + " ".repeat(131_072), key, "tls.crt is larger than 128 KiB"],
    [certificate, key + " ".repeat(131_072), "tls.key is larger than 128 KiB"],
  ];
  for (const [cert, privateKey, expected] of cases) {
    assertEquals(faultOf(cert, privateKey), expected);
  }
});
