// The ABI of the core: every exported function, and nothing else.
// docs/memory_layout.md describes what the addresses point at.

export { memAlloc, memFree, memUsed } from "./memory/alloc";
export { adoptRoutes, routesBase, routesGeneration } from "./route/table";
export { acquirePlan, plansInUse, releasePlan, setMaxPlans } from "./route/plan";
export { routeRequest } from "./route/stations";
export { setTrace, traceEnded } from "./route/trace";
export { explainHosts, explainMatch } from "./route/explain";
export { applyForwarded } from "./edit/forwarded";
export { identifyFields } from "./edit/headers";
export { applyRequestEdits } from "./edit/request";
export { applyResponseEdits } from "./edit/response";
export { buildRedirect } from "./edit/redirect";
export {
  adoptEndpoints,
  endpointAt,
  endpointsBase,
  endpointsGeneration,
  serviceAt,
} from "./balance/table";
export {
  isEjected,
  maglevOf,
  pickAnotherEndpoint,
  pickEndpoint,
  reserveHealth,
} from "./balance/pick";
export { buildMaglev, entryAt } from "./balance/maglev";
export { xxh64 } from "./balance/xxh64";

export { takeHopByHop } from "./http1/connection";
export {
  closeExchange,
  endExchange,
  keepServerName,
  openExchange,
  STEP as stepBlock,
} from "./exchange/block";
export { bodyEnded, bodyStep, trailersStep } from "./exchange/body_step";
export { requestPickAgain, requestStep, requestWrite } from "./exchange/request";
export { keepRequestTexts } from "./exchange/request_text";
export { respondStep, responseStep } from "./exchange/response";
export { exchangeDate, exchangeLimits, setUpExchanges } from "./exchange/settings";
export { errorStatus } from "./http1/errors";
export { readCapturedHead } from "./http1/captured";
export { HELLO as helloBlock, readClientHello } from "./tls/client_hello";

export function abiVersion(): u32 {
  return 1;
}
