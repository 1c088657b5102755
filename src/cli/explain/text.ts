// An explanation as a person reads it. Takes the answer, gives lines; knows nothing of the core.

import type { ExplainAnswer, Head } from "../../core/explain_query.ts";
import type { MatchExplanation } from "../../core/explain.ts";

const MOST_MATCHES = 20;

const ANSWERS: Readonly<Record<string, string>> = {
  "no-listener": "no listener of the port takes this host",
  "no-route": "no rule of the listener takes this request",
  "bad-host": "the host is malformed",
  "bad-target": "the path or query is malformed",
  "bad-field": "the Connection field is malformed",
  "invalid-backend": "the backend that was drawn can't be used",
  "no-backend": "the rule has no backend with a weight",
  "no-endpoint": "the service has no endpoint that takes requests",
  "too-large": "the head has no room for its edits",
  overload: "the core has no memory left",
  redirect: "the rule redirects",
  preflight: "the rule's CORS filter answers a preflight",
  "max-forwards": "Max-Forwards is used up",
};

function answerOf({ status, reason, why }: Extract<ExplainAnswer["after"], { kind: "respond" }>) {
  const words = why === undefined ? ANSWERS[reason] ?? reason : `${why}, so no rule sees it`;
  return `${status}: ${words}`;
}

function nameOf({ route, rule, ruleName, match }: MatchExplanation): string {
  return `${route} rule ${rule}${ruleName === "" ? "" : ` (${ruleName})`} match ${match}`;
}

const MARKS = { won: "*", beaten: "-", failed: " " } as const;

function matchLines(matches: readonly MatchExplanation[]): string[] {
  const lines = matches.slice(0, MOST_MATCHES).flatMap((one) => [
    `  ${MARKS[one.outcome]} ${nameOf(one)} for ${one.host}: ${one.states}`,
    `      ${one.outcome === "beaten" ? `beaten: ${one.why}` : one.why}` +
    (one.tried ? "" : " (not tried)"),
  ]);
  const more = matches.length - MOST_MATCHES;
  return more > 0 ? [...lines, `  ... and ${more} more: --output json has them`] : lines;
}

function headLines(head: Head): string[] {
  return [
    `    ${head.method} ${head.target}`,
    `    host: ${head.authority}`,
    ...head.fields.map(([name, value]) => `    ${name}: ${value}`),
  ];
}

function backendLines({ backends, draw, drawnAt }: ExplainAnswer): string[] {
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  const lines = backends.map(({ to, weight, drawn }) => {
    const share = total === 0 ? "0" : (100 * weight / total).toFixed(1).replace(/\.0$/, "");
    return `  ${drawn ? "*" : " "} ${to} weight ${weight} (${share}%)`;
  });
  if (draw && backends.length > 1) {
    lines.push(`    drawn at ${drawnAt}: point ${draw.point} of ${draw.total}`);
  }
  return lines.length === 0 ? [] : ["backends", ...lines];
}

function balanceLines({ balance, key }: ExplainAnswer): string[] {
  if (!balance) return [];
  const visited = balance.visited.map(({ slot, endpoint }, index) =>
    `${index === 0 ? "" : ", passed over to "}slot ${slot} of ${balance.slots}: ${endpoint}`
  ).join("");
  return [
    `endpoint ${balance.endpoint} of ${balance.service} (${balance.endpoints} ready)`,
    `  key ${key}: ${visited || "one endpoint, no Maglev table"}`,
  ];
}

/** Where it goes, in one line. */
function conclusion({ before, after, balance }: ExplainAnswer): string {
  const asked = `${before.method} ${before.authority}${before.target}`;
  if (after.kind === "forward") {
    return `${asked} goes to ${balance?.endpoint ?? "an endpoint"} of ${balance?.service ?? "?"}`;
  }
  const location = after.fields.find(([name]) => name === "location")?.[1];
  const where = location === undefined ? "" : `, to ${location}`;
  return `${asked} is answered ${answerOf(after)}${where}`;
}

/** The whole explanation; ends with a line break. */
export function showExplanation(answer: ExplainAnswer): string {
  const { before, after, filters, hosts, routesForOtherHosts } = answer;
  const others = `${routesForOtherHosts} route${
    routesForOtherHosts === 1 ? " is" : "s are"
  } for other hosts`;
  const lines = [
    conclusion(answer),
    `port ${answer.port}${
      answer.portAssumed ? " (assumed: the URL names none that is served)" : ""
    }`,
    `listener ${answer.listener ?? "none"}`,
    `hosts ${hosts.join(", ") || "none"}` +
    (routesForOtherHosts > 0 ? ` (${others})` : ""),
  ];
  if (answer.matches.length > 0) lines.push("rules", ...matchLines(answer.matches));
  const filterNames = Object.keys(filters);
  if (filterNames.length > 0) {
    lines.push(
      "filters",
      ...Object.entries(filters).map(([name, content]) => `  ${name} ${JSON.stringify(content)}`),
    );
  }
  lines.push(...backendLines(answer), ...balanceLines(answer));
  lines.push(`head from ${answer.client}`, ...headLines(before));
  if (after.kind === "forward") lines.push("head to the endpoint", ...headLines(after.head));
  else {
    lines.push(
      `answer ${answerOf(after)}`,
      ...after.fields.map(([name, value]) => `    ${name}: ${value}`),
    );
  }
  return lines.join("\n") + "\n";
}
