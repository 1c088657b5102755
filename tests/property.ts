// fast-check with one seed for every run, so that the same code gives the same result: a run that finds
// something new is started on purpose, with PROPERTY_SEED set to another number.

import fc from "fast-check";

fc.configureGlobal({ seed: Number(Deno.env.get("PROPERTY_SEED") ?? "1") });

export default fc;
