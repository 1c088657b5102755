// Backends inside the cluster's network: one HTTP server for each port given as argument, which
// answers with its port and the request's x-version field. Says "started" once all of them listen.

for (const port of Deno.args.map(Number)) {
  Deno.serve({ hostname: "0.0.0.0", port, onListen() {} }, (request) => {
    return new Response(`${port} ${request.headers.get("x-version") ?? "none"}\n`);
  });
}
console.log("started");
