// Every sentence of the Gateway CRD that binds an implementation is quoted by a case, as in
// httproute_test.ts: of listeners and their TLS, addresses, status, and of what is not served.

import { GATEWAYS } from "./gateway_rest.ts";
import { LISTENERS } from "./gateway_listeners.ts";
import { GATEWAY_TLS } from "./gateway_tls.ts";
import { testQuotes } from "./quoted.ts";

testQuotes({
  title: "Gateway",
  plural: "gateways",
  cases: [LISTENERS, GATEWAY_TLS, GATEWAYS].flat(),
  atLeast: 110,
});
