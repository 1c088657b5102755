// Draws the CPU cost of each proxy as an SVG bar chart: median as bar, range as whisker.
// Takes the report's numbers, gives the SVG's text; no library, no styles from elsewhere.

import type { Spread } from "./statistics.ts";

export interface Bar {
  readonly label: string;
  readonly spread: Spread;
}

export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const PANEL_WIDTH = 760;
const BAR_HEIGHT = 20;
const GAP = 6;
const LABEL_WIDTH = 170;
const VALUE_WIDTH = 170;
const HEAD_HEIGHT = 30;

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function panelHeight(panel: Panel): number {
  return HEAD_HEIGHT + panel.bars.length * (BAR_HEIGHT + GAP) + GAP;
}

function drawPanel(panel: Panel, top: number): string {
  const widest = Math.max(...panel.bars.map((bar) => bar.spread.max));
  const scale = (PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH) / widest;
  const lines = [
    `<text x="10" y="${top + 20}" class="title">${escapeXml(panel.title)}</text>`,
  ];
  for (const [index, bar] of panel.bars.entries()) {
    const y = top + HEAD_HEIGHT + index * (BAR_HEIGHT + GAP);
    const middle = y + BAR_HEIGHT / 2;
    const { median, min, max } = bar.spread;
    const own = bar.label.startsWith("RAUTA") ? "own" : "peer";
    const from = LABEL_WIDTH + min * scale;
    const to = LABEL_WIDTH + max * scale;
    lines.push(
      `<text x="${LABEL_WIDTH - 8}" y="${middle + 4}" class="label">${escapeXml(bar.label)}</text>`,
      `<rect x="${LABEL_WIDTH}" y="${y}" width="${
        (median * scale).toFixed(1)
      }" height="${BAR_HEIGHT}" class="${own}"/>`,
      `<line x1="${from.toFixed(1)}" x2="${
        to.toFixed(1)
      }" y1="${middle}" y2="${middle}" class="range"/>`,
      `<text x="${(to + 8).toFixed(1)}" y="${middle + 4}" class="value">${median.toFixed(1)} ${
        escapeXml(panel.unit)
      }</text>`,
    );
  }
  return lines.join("\n");
}

/** One panel below the other. */
export function drawBars(panels: readonly Panel[]): string {
  const height = panels.reduce((sum, panel) => sum + panelHeight(panel), 0);
  let top = 0;
  const drawn = panels.map((panel) => {
    const text = drawPanel(panel, top);
    top += panelHeight(panel);
    return text;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${PANEL_WIDTH}" height="${height}" viewBox="0 0 ${PANEL_WIDTH} ${height}" font-family="sans-serif" font-size="13">
<style>.title{font-weight:bold;fill:#222}.label{text-anchor:end;fill:#222}.value{fill:#222}.own{fill:#1f6f8b}.peer{fill:#b8c4cc}.range{stroke:#222;stroke-width:2}</style>
<rect width="100%" height="100%" fill="#fff"/>
${drawn.join("\n")}
</svg>
`;
}
