// A listener's certificateRefs to Secrets: found, granted, whole, or what is wrong with each.
// Never puts a key, or any part of a Secret's content, into a message.

import {
  joinMessages,
  ListenerReason,
  type ListenerReasonName,
} from "../../gatewayapi/conditions.ts";
import {
  CORE_GROUP,
  GATEWAY_GROUP,
  type ReferenceGrant,
  type Secret,
} from "../../gatewayapi/kinds.ts";
import { keyOf, resolveSecretReference } from "../../gatewayapi/references.ts";
import { isReferenceGranted } from "../../gatewayapi/reference_grant.ts";
import type { Certificate, CertificateFacts } from "../../ir/snapshot.ts";

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

/** What a check that needs cryptography says of a chain and its key. */
export type PairInspection =
  | { readonly kind: "broken"; readonly fault: string }
  /** The chain as it is to be sent: the certificate of the key comes first. */
  | {
    readonly kind: "usable";
    readonly certificatePem: string;
    readonly facts: CertificateFacts;
  };

export type InspectPair = (certificatePem: string, privateKeyPem: string) => PairInspection;

/** The object whose listener it is: its namespace is the local one, and its kind is what is granted. */
export interface CertificateOwner {
  readonly kind: "Gateway" | "ListenerSet";
  readonly namespace: string;
}

export interface CertificateLookups {
  secret(key: string): Secret | undefined;
  grants(namespace: string): readonly ReferenceGrant[];
  /** The pair of this Secret that was served last. */
  kept(key: string): Certificate | undefined;
  /** Why listeners of a protocol are not served by this process, or undefined. */
  refuseProtocol?(protocol: string): string | undefined;
  /** Absent: pairs are taken as they look. */
  readonly inspectPair?: InspectPair;
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
  inspectPair: InspectPair | undefined,
): Certificate | string {
  const certificatePem = secretText(secret, "tls.crt");
  const privateKeyPem = secretText(secret, "tls.key");
  if (certificatePem === undefined) return `Secret ${id} has no readable tls.crt`;
  if (privateKeyPem === undefined) return `Secret ${id} has no readable tls.key`;
  const version = versionOf(certificatePem + privateKeyPem);
  if (inspectPair !== undefined) {
    const inspection = inspectPair(certificatePem, privateKeyPem);
    if (inspection.kind === "broken") return `Secret ${id}: ${inspection.fault}`;
    const { certificatePem: chain, facts } = inspection;
    return { id, version, certificatePem: chain, privateKeyPem, facts };
  }
  if (!CERTIFICATE.test(certificatePem)) return `tls.crt of Secret ${id} is no PEM certificate`;
  if (!PRIVATE_KEY.test(privateKeyPem)) return `tls.key of Secret ${id} is no PEM private key`;
  return { id, version, certificatePem, privateKeyPem };
}

interface Resolved {
  readonly certificate?: Certificate;
  readonly fault?: ListenerFault;
}

function invalid(message: string): Resolved {
  return { fault: { reason: ListenerReason.invalidCertificateRef, message } };
}

/**
 * A Secret that is there and no longer holds a good pair keeps the one that was served before: whoever
 * renews a certificate badly is told so, and takes nothing out of service. One that is deleted, or that
 * may no longer be referred to, is gone at once.
 */
function resolveSecret(key: string, secret: Secret, lookups: CertificateLookups): Resolved {
  const pair = readPair(key, secret, lookups.inspectPair);
  if (typeof pair !== "string") return { certificate: pair };
  const before = lookups.kept(key);
  if (before === undefined) return invalid(pair);
  return { ...invalid(`${pair}; the pair before it is served on`), certificate: before };
}

function resolve(
  ref: CertificateRef,
  owner: CertificateOwner,
  lookups: CertificateLookups,
): Resolved {
  const target = resolveSecretReference(ref, owner.namespace);
  const key = keyOf(target.namespace, target.name);
  if (target.group !== CORE_GROUP || target.kind !== "Secret") {
    const kind = `${target.group}/${target.kind}`;
    return invalid(`certificateRef ${target.name}: ${kind} is not supported, use a Secret`);
  }
  const from = { group: GATEWAY_GROUP, ...owner };
  if (!isReferenceGranted(from, target, lookups.grants(target.namespace))) {
    const message = `certificateRef to Secret ${key} is not permitted: no ReferenceGrant in ` +
      `namespace ${target.namespace} allows ${owner.kind}s of ${owner.namespace}`;
    return { fault: { reason: ListenerReason.refNotPermitted, message } };
  }
  const secret = lookups.secret(key);
  if (secret === undefined) return invalid(`Secret ${key} does not exist`);
  return resolveSecret(key, secret, lookups);
}

/** The usable certificates of a listener, each once, and what is wrong among its references. */
export function resolveCertificates(
  refs: readonly CertificateRef[],
  owner: CertificateOwner,
  lookups: CertificateLookups,
): { certificates: Certificate[]; fault?: ListenerFault } {
  const certificates = new Map<string, Certificate>();
  const faults: ListenerFault[] = [];
  for (const ref of refs) {
    const { certificate, fault } = resolve(ref, owner, lookups);
    if (certificate !== undefined) certificates.set(certificate.id, certificate);
    if (fault !== undefined) faults.push(fault);
  }
  if (refs.length === 0) {
    faults.push({
      reason: ListenerReason.invalidCertificateRef,
      message: "tls.certificateRefs is empty: name a Secret of type kubernetes.io/tls",
    });
  }
  const all = { certificates: [...certificates.values()] };
  if (faults.length === 0) return all;
  const message = joinMessages(faults.map((fault) => fault.message));
  return { ...all, fault: { reason: faults[0].reason, message } };
}
