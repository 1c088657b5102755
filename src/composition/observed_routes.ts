// Which HTTPRoute an observed request belongs to, asked of the tables that are being served: the
// same lookup by which the proxy decides. Takes what a capture tells; gives `namespace/name` or null
// where it is not certain. Asked once an event, never for each exchange.

import type { ExplainAnswer } from "../core/explain_query.ts";
import type { RouteQuestion } from "../observe/events/event.ts";

/** Answers a question about the tables that are served; null while there are none. */
export type Explain = (method: string, url: string) => ExplainAnswer | null;

/** Of another route, and it fails by a field: captures do not tell whether the request had that. */
function mayWin(match: ExplainAnswer["matches"][number], winner: string): boolean {
  return match.route !== winner && match.outcome === "failed" &&
    match.why.startsWith("not so: header ");
}

/**
 * On its way from the proxy to a backend a request may have been rewritten: there only a rule counts
 * that leads to the observed service and rewrites nothing.
 */
function leadsTo(answer: ExplainAnswer, service: string): boolean {
  if (answer.filters.rewrite !== undefined) return false;
  return answer.backends.some(({ to }) => to === service || to.startsWith(`${service}:`));
}

export function observedRoute(explain: Explain, question: RouteQuestion): string | null {
  const { method, host, path, serverPort, service } = question;
  const named = host.replace(/:\d{1,5}$/, "");
  if (method === "" || named === "") return null;
  const atListener = ask(explain, method, `http://${named}:${serverPort}${path}`);
  const answer = atListener ?? ask(explain, method, `http://${named}${path}`);
  const winner = answer?.matches.find(({ outcome }) => outcome === "won");
  if (!answer || !winner) return null;
  if (answer.matches.some((match) => mayWin(match, winner.route))) return null;
  return atListener || leadsTo(answer, service) ? winner.route : null;
}

/** Null where the question can't be asked: no such listener, or no such URL. */
function ask(explain: Explain, method: string, url: string): ExplainAnswer | null {
  try {
    return explain(method, url);
  } catch {
    return null;
  }
}
