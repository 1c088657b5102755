// The station "pick": from a plan's service and a 64-bit key to one of its endpoints.
// Ejected endpoints (health bitmap, by endpoint id) are passed over to the next slot, so the other
// keys stay where they are. Where every endpoint is ejected, ejection says nothing any more and the
// slot's own endpoint is taken.

import { memAlloc, memFree } from "../memory/alloc";
import * as P from "../route/plan";
import { OUTCOME_FORWARD, OUTCOME_NO_ENDPOINT, OUTCOME_OVERLOAD } from "../route/stations";
import { buildMaglev, entryAt, slotsFor } from "./maglev";
import { note, TRACE_SLOT, traceAt } from "../route/trace";
import { endpointAt, endpointsBase, maglevSlotOf, serviceAt } from "./table";
import { xxh64OfWord } from "./xxh64";

let health: usize = 0;
let healthBits: u32 = 0;
let healthRoom: u32 = 0;

/** Where the host writes a bitmap of `bytes` bytes (bit set: ejected); 0 when no memory is left. */
export function reserveHealth(bytes: u32): usize {
  if (bytes > healthRoom) {
    const block = memAlloc(bytes);
    if (!block) return 0;
    memFree(health);
    health = block;
    healthRoom = bytes;
  }
  healthBits = bytes << 3;
  return health;
}

export function isEjected(endpointId: u32): bool {
  if (endpointId >= healthBits) return false;
  return (load<u8>(health + (endpointId >>> 3)) >>> (endpointId & 7)) & 1 ? true : false;
}

/** The service's Maglev table, built now if this is its first traffic; 0 when no memory is left. */
export function maglevOf(service: usize): usize {
  const slot = maglevSlotOf(service);
  const known: usize = load<u32>(slot);
  if (known) return known;
  const count = load<u32>(service, 12);
  const built = buildMaglev(endpointsBase(), endpointAt(service, 0), count, slotsFor(count));
  store<u32>(slot, <u32> built);
  return built;
}

/** Whether the service has an endpoint other than `avoid` that is not ejected. */
function hasHealthy(service: usize, avoid: u32): bool {
  for (let i = load<u32>(service, 12); i > 0; i--) {
    const id = load<u32>(endpointAt(service, i - 1));
    if (id != avoid && !isEjected(id)) return true;
  }
  return false;
}

/** The endpoint number for a hash, passing over ejected ones and `avoid` while others are left. */
function numberFor(service: usize, maglev: usize, hash: u64, avoid: u32): u32 {
  const slots = load<u32>(maglev);
  let slot = <u32> (hash % slots);
  const own = entryAt(maglev, slot);
  if (traceAt) note(TRACE_SLOT, slot, slots, own);
  const ownId = load<u32>(endpointAt(service, own));
  if ((ownId != avoid && !isEjected(ownId)) || !hasHealthy(service, avoid)) return own;
  for (let i: u32 = 1; i < slots; i++) {
    slot = slot + 1 == slots ? 0 : slot + 1;
    const number = entryAt(maglev, slot);
    const id = load<u32>(endpointAt(service, number));
    if (traceAt) note(TRACE_SLOT, slot, slots, number);
    if (id != avoid && !isEjected(id)) return number;
  }
  return own;
}

function pick(plan: usize, hash: u64, avoid: u32): u32 {
  const service = serviceAt(load<u32>(plan, P.P_SERVICE));
  if (!service || load<u32>(service, 12) == 0) return OUTCOME_NO_ENDPOINT;
  let number: u32 = 0;
  if (load<u32>(service, 12) > 1) {
    const maglev = maglevOf(service);
    if (!maglev) return OUTCOME_OVERLOAD;
    number = numberFor(service, maglev, hash, avoid);
  }
  store<u32>(plan, load<u32>(endpointAt(service, number)), P.P_ENDPOINT);
  store<u32>(plan, number, P.P_ENDPOINT_NUMBER);
  return OUTCOME_FORWARD;
}

/** Picks by key in the endpoint table of the moment: fills the plan's endpoint id and number. */
export function pickEndpoint(plan: usize, keyLo: u32, keyHi: u32): u32 {
  return pick(plan, xxh64OfWord(<u64> keyHi << 32 | <u64> keyLo), <u32> -1);
}

/** For a retry: as `pickEndpoint`, but another endpoint than the plan's last while there is one. */
export function pickAnotherEndpoint(plan: usize, keyLo: u32, keyHi: u32): u32 {
  const hash = xxh64OfWord(<u64> keyHi << 32 | <u64> keyLo);
  return pick(plan, hash, load<u32>(plan, P.P_ENDPOINT));
}
