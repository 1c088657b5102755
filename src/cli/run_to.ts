// `deno task run --to [HOST=]ADDRESS`: what the values of --to and --from mean, and the YAML of a
// gateway in front of what runs already. Pure: takes words and addresses, gives documents that any
// cluster would take, or what is wrong with a word and what to write instead.

import { canonicalAddress } from "../control/translator/ip_address.ts";

export const DEFAULT_FROM: Place = { address: "", port: 8080 };

/** A socket; the address is canonical, `` for the one that the gateway is configured with. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** One value of --to. */
export interface Target {
  /** `` for every host. */
  readonly host: string;
  /** An IP address, canonical, or a name that has to be resolved. */
  readonly name: string;
  readonly port: number;
}

/** The word can't be taken; the message says why, and what to write. */
export class WordError extends Error {
  override readonly name = "WordError";
}

const HOSTNAME = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
/** Names of containers and of /etc/hosts may have underscores. */
const NAME = /^[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)*\.?$/i;
const ANY = ["0.0.0.0", "::"];

function readPort(digits: string, word: string): number {
  const port = Number(digits);
  if (port >= 1 && port <= 65535) return port;
  throw new WordError(`${word}: ${digits} is no port: write one from 1 to 65535`);
}

function readHost(text: string, word: string): string {
  const host = text.toLowerCase();
  if (/:\d+$/.test(host)) {
    throw new WordError(`${word}: HOST is without a port; --from says where the gateway listens`);
  }
  if (canonicalAddress(host) !== undefined) {
    throw new WordError(
      `${word}: ${host} is an IP address, not a host that a route can have: leave it out`,
    );
  }
  if (host.length > 253 || !HOSTNAME.test(host)) {
    throw new WordError(`${word}: ${text} is no hostname: write one such as shop.test or *.test`);
  }
  return host;
}

/** The part behind `scheme://` and before the path; the port that a scheme implies. */
function readScheme(where: string, word: string): { authority: string; port?: string } {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i.exec(where);
  const scheme = parts?.[1].toLowerCase();
  if (scheme === "https") {
    throw new WordError(
      `${word}: HTTPS to what runs there is not supported: write an address that speaks plain ` +
        "HTTP, such as localhost:3000",
    );
  }
  if (scheme !== undefined && scheme !== "http") {
    throw new WordError(`${word}: ${scheme} is not supported: write an address that speaks HTTP`);
  }
  const rest = parts?.[2] ?? where;
  const authority = rest.replace(/\/$/, "");
  if (/[/?#]/.test(authority)) {
    throw new WordError(
      `${word}: a path can't be part of it, paths go on as they come: write only ` +
        authority.replace(/[/?#].*$/, ""),
    );
  }
  return { authority, ...(scheme === "http" ? { port: "80" } : {}) };
}

function readName(name: string, word: string): string {
  const address = canonicalAddress(name);
  if (address !== undefined && ANY.includes(address)) {
    throw new WordError(
      `${word}: ${name} is every address of a machine, and none to connect to: write 127.0.0.1`,
    );
  }
  if (address !== undefined) return address;
  if (/^[\d.]+$/.test(name) || name.length > 253 || !NAME.test(name)) {
    throw new WordError(`${word}: ${name} is neither an IP address nor a name`);
  }
  return name.toLowerCase().replace(/\.$/, "");
}

/** @throws {WordError} */
export function readTarget(value: string): Target {
  const word = `--to ${value}`;
  const equals = value.indexOf("=");
  const host = equals < 0 ? "" : readHost(value.slice(0, equals), word);
  const { authority, port: implied } = readScheme(value.slice(equals + 1), word);
  // A port alone is one of this machine.
  const alone = /^:?(\d+)$/.exec(authority);
  if (alone) return { host, name: "localhost", port: readPort(alone[1], word) };
  if (/^[^[].*:.*:/.test(authority)) {
    throw new WordError(`${word}: write an IPv6 address in brackets, such as [::1]:3000`);
  }
  const parts = /^(?:\[([^\]]*)\]|([^:[\]@]+))(?::(\d+))?$/.exec(authority);
  if (!parts) throw new WordError(`${word}: write ADDRESS or HOST=ADDRESS, such as localhost:3000`);
  const name = parts[1] ?? parts[2];
  if (parts[1] !== undefined && !canonicalAddress(parts[1])?.includes(":")) {
    throw new WordError(`${word}: ${parts[1]} in brackets is no IPv6 address`);
  }
  const digits = parts[3] ?? implied;
  if (digits === undefined) {
    throw new WordError(`${word}: the port is missing: write ${authority}:PORT`);
  }
  return { host, name: readName(name, word), port: readPort(digits, word) };
}

/** @throws {WordError} */
export function readFrom(value: string): Place {
  const word = `--from ${value}`;
  const parts = /^(?:(?:\[([^\]]*)\]|([^:[\]]*)):)?(\d+)$/.exec(value);
  if (!parts) throw new WordError(`${word}: write PORT or ADDRESS:PORT, such as 0.0.0.0:8080`);
  const name = parts[1] ?? parts[2] ?? "";
  const text = name === "localhost" ? "127.0.0.1" : name === "*" ? "0.0.0.0" : name;
  const address = text === "" ? "" : canonicalAddress(text);
  if (address === undefined) {
    throw new WordError(
      `${word}: ${name} is no IP address of this machine: write one, or PORT alone; ` +
        "a hostname is part of --to, as in HOST=ADDRESS",
    );
  }
  return { address, port: readPort(parts[3], word) };
}

/** What runs for a host: every request goes to one of its places. */
export interface Backend {
  readonly host: string;
  readonly places: readonly Place[];
}

/** Endpoints of one slice share the family and the port. */
function slicesOf(name: string, places: readonly Place[]): string[] {
  const groups = new Map<string, Place[]>();
  for (const place of places) {
    const id = `${place.address.includes(":") ? "IPv6" : "IPv4"} ${place.port}`;
    const group = groups.get(id) ?? [];
    if (!group.some(({ address }) => address === place.address)) group.push(place);
    groups.set(id, group);
  }
  return [...groups].map(([id, group], index) => {
    const [family, port] = id.split(" ");
    const endpoints = group.map(({ address }) => `{ addresses: ["${address}"] }`).join(", ");
    const slice = index === 0 ? name : `${name}-${index + 1}`;
    return `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${slice}, labels: { kubernetes.io/service-name: ${name} } }
addressType: ${family}
ports: [{ port: ${port} }]
endpoints: [${endpoints}]
`;
  });
}

function documentsOf({ host, places }: Backend, index: number): string[] {
  const name = `to-${index + 1}`;
  return [
    `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: rauta }]
${host === "" ? "" : `  hostnames: ["${host}"]\n`}  rules:
    - backendRefs: [{ name: ${name}, port: 80 }]
`,
    `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { ports: [{ port: 80 }] }
`,
    ...slicesOf(name, places),
  ];
}

/** The YAML that --from and the backends stand for. */
export function yamlFor(from: Place, backends: readonly Backend[]): string {
  const addresses = from.address === ""
    ? ""
    : `  addresses: [{ type: IPAddress, value: "${from.address}" }]\n`;
  const documents = [
    `apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: { name: rauta }
spec: { controllerName: rauta.io/gateway-controller }
`,
    `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: rauta }
spec:
  gatewayClassName: rauta
${addresses}  listeners: [{ name: http, protocol: HTTP, port: ${from.port} }]
`,
    ...backends.flatMap(documentsOf),
  ];
  return documents.join("---\n");
}
