// Copies a file to its place in one step: what reads it there finds all of it or the one before.
// Run by the loader's initContainer, which puts a seccomp profile onto its node. Arguments: FROM TO.

const [from, to] = Deno.args;
const partial = `${to}.${crypto.randomUUID()}`;
await Deno.writeFile(partial, await Deno.readFile(from), { mode: 0o644 });
await Deno.rename(partial, to);
