// Which certificate answers a ClientHello, by SNI over the listeners of one socket.
// Takes what each listener offers, gives contexts; a name that no listener has gets none. Contexts
// are made once for each certificate and kept while it is offered, so a change costs one.

import { createSecureContext, type SecureContext } from "node:tls";
import type { TlsHost } from "../protocol.ts";

interface Kept {
  readonly version: string;
  readonly context: SecureContext;
}

/** `*.example.com` takes every name below it, however many labels, as listeners do. */
function wildcardsOf(name: string): string[] {
  const found: string[] = [];
  for (let dot = name.indexOf("."); dot >= 0; dot = name.indexOf(".", dot + 1)) {
    found.push(`*${name.slice(dot)}`);
  }
  return found;
}

export class CertificateChoice {
  #byHost: ReadonlyMap<string, SecureContext> = new Map();
  #kept: ReadonlyMap<string, Kept> = new Map();
  #fallback: SecureContext | undefined;

  /** From now on these are offered; handshakes under way keep theirs. */
  offer(hosts: readonly TlsHost[]): void {
    const kept = new Map<string, Kept>();
    const byHost = new Map<string, SecureContext>();
    for (const { hostname, certificate } of hosts) {
      const { id, version } = certificate;
      const before = kept.get(id) ?? this.#kept.get(id);
      const entry = before?.version === version ? before : {
        version,
        context: createSecureContext({
          cert: certificate.certificatePem,
          key: certificate.privateKeyPem,
        }),
      };
      kept.set(id, entry);
      if (!byHost.has(hostname)) byHost.set(hostname, entry.context);
    }
    this.#kept = kept;
    this.#byHost = byHost;
    this.#fallback = byHost.get("") ?? byHost.values().next().value;
  }

  /** For a client that sends no name. */
  get fallback(): SecureContext | undefined {
    return this.#fallback;
  }

  forName(name: string): SecureContext | undefined {
    const lower = name.toLowerCase();
    const hosts = this.#byHost;
    const exact = hosts.get(lower);
    if (exact !== undefined) return exact;
    for (const wildcard of wildcardsOf(lower)) {
      const found = hosts.get(wildcard);
      if (found !== undefined) return found;
    }
    return hosts.get("");
  }
}
