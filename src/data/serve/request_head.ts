// What Deno.serve knows of a request, taken apart again into the parts of a head.
// Takes a Request, gives byte strings (one character, one byte) as the core reads them.

export interface RequestHead {
  readonly method: string;
  /** `` where the request has none. */
  readonly authority: string;
  /** origin-form, or absolute-form where the client sent that. */
  readonly target: string;
  /** Names in lower case, doubles joined. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

const encoder = new TextEncoder();

/** Text to byte string: UTF-8 bytes above ASCII, one character each. */
function toByteString(text: string): string {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  let bytes = "";
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/**
 * Deno.serve joins scheme, Host (or `:authority`) and target into `url` without parsing them, and
 * puts its own address where Host is missing, which is told apart by `localAuthority`.
 */
export function readRequestHead(request: Request, localAuthority: string): RequestHead {
  const fields = [...request.headers];
  const { method, url } = request;
  const host = request.headers.get("host");
  const rest = url.slice(url.indexOf("://") + 3);
  if (host !== null) {
    const target = rest.startsWith(host) ? rest.slice(host.length) : undefined;
    if (target === "" || target?.startsWith("/")) {
      return { method, authority: host, target: toByteString(target || "/"), fields };
    }
    // RFC 9112 section 3.2.2: the authority of an absolute-form target comes before Host.
    return { method, authority: host, target: toByteString(url), fields };
  }
  const end = /[/?]/.exec(rest)?.index ?? rest.length;
  const authority = rest.slice(0, end) === localAuthority ? "" : rest.slice(0, end);
  return { method, authority, target: toByteString(rest.slice(end) || "/"), fields };
}
