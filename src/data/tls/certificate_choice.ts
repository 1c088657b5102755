// Which certificate answers a ClientHello: SNI chooses the listener, as the Gateway API says; among the
// listener's certificates its names and the client's keys choose. Takes what each listener of one socket
// offers, gives contexts. A context is made once for each certificate and kept while it is offered.

import { createSecureContext, type SecureContext } from "node:tls";
import type { ClientHello } from "../../core/client_hello.ts";
import type { Certificate } from "../../ir/snapshot.ts";
import type { TlsHost } from "../protocol.ts";

interface Offer {
  readonly version: string;
  readonly context: SecureContext;
  readonly names: readonly string[];
  /** Undefined: nobody knows. */
  readonly keyType: "ecdsa" | "rsa" | "ed25519" | undefined;
}

export type Wish = Pick<ClientHello, "name" | "keys">;

/** The cheaper signature first, where the client takes both. */
const PREFERENCE = ["ecdsa", "ed25519", "rsa", undefined] as const;

/** `*.example.com` takes every name below it, however many labels, as listeners do. */
function wildcardsOf(name: string): string[] {
  const found: string[] = [];
  for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
    found.push(`*${name.slice(dot)}`);
  }
  return found;
}

/** In a certificate a wildcard stands for one label (RFC 9525 section 6.3). */
function wildcardOf(name: string): string | undefined {
  const dot = name.indexOf(".");
  return dot < 0 ? undefined : `*${name.slice(dot)}`;
}

/** Of those that the client can use, those that name the host, exactly or by wildcard; else all. */
function fitting(offers: readonly Offer[], { name, keys }: Wish): readonly Offer[] {
  const usable = offers.filter(({ keyType }) => keyType === undefined || keys.has(keyType));
  const all = usable.length > 0 ? usable : offers;
  const wildcard = wildcardOf(name);
  for (const wanted of [name, wildcard]) {
    if (wanted === undefined || wanted === "") continue;
    const named = all.filter(({ names }) => names.includes(wanted));
    if (named.length > 0) return named;
  }
  return all;
}

function bestOf(offers: readonly Offer[], wish: Wish): SecureContext | undefined {
  const candidates = fitting(offers, wish);
  const first = PREFERENCE.find((type) => candidates.some(({ keyType }) => keyType === type));
  return candidates.find(({ keyType }) => keyType === first)?.context;
}

function makeOffer({ version, certificatePem, privateKeyPem, facts }: Certificate): Offer {
  const context = createSecureContext({
    cert: certificatePem,
    key: privateKeyPem,
    minVersion: "TLSv1.2",
  });
  return { version, context, names: facts?.names ?? [], keyType: facts?.keyType };
}

export class CertificateChoice {
  #byHost: ReadonlyMap<string, readonly Offer[]> = new Map();
  #kept: ReadonlyMap<string, Offer> = new Map();

  /**
   * From now on these are offered; handshakes under way keep theirs. A certificate that the engine does
   * not take is left out: gives the ids of those.
   */
  offer(hosts: readonly TlsHost[]): string[] {
    const kept = new Map<string, Offer>();
    const byHost = new Map<string, readonly Offer[]>();
    const refused = new Set<string>();
    for (const { hostname, certificates } of hosts) {
      const offers: Offer[] = [];
      for (const certificate of certificates) {
        const offer = this.#offerOf(certificate, kept);
        if (offer === undefined) refused.add(certificate.id);
        else offers.push(offer);
      }
      if (!byHost.has(hostname)) byHost.set(hostname, offers);
    }
    this.#kept = kept;
    this.#byHost = byHost;
    return [...refused];
  }

  /**
   * The context for a client; undefined where no listener takes the name, or the client named none and
   * no listener is for any host.
   */
  choose(wish: Wish): SecureContext | undefined {
    const offers = this.#listenerFor(wish.name);
    return offers && bestOf(offers, wish);
  }

  #listenerFor(name: string): readonly Offer[] | undefined {
    const hosts = this.#byHost;
    if (name !== "") {
      for (const candidate of [name, ...wildcardsOf(name)]) {
        const found = hosts.get(candidate);
        if (found !== undefined) return found;
      }
    }
    return hosts.get("");
  }

  #offerOf(certificate: Certificate, kept: Map<string, Offer>): Offer | undefined {
    const { id, version } = certificate;
    const before = kept.get(id) ?? this.#kept.get(id);
    if (before?.version === version) {
      kept.set(id, before);
      return before;
    }
    try {
      const offer = makeOffer(certificate);
      kept.set(id, offer);
      return offer;
    } catch {
      return undefined;
    }
  }
}
