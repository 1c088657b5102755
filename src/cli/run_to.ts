// `deno task run --to [HOST=]ADDRESS`: the YAML of a gateway in front of what runs already.
// Takes the values of --to; gives documents that any cluster would take, or what is wrong with one.

export const TO_PORT = 8080;

interface Target {
  readonly host: string;
  readonly address: string;
  readonly port: number;
}

const HOSTNAME = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}

function readTarget(value: string): Target | string {
  const equals = value.indexOf("=");
  const host = value.slice(0, Math.max(equals, 0)).toLowerCase();
  const where = value.slice(equals + 1);
  const parts = /^(?:\[([0-9a-f:]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(where);
  const wrong = `--to ${value}: write ADDRESS or HOST=ADDRESS, such as localhost:3000`;
  const name = parts?.[2] === "localhost" ? "127.0.0.1" : parts?.[2];
  const address = parts?.[1] ?? name ?? "";
  const port = Number(parts?.[3]);
  if (!parts || port < 1 || port > 65535) return wrong;
  if (name !== undefined && !isIpv4(name)) {
    return `--to ${value}: ${name} is no IP address: write one, or localhost`;
  }
  if (equals >= 0 && (host.length > 253 || !HOSTNAME.test(host))) {
    return `--to ${value}: ${host} is no hostname`;
  }
  return { host, address, port };
}

function documentsOf({ host, address, port }: Target, index: number): string[] {
  const name = `to-${index + 1}`;
  return [
    `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: ${name} }
spec:
  parentRefs: [{ name: rauta }]
${host === "" ? "" : `  hostnames: ["${host}"]\n`}  rules:
    - backendRefs: [{ name: ${name}, port: ${port} }]
`,
    `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { ports: [{ port: ${port} }] }
`,
    `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}, labels: { kubernetes.io/service-name: ${name} } }
addressType: ${address.includes(":") ? "IPv6" : "IPv4"}
ports: [{ port: ${port} }]
endpoints: [{ addresses: ["${address}"] }]
`,
  ];
}

/** The YAML that the values stand for, or what is wrong with the first that can't be taken. */
export function yamlForTargets(
  values: readonly string[],
): { readonly yaml: string } | { readonly wrong: string } {
  const targets: Target[] = [];
  for (const value of values) {
    const target = readTarget(value);
    if (typeof target === "string") return { wrong: target };
    if (targets.some(({ host }) => host === target.host)) {
      return { wrong: `--to ${value}: ${target.host || "every host"} is served already` };
    }
    targets.push(target);
  }
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
  listeners: [{ name: http, protocol: HTTP, port: ${TO_PORT} }]
`,
    ...targets.flatMap(documentsOf),
  ];
  return { yaml: documents.join("---\n") };
}
