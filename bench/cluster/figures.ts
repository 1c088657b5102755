// Samples of one quantity as a row of the report: median, nine of ten, worst.

export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly samples: readonly number[];
}

/** Facts that are no samples: counts, and what has to be nought. */
export interface Fact {
  readonly what: string;
  readonly value: string;
}

export interface Figures {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly facts: readonly Fact[];
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

function text(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function rowText({ what, unit, samples }: Row): string {
  const sorted = [...samples].sort((a, b) => a - b);
  const cells = [0.5, 0.9, 1].map((share) => text(at(sorted, share)));
  return `| ${what} | ${unit} | ${cells.join(" | ")} | ${sorted.length} |`;
}

export function markdown({ title, rows, facts }: Figures): string {
  const table = rows.length === 0 ? [] : [
    "| what | unit | median | 90 of 100 | worst | samples |",
    "|---|---|---|---|---|---|",
    ...rows.map(rowText),
    "",
  ];
  return [`## ${title}`, "", ...table, ...facts.map(({ what, value }) => `- ${what}: ${value}`)]
    .join("\n");
}
