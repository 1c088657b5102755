// Takes a request target apart (RFC 9112 section 3.2): origin-form, absolute-form, `*`.
// Checks the form only; the core checks and normalises the path.

export interface TargetParts {
  readonly path: string;
  readonly query?: string;
  /** Present in absolute-form, where it stands in for the Host field (section 3.2.2). */
  readonly authority?: string;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;

/** Null where the target has none of the forms. */
export function parseTarget(target: string): TargetParts | null {
  if (target === "*") return { path: "*" };
  let rest = target;
  let authority: string | undefined;
  if (target[0] !== "/") {
    const absolute = ABSOLUTE.exec(target);
    if (!absolute || absolute[1] === "") return null;
    authority = absolute[1];
    rest = target.slice(absolute[0].length);
    if (rest === "" || rest[0] === "?") rest = `/${rest}`;
  }
  const mark = rest.indexOf("?");
  if (mark < 0) return { path: rest, authority };
  return { path: rest.slice(0, mark), query: rest.slice(mark + 1), authority };
}
