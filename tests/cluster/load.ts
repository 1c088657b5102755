// Sends requests one after the other over keep-alive connections at a steady rate, and says how many
// were answered with each status. Takes URL RATE SECONDS; run inside a cluster's networks.

const [url, rate, seconds] = Deno.args;
const CONNECTIONS = 4;
const counts: Record<string, number> = {};
const allowed = Number(rate) * Number(seconds);
const startMs = performance.now();
let begun = 0;

async function work(): Promise<void> {
  while (begun < allowed) {
    const ordinal = begun++;
    const dueMs = ordinal * 1000 / Number(rate) - (performance.now() - startMs);
    if (dueMs > 0) await new Promise((go) => setTimeout(go, dueMs));
    // "{n}" lets a share of the requests differ: the ordinal's last digit.
    const response = await fetch(url.replace("{n}", String(ordinal % 10)));
    await response.body?.cancel();
    counts[response.status] = (counts[response.status] ?? 0) + 1;
  }
}

await Promise.all(Array.from({ length: CONNECTIONS }, work));
console.log(JSON.stringify(counts));
