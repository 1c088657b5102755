// A listener's certificateRefs to Secrets: found, granted, whole, or what is wrong with each.
// Never puts a key, or any part of a Secret's content, into a message.

import { ListenerReason, type ListenerReasonName } from "../../gatewayapi/conditions.ts";
import {
  CORE_GROUP,
  GATEWAY_GROUP,
  type ReferenceGrant,
  type Secret,
} from "../../gatewayapi/kinds.ts";
import { keyOf, resolveSecretReference } from "../../gatewayapi/references.ts";
import { isReferenceGranted } from "../../gatewayapi/reference_grant.ts";
import type { Certificate } from "../../ir/snapshot.ts";

export interface ListenerFault {
  readonly reason: ListenerReasonName;
  readonly message: string;
}

export interface CertificateRef {
  readonly group?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name: string;
}

export interface CertificateLookups {
  secret(key: string): Secret | undefined;
  grants(namespace: string): readonly ReferenceGrant[];
  /** What is wrong with a pair, or undefined; a check that needs cryptography is handed in. */
  checkPair?(certificatePem: string, privateKeyPem: string): string | undefined;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----\s+[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/;
const PRIVATE_KEY =
  /-----BEGIN (?:RSA |EC )?PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]+-----END (?:RSA |EC )?PRIVATE KEY-----/;

function decodeBase64(text: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The text under a key of a Secret: plain stringData, which an API server prefers, or base64 data. */
function secretText(secret: Secret, key: string): string | undefined {
  const plain = secret.stringData?.[key];
  if (plain !== undefined) return plain;
  const encoded = secret.data?.[key];
  return encoded === undefined ? undefined : decodeBase64(encoded);
}

/** Two 32-bit FNV-1a sums as hex: tells one content from the next, and nothing more. */
function versionOf(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x01000193;
  for (let index = 0; index < text.length; index++) {
    low = Math.imul(low ^ text.charCodeAt(index), 0x01000193);
    high = Math.imul(high ^ text.charCodeAt(text.length - 1 - index), 0x01000193);
  }
  const hex = (word: number) => (word >>> 0).toString(16).padStart(8, "0");
  return hex(high) + hex(low);
}

function readPair(
  id: string,
  secret: Secret,
  checkPair: CertificateLookups["checkPair"],
): Certificate | string {
  const certificatePem = secretText(secret, "tls.crt");
  const privateKeyPem = secretText(secret, "tls.key");
  if (certificatePem === undefined) return `Secret ${id} has no readable tls.crt`;
  if (privateKeyPem === undefined) return `Secret ${id} has no readable tls.key`;
  if (!CERTIFICATE.test(certificatePem)) return `tls.crt of Secret ${id} is no PEM certificate`;
  if (!PRIVATE_KEY.test(privateKeyPem)) return `tls.key of Secret ${id} is no PEM private key`;
  const wrong = checkPair?.(certificatePem, privateKeyPem);
  if (wrong !== undefined) return `Secret ${id}: ${wrong}`;
  return { id, version: versionOf(certificatePem + privateKeyPem), certificatePem, privateKeyPem };
}

/** The usable certificates of a listener, and the first fault among its references. */
export function resolveCertificates(
  refs: readonly CertificateRef[],
  gatewayNamespace: string,
  lookups: CertificateLookups,
): { certificates: Certificate[]; fault?: ListenerFault } {
  const certificates: Certificate[] = [];
  const faults: ListenerFault[] = [];
  const invalid = (message: string) =>
    faults.push({ reason: ListenerReason.invalidCertificateRef, message });
  for (const ref of refs) {
    const target = resolveSecretReference(ref, gatewayNamespace);
    const key = keyOf(target.namespace, target.name);
    const from = { group: GATEWAY_GROUP, kind: "Gateway", namespace: gatewayNamespace };
    if (target.group !== CORE_GROUP || target.kind !== "Secret") {
      invalid(
        `certificateRef ${target.name}: ${target.group}/${target.kind} is not supported, use a Secret`,
      );
    } else if (!isReferenceGranted(from, target, lookups.grants(target.namespace))) {
      faults.push({
        reason: ListenerReason.refNotPermitted,
        message:
          `certificateRef to Secret ${key} is not permitted: no ReferenceGrant in namespace ` +
          `${target.namespace} allows Gateways of ${gatewayNamespace}`,
      });
    } else {
      const secret = lookups.secret(key);
      const pair = secret === undefined
        ? `Secret ${key} does not exist`
        : readPair(key, secret, lookups.checkPair);
      if (typeof pair === "string") invalid(pair);
      else certificates.push(pair);
    }
  }
  if (refs.length === 0) {
    invalid("tls.certificateRefs is empty: name a Secret of type kubernetes.io/tls");
  }
  return faults.length === 0 ? { certificates } : { certificates, fault: faults[0] };
}
