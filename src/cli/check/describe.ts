// Words an object as `kubectl describe` words one of a custom kind: sorted fields, titles with
// spaces, nested values by two spaces. Takes plain data, gives text. Prints nothing.

type Line = readonly [label: string, value?: string];

const ACRONYMS: ReadonlySet<string> = new Set(["API", "HTTP", "IP", "TLS", "UID", "URL"]);

/** `observedGeneration` is `Observed Generation`, as kubectl's smartLabelFor has it. */
export function labelOf(field: string): string {
  const words = field.split(/(?<=[a-z0-9])(?=[A-Z])/);
  return words.map((word) => {
    const upper = word.toUpperCase();
    return ACRONYMS.has(upper) ? upper : word.charAt(0).toUpperCase() + word.slice(1);
  }).join(" ");
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function collect(value: Record<string, unknown>, level: number, lines: Line[]): void {
  const indent = "  ".repeat(level);
  for (const field of Object.keys(value).sort()) {
    const child = value[field];
    if (child === undefined) continue;
    const label = `${indent}${labelOf(field)}:`;
    if (Array.isArray(child)) {
      lines.push([label]);
      for (const item of child) {
        if (isPlain(item)) collect(item, level + 1, lines);
        else lines.push([`${indent}  ${item}`]);
      }
    } else if (isPlain(child)) {
      lines.push([label]);
      collect(child, level + 1, lines);
    } else lines.push([label, String(child)]);
  }
}

/** Values of neighbouring lines stand below each other, two spaces after the longest label. */
function align(lines: readonly Line[]): string {
  const out: string[] = [];
  for (let from = 0; from < lines.length;) {
    let to = from;
    while (to < lines.length && lines[to][1] !== undefined) to++;
    const width = Math.max(0, ...lines.slice(from, to).map(([label]) => label.length)) + 2;
    for (const [label, value] of lines.slice(from, to)) out.push(label.padEnd(width) + value);
    if (to < lines.length) out.push(lines[to++][0]);
    from = to;
  }
  return out.join("\n") + "\n";
}

export interface Described {
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly status: Readonly<Record<string, unknown>>;
}

export function describe(object: Described): string {
  const lines: Line[] = [["Name:", object.name]];
  if (object.namespace !== "") lines.push(["Namespace:", object.namespace]);
  lines.push(["API Version:", object.apiVersion], ["Kind:", object.kind], ["Status:"]);
  collect({ ...object.status }, 1, lines);
  return align(lines);
}
