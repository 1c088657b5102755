// What `run` prints once the proxy serves: what was loaded, and three requests to try, each a line
// that begins with `curl ` and works as typed. Made from the /routes page; prints nothing itself.

import type { ListenerView, MatchView, RoutesView, RouteView } from "../admin/routes_view.ts";

const MOST_CURLS = 3;

/** Single quotes keep everything but themselves literal in a POSIX shell. */
function quote(text: string): string {
  return /^[A-Za-z0-9_.,:\/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A host that the pattern takes; undefined where any host will do. */
function exampleHost(listener: ListenerView, route: RouteView): string | undefined {
  const pattern = route.hostnames.find((name) => name !== "") ?? listener.hostname;
  if (pattern === "") return undefined;
  return pattern.startsWith("*.") ? `www.${pattern.slice(2)}` : pattern;
}

/** Undefined where the match holds a regular expression, for which no example is made up. */
function curlFor(
  base: string,
  host: string | undefined,
  match: MatchView,
): string | undefined {
  const values = [...match.headers, ...match.queries];
  if (match.path.kind === "regex" || values.some((value) => value.kind === "regex")) {
    return undefined;
  }
  const parts = ["curl"];
  if (match.method === "HEAD") parts.push("-I");
  else if (match.method !== undefined && match.method !== "GET") {
    parts.push("-X", quote(match.method));
  }
  if (host !== undefined) parts.push("-H", quote(`Host: ${host}`));
  for (const { name, value } of match.headers) parts.push("-H", quote(`${name}: ${value}`));
  const query = match.queries.map(({ name, value }) =>
    `${encodeURIComponent(name)}=${encodeURIComponent(value)}`
  ).join("&");
  const url = new URL(base + match.path.value);
  url.search = query;
  parts.push(quote(url.href));
  return parts.join(" ");
}

/** `[::]` and `0.0.0.0` accept on every address of this machine, loopback included. */
function reachable(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  if (address === "::") return "[::1]";
  return address.includes(":") ? `[${address}]` : address;
}

function curlsOf(listener: ListenerView, bindAddress: string): string[] {
  const curls: string[] = [];
  const address = reachable(listener.addresses[0] ?? bindAddress);
  const base = `http://${address}:${listener.port}`;
  for (const route of listener.routes) {
    const host = exampleHost(listener, route);
    for (const rule of route.rules) {
      const curl = rule.matches.map((match) => curlFor(base, host, match)).find((line) => line);
      if (curl) curls.push(curl);
    }
  }
  return curls;
}

/** Up to three curl lines, from rules of different shapes, in the order of the routes. */
export function curlLines(view: RoutesView, bindAddress: string): string[] {
  const open = view.listeners.filter((item) => item.protocol === "HTTP" && !item.unbound);
  const all = open.flatMap((listener) => curlsOf(listener, bindAddress));
  return [...new Set(all)].slice(0, MOST_CURLS);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function listenerLine(listener: ListenerView, bindAddress: string): string {
  const addresses = listener.addresses.length > 0 ? listener.addresses : [bindAddress];
  const where = addresses.map((address) => `${reachable(address)}:${listener.port}`).join(", ");
  const host = listener.hostname === "" ? "" : ` for ${listener.hostname}`;
  const state = listener.unbound ? `NOT ACCEPTING: ${listener.unbound}` : `${where}${host}`;
  return `  listener ${listener.id} (${listener.protocol}) ${state}, ` +
    count(listener.routes.length, "route");
}

const MOST_LINES = 10;

function limited(lines: string[]): string[] {
  if (lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES), `  ... and ${lines.length - MOST_LINES} more`];
}

export interface SummaryInput {
  readonly source: string;
  readonly view: RoutesView;
  readonly bindAddress: string;
  /** `127.0.0.1:9090` */
  readonly admin: string;
  readonly problems: number;
}

export function summary(input: SummaryInput): string {
  const { view, bindAddress } = input;
  const gateways = new Set(
    view.listeners.map((item) => item.id.slice(0, item.id.lastIndexOf("/"))),
  );
  const routes = new Map(
    view.listeners.flatMap((item) => item.routes).map((route) => [route.id, route]),
  );
  const lines = [
    `RAUTA serves ${input.source}`,
    `${count(gateways.size, "gateway")}: ${[...gateways].join(", ") || "none"}`,
    ...limited(view.listeners.map((item) => listenerLine(item, bindAddress))),
    count(routes.size, "route"),
    ...limited(
      [...routes.values()].map((route) =>
        `  ${route.id} for ${route.hostnames.map((name) => name || "any host").join(", ")}, ` +
        count(route.rules.length, "rule")
      ),
    ),
    count(view.services.length, "service"),
    ...limited(
      view.services.map((service) =>
        `  ${service.key} -> ${
          service.endpoints.map((item) => item.address).slice(0, 5).join(", ") || "no endpoints"
        }${service.endpoints.length > 5 ? ", ..." : ""}`
      ),
    ),
  ];
  if (gateways.size === 0) {
    lines.push(
      "Nothing listens: that takes a GatewayClass whose controllerName is",
      "rauta.io/gateway-controller, a Gateway of that class, and routes; see deploy/examples.",
    );
  }
  if (input.problems > 0) {
    const problems = count(input.problems, "problem");
    lines.push(`${problems}: see the log, http://${input.admin}/status, or deno task check`);
  }
  lines.push(`admin on http://${input.admin}: /metrics /status /routes`, "");
  const curls = curlLines(view, bindAddress);
  if (curls.length > 0) lines.push("Try:", ...curls, "");
  lines.push("Ctrl-C drains and ends it.");
  return lines.join("\n") + "\n";
}
