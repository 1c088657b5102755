// `deno task routes`: what is served, as a person would draw it, by the gateway that runs on this
// machine or, with --config, by files. Takes the /routes page's view, gives a tree of lines.

import {
  type ListenerView,
  type MatchView,
  type RoutesView,
  routesView,
  type RouteView,
  type ServiceView,
} from "../admin/routes_view.ts";
import { AdminError, adminPage } from "./admin_page.ts";
import { parseArguments, UsageError } from "./arguments.ts";
import { helpOf } from "./commands.ts";
import { readConfiguration, warningOf } from "./configuration.ts";
import { finish, type Output } from "./output.ts";

const PATH_WORDS = { exact: "=", prefix: "", regex: "~" } as const;

function matchText({ path, method, headers, queries }: MatchView): string {
  const values = (mark: string, list: MatchView["headers"]) =>
    list.map(({ kind, name, value }) =>
      `${mark}${name}${kind === "regex" ? "~" : "="}${JSON.stringify(value)}`
    );
  const where = `${PATH_WORDS[path.kind]} ${path.value}`.trim();
  return [method, where, ...values("header ", headers), ...values("query ", queries)]
    .filter((part) => part !== undefined).join(" ");
}

interface Node {
  readonly text: string;
  readonly children: readonly Node[];
}

function endpointNodes(service: ServiceView | undefined): Node[] {
  if (!service || service.endpoints.length === 0) return [{ text: "no endpoints", children: [] }];
  return service.endpoints.map(({ address, ready }) => ({
    text: `${address} ${ready ? "ready" : "NOT READY"}`,
    children: [],
  }));
}

function routeNode(route: RouteView, services: ReadonlyMap<string, ServiceView>): Node {
  const rules = route.rules.map(({ name, matches, filters, backends }, index): Node => {
    const total = backends.reduce((sum, { weight }) => sum + weight, 0);
    return {
      text: `rule ${index}${name === "" ? "" : ` ${name}`}: ${matches.map(matchText).join(" | ")}` +
        (filters.length === 0 ? "" : ` [${filters.join(", ")}]`),
      children: backends.map(({ to, weight }) => ({
        text: backends.length === 1 ? to : `${to} weight ${weight} of ${total}`,
        children: to.startsWith("invalid: ") ? [] : endpointNodes(services.get(to)),
      })),
    };
  });
  return { text: `route ${route.id}`, children: rules };
}

function hostNodes(listener: ListenerView, services: ReadonlyMap<string, ServiceView>): Node[] {
  const hosts = new Map<string, Node[]>();
  for (const route of listener.routes) {
    for (const host of route.hostnames) {
      const list = hosts.get(host) ?? [];
      hosts.set(host, [...list, routeNode(route, services)]);
    }
  }
  return [...hosts].sort(([a], [b]) => a < b ? -1 : 1).map(([host, children]) => ({
    text: host === "" ? "any host" : host,
    children,
  }));
}

function draw(node: Node, before: string, lines: string[]): void {
  for (const [index, child] of node.children.entries()) {
    const isLast = index === node.children.length - 1;
    lines.push(`${before}${isLast ? "└─ " : "├─ "}${child.text}`);
    draw(child, before + (isLast ? "   " : "│  "), lines);
  }
}

export function showRoutes(view: RoutesView): string {
  const services = new Map(view.services.map((service) => [service.key, service]));
  const lines: string[] = [];
  for (const listener of view.listeners) {
    const { id, protocol, port, addresses, hostname, unbound } = listener;
    const where = addresses.length === 0 ? `port ${port}` : `${addresses.join(", ")} port ${port}`;
    const state = unbound === undefined ? "" : ` NOT ACCEPTING: ${unbound}`;
    lines.push(
      `listener ${id} ${protocol} ${where}${hostname === "" ? "" : ` for ${hostname}`}${state}`,
    );
    draw({ text: "", children: hostNodes(listener, services) }, "", lines);
  }
  if (lines.length === 0) lines.push("nothing is served");
  return lines.join("\n") + "\n";
}

export async function runRoutes(args: readonly string[]): Promise<Output> {
  try {
    const { options, rest } = parseArguments("routes", args);
    if (options.help) return { code: 0, out: helpOf("routes") };
    if (rest.length > 0) throw new UsageError("routes", `${rest[0]} is not known`);
    const { config } = options;
    const read = config === undefined ? undefined : await readConfiguration("routes", config);
    const view = read === undefined
      ? await adminPage<RoutesView>("/routes")
      : routesView(read.snapshot, new Map());
    const error = read && config !== undefined ? warningOf(read, config) : undefined;
    const out = options.output === "json" ? JSON.stringify(view, null, 2) + "\n" : showRoutes(view);
    return { code: 0, out, ...(error === undefined ? {} : { error }) };
  } catch (error) {
    if (error instanceof UsageError) return { code: 2, error: error.message };
    if (error instanceof AdminError) return { code: 1, error: error.message };
    throw error;
  }
}

if (import.meta.main) await finish(await runRoutes(Deno.args));
