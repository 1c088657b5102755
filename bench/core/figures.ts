// Medians and ranges, and the page that states them with commit, machine and command.

export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function figure(name: string, unit: string, samples: readonly number[]): Figure {
  const sorted = [...samples].sort((a, b) => a - b);
  return {
    name,
    unit,
    median: sorted[sorted.length >> 1],
    least: sorted[0],
    most: sorted[sorted.length - 1],
  };
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function row({ name, unit, median, least, most }: Figure): string {
  return `| ${name} | ${digits(median)} ${unit} | ${digits(least)}-${digits(most)} |`;
}

async function output(command: string, args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args, stderr: "null" }).output();
  return new TextDecoder().decode(stdout).trim();
}

/** Writes `path`; `command` is what makes it again. */
export async function writePage(
  path: string,
  title: string,
  command: string,
  sections: readonly { readonly heading: string; readonly lines: readonly string[] }[],
): Promise<void> {
  const commit = await output("git", ["describe", "--always", "--dirty"]);
  const kernel = await output("uname", ["-sr"]);
  const cpu = /model name\s*: (.*)/.exec(await output("cat", ["/proc/cpuinfo"]))?.[1] ?? "?";
  const load = (await output("cat", ["/proc/loadavg"])).split(" ")[0];
  const cores = navigator.hardwareConcurrency;
  const text = [
    `# ${title}`,
    "",
    `Commit ${commit}; ${cpu}, ${cores} cores, ${kernel}; Deno ${Deno.version.deno}, V8 ` +
    `${Deno.version.v8}; load average ${load} at the end. Made by \`${command}\`.`,
    ...sections.flatMap(({ heading, lines }) => ["", `## ${heading}`, "", ...lines]),
    "",
  ].join("\n");
  await Deno.writeTextFile(path, text);
}
