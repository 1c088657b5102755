// Prints the IP addresses that this system knows for a name, as JSON: the launcher runs it with the
// permission for that name and no other. Exit code 1: none is known.

import { lookup } from "node:dns/promises";

try {
  const found = await lookup(Deno.args[0], { all: true, verbatim: true });
  console.log(JSON.stringify([...new Set(found.map(({ address }) => address))]));
} catch {
  Deno.exit(1);
}
