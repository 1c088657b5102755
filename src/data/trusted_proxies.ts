// Which peers are proxies whose word counts, and who the client behind them is.
// Takes what RAUTA_TRUSTED_PROXIES says: how many hops, or which networks. Nobody is trusted unless
// it is said; an X-Forwarded-For entry that is no address ends the trust.

/** Plain data, so that it can be sent to a worker. */
export type TrustedProxies =
  | { readonly kind: "none" }
  /** So many proxies are in front, each of which appends to X-Forwarded-For. */
  | { readonly kind: "hops"; readonly hops: number }
  /** Whoever connects from these networks is a proxy. */
  | { readonly kind: "networks"; readonly networks: readonly string[] };

export const TRUST_NOBODY: TrustedProxies = { kind: "none" };

interface Network {
  readonly bits: 32 | 128;
  readonly address: bigint;
  readonly prefix: number;
}

const MAX_HOPS = 32;

function ipv4Number(text: string): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let value = 0n;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value << 8n | BigInt(part);
  }
  return value;
}

function ipv6Number(text: string): bigint | undefined {
  let rest = text;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const last = ipv4Number(dotted[2]!);
    if (last === undefined) return undefined;
    rest = `${dotted[1]}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`;
  }
  const halves = rest.split("::");
  if (halves.length > 2) return undefined;
  const groupsOf = (half: string): string[] => half === "" ? [] : half.split(":");
  const head = groupsOf(halves[0]!);
  const tail = groupsOf(halves[1] ?? "");
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  let value = 0n;
  for (const group of [...head, ...Array<string>(missing).fill("0"), ...tail]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    value = value << 16n | BigInt(`0x${group}`);
  }
  return value;
}

/** An address as a number; an IPv4 address in IPv6 clothes (::ffff:a.b.c.d) is an IPv4 address. */
function parseAddress(text: string): { bits: 32 | 128; address: bigint } | undefined {
  const v4 = ipv4Number(text);
  if (v4 !== undefined) return { bits: 32, address: v4 };
  const v6 = ipv6Number(text);
  if (v6 === undefined) return undefined;
  return v6 >> 32n === 0xffffn
    ? { bits: 32, address: v6 & 0xffffffffn }
    : { bits: 128, address: v6 };
}

function parseNetwork(text: string): Network | undefined {
  const [host, prefixText, ...others] = text.split("/");
  const parsed = parseAddress(host!);
  if (!parsed || others.length > 0) return undefined;
  if (prefixText === undefined) return { ...parsed, prefix: parsed.bits };
  const prefix = /^(0|[1-9]\d{0,2})$/.test(prefixText) ? Number(prefixText) : NaN;
  if (!(prefix <= parsed.bits)) return undefined;
  const shift = BigInt(parsed.bits - prefix);
  // Bits beyond the prefix are a mistake that would silently trust other hosts.
  if (parsed.address >> shift << shift !== parsed.address) return undefined;
  return { ...parsed, prefix };
}

function contains(network: Network, text: string): boolean {
  const parsed = parseAddress(text);
  if (!parsed || parsed.bits !== network.bits) return false;
  const shift = BigInt(network.bits - network.prefix);
  return parsed.address >> shift === network.address >> shift;
}

/** Reads RAUTA_TRUSTED_PROXIES; undefined where it is neither a number nor a list of networks. */
export function parseTrustedProxies(text: string): TrustedProxies | undefined {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed === "0") return TRUST_NOBODY;
  if (/^[1-9]\d?$/.test(trimmed)) {
    const hops = Number(trimmed);
    return hops <= MAX_HOPS ? { kind: "hops", hops } : undefined;
  }
  const networks = trimmed.split(",").map((part) => part.trim());
  return networks.every((network) => parseNetwork(network))
    ? { kind: "networks", networks }
    : undefined;
}

/** What a front asks of the setting. */
export interface Trust {
  /** The peer's X-Forwarded-Proto and -Host are kept. */
  isTrusted(peer: string): boolean;
  /** The client's address; `forwardedFor` is X-Forwarded-For with the peer at its end. */
  clientOf(peer: string, forwardedFor: string): string;
}

/** Entries of X-Forwarded-For without ports and brackets, the nearest hop last. */
function entriesOf(forwardedFor: string): string[] {
  return forwardedFor.split(",").map((entry) => {
    const text = entry.trim();
    const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1];
    return bracketed ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)?.[1] ?? text;
  });
}

export function createTrust(setting: TrustedProxies): Trust {
  if (setting.kind === "none") {
    return { isTrusted: () => false, clientOf: (peer) => peer };
  }
  const networks = setting.kind === "networks"
    ? setting.networks.map((text) => parseNetwork(text)).filter((network) => network !== undefined)
    : undefined;
  const isProxy = (address: string, distance: number): boolean =>
    networks
      ? networks.some((network) => contains(network, address))
      : setting.kind === "hops" && distance < setting.hops;
  return {
    isTrusted: (peer) => isProxy(peer, 0),
    clientOf: (peer, forwardedFor) => {
      const entries = entriesOf(forwardedFor);
      let client = peer;
      for (let distance = 0; distance < entries.length; distance++) {
        const address = entries[entries.length - 1 - distance]!;
        if (parseAddress(address) === undefined) return client;
        client = address;
        if (!isProxy(address, distance)) return client;
      }
      return client;
    },
  };
}
