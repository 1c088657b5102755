// Pages of the admin server of a gateway that runs on this machine. Takes a path, gives its JSON.

/** Nobody answers, or the answer is no: the message says what to do. */
export class AdminError extends Error {
  override readonly name = "AdminError";
}

/** Where the admin server is reached from this machine. */
export function adminAuthority(): string {
  const configured = Deno.env.get("RAUTA_ADMIN_ADDRESS") || "127.0.0.1:9090";
  return configured.replace(/^0\.0\.0\.0:/, "127.0.0.1:").replace(/^\[::\]:/, "[::1]:");
}

export async function adminPage<T>(path: string): Promise<T> {
  const authority = adminAuthority();
  let response: Response;
  try {
    response = await fetch(`http://${authority}${path}`);
  } catch {
    throw new AdminError(
      `no gateway answers on ${authority}: start one with deno task run, set RAUTA_ADMIN_ADDRESS ` +
        "to where it is, or give --config PATH",
    );
  }
  const text = await response.text();
  if (!response.ok) throw new AdminError(text.trim());
  return JSON.parse(text);
}
