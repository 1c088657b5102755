// Every sentence of the HTTPRoute CRD that binds an implementation is quoted by a case that shows that
// it holds here, or that what it is about is refused. A sentence that no case quotes fails, and so does
// a quote that the CRD no longer says.

import { BACKENDS } from "./httproute_backends.ts";
import { CORS } from "./httproute_cors.ts";
import { EXCHANGES } from "./httproute_exchange.ts";
import { FILTERS } from "./httproute_filters.ts";
import { HOSTNAMES } from "./httproute_hostnames.ts";
import { MATCHES } from "./httproute_matches.ts";
import { PARENTS } from "./httproute_parents.ts";
import { STATUS } from "./httproute_status.ts";
import { RETRIES } from "./httproute_retry.ts";
import { UNSERVED } from "./httproute_unserved.ts";
import { testQuotes } from "./quoted.ts";

testQuotes({
  title: "HTTPRoute",
  plural: "httproutes",
  cases: [
    HOSTNAMES,
    PARENTS,
    MATCHES,
    BACKENDS,
    FILTERS,
    CORS,
    UNSERVED,
    STATUS,
    EXCHANGES,
    RETRIES,
  ].flat(),
  atLeast: 200,
  outlook: [
    "In the future, filters showing convergence in behavior across multiple implementations will be considered for inclusion in extended or core conformance levels.",
  ],
});
