// One line that says what a proxy made of a row: what the client saw, and what the backend received.
// `100 200 kept | POST /x "body" {x-a: 1}`: interim statuses, final ones, the connection's fate, and
// each whole request behind a bar. A request that never became whole counts as not received.

import type { Received } from "./backend.ts";
import type { ClientView } from "./client.ts";
import type { Row } from "./row.ts";

/** Long texts by their length and ends. */
function quoted(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 8)}…${text.length}` : text;
  return JSON.stringify(short);
}

type Fields = readonly (readonly [name: string, value: string])[];

/** ` {x-a: 1; x-b: 2}`: the wanted fields that are there, in the order in which they are wanted. */
function fieldsText(fields: Fields, wanted: readonly string[] | undefined): string {
  if (wanted === undefined) return "";
  const found = wanted.flatMap((name) =>
    fields.filter(([each]) => each.toLowerCase() === name)
      .map(([, value]) => `${name}: ${value.length > 60 ? quoted(value) : value}`)
  );
  return ` {${found.join("; ")}}`;
}

function requestText(row: Row, { method, target, fields, body, trailers }: Received): string {
  const path = target.length > 60 ? `${target.slice(0, 8)}…${target.length}` : target;
  const bodyText = body === "" ? "" : ` ${quoted(body)}`;
  const trailerText = trailers.map(([name, value]) => ` +${name.toLowerCase()}: ${value}`).join("");
  return `${method} ${path}${bodyText}${fieldsText(fields, row.fields)}${trailerText}`;
}

export function summaryOf(row: Row, view: ClientView, received: readonly Received[]): string {
  const answers = view.answers.map(({ status, body, fields }) =>
    `${status}${fieldsText(fields, row.answerFields)}` +
    (row.showBody ? ` ${quoted(body)}` : "")
  );
  const tunnelled = view.ending === "tunnel" ? [quoted(view.tunnelled)] : [];
  const client = [...view.interims, ...answers, view.ending, ...tunnelled].join(" ");
  return [client, ...received.map((request) => requestText(row, request))].join(" | ");
}
