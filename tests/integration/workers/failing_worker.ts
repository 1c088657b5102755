// The real worker, which throws where nobody catches it when a request names the path /throw.
// It listens to what the real one does and changes nothing else.

import "../../../src/data/worker.ts";

const serve = Deno.serve;

/** Lets a request for /throw end the worker as an error that nobody expected would. */
Deno.serve = ((options: { handler: Deno.ServeHandler }) =>
  serve(
    {
      ...options,
      handler: (request: Request, info: Deno.ServeHandlerInfo) => {
        if (new URL(request.url).pathname === "/throw") {
          setTimeout(() => {
            throw new Error("asked for by the test");
          }, 0);
        }
        return options.handler(request, info);
      },
    } as Deno.ServeTcpOptions & { handler: Deno.ServeHandler },
  )) as unknown as typeof Deno.serve;
