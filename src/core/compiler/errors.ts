// What the compiler refuses. The translator keeps such objects out; if one comes through, nothing
// is compiled and the tables in use stay.

export type CompileErrorCode =
  | "bad-regex"
  | "bad-text"
  | "too-many"
  | "unknown-service";

/** `where` names the route or service and the field. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  constructor(readonly code: CompileErrorCode, readonly where: string, what: string) {
    super(`${where}: ${what}`);
  }
}
