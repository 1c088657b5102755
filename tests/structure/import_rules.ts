// Who may import whom: the table, and the function that compares import edges with it.
// A room is a folder of src/; the longest folder that holds a file is its room. A file may import
// from its own room, from the rooms listed, and the packages listed; every other edge is a violation.

export interface Rule {
  /** Folder below src/, without a slash at its end; `` is src/ itself. */
  readonly room: string;
  readonly mayImport: readonly string[];
  /** npm packages by name; `node:` modules count as packages. */
  readonly packages: readonly string[];
  /** Uses no Deno API, so that it runs in a browser too. */
  readonly pure?: true;
}

/** The rooms that are put together; nobody below may import what joins them. */
const PARTS = [
  "admin",
  "control",
  "control/translator",
  "core",
  "core/regex",
  "data",
  "data/native",
  "data/tls/inspect_pair.ts",
  "gatewayapi",
  "gatewayapi/validation",
  "ir",
  "logging",
  "metrics",
  "observe",
];

export const RULES: readonly Rule[] = [
  { room: "ir", mayImport: [], packages: [], pure: true },
  { room: "gatewayapi", mayImport: [], packages: ["@kubernetes-models/gateway-api"], pure: true },
  {
    room: "gatewayapi/validation",
    mayImport: ["gatewayapi"],
    packages: ["@marcbachmann/cel-js", "re2js", "yaml"],
    pure: true,
  },
  { room: "control/translator", mayImport: ["ir", "gatewayapi"], packages: [], pure: true },
  {
    room: "control",
    mayImport: ["control/translator", "gatewayapi", "gatewayapi/validation", "ir", "logging"],
    packages: ["js-yaml", "yaml"],
  },
  { room: "core/regex", mayImport: [], packages: ["re2js"], pure: true },
  { room: "core", mayImport: ["core/regex", "ir"], packages: [] },
  { room: "data/native", mayImport: [], packages: [] },
  {
    room: "data",
    mayImport: ["core", "data/native", "ir"],
    packages: ["node:buffer", "node:crypto", "node:net", "node:tls"],
  },
  // Judges certificates for gateway and check alike, and touches no traffic.
  {
    room: "data/tls/inspect_pair.ts",
    mayImport: ["ir"],
    packages: ["node:crypto", "node:process"],
  },
  { room: "logging", mayImport: [], packages: ["@logtape/logtape"] },
  { room: "metrics", mayImport: [], packages: ["prom-client"] },
  { room: "admin", mayImport: ["ir"], packages: [] },
  { room: "observe", mayImport: ["core", "ir", "logging"], packages: [] },
  {
    room: "cli",
    mayImport: [
      "admin",
      "config",
      "control",
      "control/translator",
      "core",
      "core/regex",
      "data/native",
      "data/tls/inspect_pair.ts",
      "gatewayapi",
      "gatewayapi/validation",
      "ir",
    ],
    packages: ["assemblyscript", "node:dns/promises", "yaml"],
  },
  // What variables mean is their readers' business: types and parsers are all that is taken.
  { room: "config", mayImport: ["control", "data", "observe"], packages: [] },
  {
    room: "composition",
    mayImport: ["", ...PARTS],
    packages: [],
  },
  { room: "", mayImport: ["composition", "config", ...PARTS], packages: [] },
];

/** One import: `to` is a path below src/, or `npm:name` or `node:name`. */
export interface Edge {
  readonly from: string;
  readonly to: string;
}

function holds(room: string, path: string): boolean {
  return room === "" || path === room || path.startsWith(`${room}/`);
}

/** The rule of a file, by the longest room that holds it. */
export function ruleOf(path: string, rules: readonly Rule[]): Rule | undefined {
  let best: Rule | undefined;
  for (const rule of rules) {
    if (holds(rule.room, path) && (!best || rule.room.length > best.room.length)) best = rule;
  }
  // The root's rule is for the composition root alone, not for a folder that has no rule.
  return best?.room === "" && path.includes("/") ? undefined : best;
}

/** `@scope/name` or `name` of an npm specifier such as `npm:/prom-client@15.1.3`. */
export function packageName(specifier: string): string {
  const text = specifier.replace(/^npm:\/?/, "");
  const parts = text.split("/");
  const name = parts[0].startsWith("@") ? `${parts[0]}/${parts[1]}` : parts[0];
  return name.replace(/(.)@.*$/, "$1");
}

/** Every edge that the table does not allow, in words. */
export function violations(edges: readonly Edge[], rules: readonly Rule[]): string[] {
  const found = new Set<string>();
  for (const { from, to } of edges) {
    const rule = ruleOf(from, rules);
    if (!rule) {
      found.add(`src/${from}: its folder has no rule in tests/structure/import_rules.ts`);
      continue;
    }
    const name = rule.room === "" ? "the composition root" : rule.room;
    if (to.startsWith("npm:") || to.startsWith("node:")) {
      const wanted = to.startsWith("npm:") ? packageName(to) : to;
      if (!rule.packages.includes(wanted)) {
        found.add(`src/${from} imports ${wanted}, which ${name} may not`);
      }
      continue;
    }
    const target = ruleOf(to, rules);
    const room = target?.room ?? to;
    if (target === rule || rule.mayImport.includes(room)) continue;
    found.add(`src/${from} imports src/${to}, which ${name} may not`);
  }
  return [...found].sort();
}
