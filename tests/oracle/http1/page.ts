// The page of differences, docs/http1_differences.md, made of the oracle's table.
// Pure: tables in, text out. write_page.ts writes it, oracle_test.ts compares it.

import { REASONS } from "./differences/index.ts";
import { KNOWN_RELEASES } from "./row.ts";
import { GROUPS, ROWS } from "./table.ts";

export const PAGE = "docs/http1_differences.md";

/** As code in a cell of a table, whatever it holds. */
function code(text: string): string {
  // deno-lint-ignore no-control-regex
  const visible = text.replace(/[\x00-\x1f\x7f-\xff]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return `<code>${
    visible.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("|", "&#124;")
      .replaceAll("\\", "&#92;").replaceAll("*", "&#42;").replaceAll("_", "&#95;")
  }</code>`;
}

function plain(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "\\<").replaceAll("*", "\\*");
}

const INTRODUCTION = `<!-- deno-fmt-ignore-file -->

# HTTP/1.1: how others read it

Generated from \`tests/oracle/http1\` by \`deno task docs:oracle\`; do not edit. The same bytes are
sent, as raw sockets, through the \`wire\` front, the \`serve\` front, nginx, HAProxy and Envoy, each
before the same recording backend and configured alike (\`tests/oracle/http1/peer_configs.ts\`).
Compared are the statuses that the client gets, whether its connection is kept, closed or cut, and
each whole request that the backend received. \`deno task test oracle\` fails for a difference that
is not listed here, and for a listed one that no longer occurs. Listed is what these releases do:
${Object.entries(KNOWN_RELEASES).map((words) => words.join(" ")).join(", ")}.

How to read it: \`103 200 kept | GET /a "body" {x-a: 1} +x-sum: 1\` is an interim and a final status,
a connection that took another request, and what the backend received: method, target, body, the
fields that the case is about, trailers. \`waits\`: nothing was said for 0.7 s. Nothing behind a bar:
nothing whole reached the backend.
`;

/** The whole page, as \`deno fmt\` leaves it alone. */
export function pageText(): string {
  const wire = new Map(ROWS.map(({ id, row }) => [id, row.wire]));
  const parts = [INTRODUCTION];
  const cases = REASONS.reduce((sum, { cases }) => sum + cases.length, 0);
  const musts = ROWS.filter(({ row }) => row.must !== undefined).length;
  parts.push(
    `${ROWS.length} cases in ${GROUPS.length} groups; for ${musts} of them a sentence of an RFC leaves no ` +
      `choice.\n${cases} differences with ${REASONS.length} reasons.\n`,
  );
  for (const { reason, cases } of REASONS) {
    parts.push(`## ${plain(reason.replace(/\.$/, ""))}\n`);
    const lines = cases.map(({ who, id, does }) => {
      const texts = does.map(code).join(" or ");
      return `| ${plain(id)} | ${who.join(", ")} | ${texts} | ${code(wire.get(id) ?? "")} |`;
    });
    parts.push(
      `| case | who | does | \`wire\` |\n| --- | --- | --- | --- |\n${lines.join("\n")}\n`,
    );
  }
  parts.push("## What the RFCs ask for\n");
  parts.push("Cases in which there is no choice; the `wire` front does as they say.\n");
  const rows = ROWS.flatMap(({ id, row }) =>
    row.must === undefined ? [] : [`| ${plain(id)} | ${plain(row.must)} | ${code(row.wire)} |`]
  );
  parts.push(`| case | sentence | \`wire\` |\n| --- | --- | --- |\n${rows.join("\n")}\n`);
  return parts.join("\n");
}
