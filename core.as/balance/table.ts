// The endpoint table in use: validated like the route table, swapped the same way.
// Beside it lies one word per service: the address of its Maglev table, 0 until its first traffic.
// A service whose endpoints are the same in the next table takes its Maglev table along.

import { memAlloc, memFree } from "../memory/alloc";
import { joinHash } from "../memory/bytes";
import { checksum } from "../memory/checksum";
import * as E from "./layout";

export const REFUSED_SIZE: u32 = 1;
export const REFUSED_MAGIC: u32 = 2;
export const REFUSED_VERSION: u32 = 3;
export const REFUSED_CHECKSUM: u32 = 4;
export const REFUSED_SECTION: u32 = 5;
export const REFUSED_SERVICE: u32 = 15;
export const REFUSED_ENDPOINT: u32 = 16;
export const REFUSED_NO_MEMORY: u32 = 17;

const CHECKSUM_FROM: u32 = 16;

let base: usize = 0;
let maglevs: usize = 0;

function countOf(table: usize, header: u32): u32 {
  return load<u32>(table + header, 4);
}

function sectionAt(table: usize, header: u32): usize {
  return table + load<u32>(table + header);
}

function sectionFits(table: usize, size: u32, header: u32, entry: u32): bool {
  const offset = load<u32>(table + header);
  const bytes = <u64> countOf(table, header) * entry;
  return (offset & 3) == 0 && offset >= E.ENDPOINTS_HEADER && <u64> offset + bytes <= <u64> size;
}

function slotsValid(table: usize): bool {
  const capacity = countOf(table, E.E_SLOTS);
  if (capacity == 0 || capacity & (capacity - 1)) return false;
  const services = countOf(table, E.E_SERVICES);
  let free: u32 = 0;
  let at = sectionAt(table, E.E_SLOTS);
  for (let i: u32 = 0; i < capacity; i++, at += E.SERVICE_SLOT_SIZE) {
    const service = load<u32>(at, 4);
    if (!service) free++;
    else if (service > services) return false;
  }
  return free != 0;
}

/** Services follow each other by id, their endpoints one range after the other. */
function servicesValid(table: usize): bool {
  const endpoints = countOf(table, E.E_ENDPOINTS);
  let next: u32 = 0;
  let leastId: u32 = 0;
  let at = sectionAt(table, E.E_SERVICES);
  for (let i = countOf(table, E.E_SERVICES); i > 0; i--, at += E.SERVICE_SIZE) {
    const id = load<u32>(at);
    const count = load<u32>(at, 12);
    if (id < leastId || id == <u32> -1 || load<u8>(at, 6) > 2) return false;
    if (load<u32>(at, 8) != next || count > endpoints - next) return false;
    if (count > E.MAX_SERVICE_ENDPOINTS) return false;
    leastId = id + 1;
    next += count;
  }
  return next == endpoints;
}

function endpointsValid(table: usize): bool {
  const start = load<u32>(table + E.E_STRINGS);
  const end = <u64> start + countOf(table, E.E_STRINGS);
  let at = sectionAt(table, E.E_ENDPOINTS);
  for (let i = countOf(table, E.E_ENDPOINTS); i > 0; i--, at += E.ENDPOINT_SIZE) {
    const key = load<u32>(at, 4);
    const weight = load<u32>(at, 12);
    if (load<u32>(at) >= E.MAX_ENDPOINT_ID || weight == 0 || weight > E.MAX_WEIGHT) return false;
    if (key < start || <u64> key + load<u16>(at, 8) > end) return false;
  }
  return true;
}

/** 0, or why the `size` bytes at `table` are no endpoint table. */
export function validateEndpoints(table: usize, size: u32): u32 {
  if (size < E.ENDPOINTS_HEADER || size & 3 || load<u32>(table, 8) != size) return REFUSED_SIZE;
  if (load<u32>(table) != E.ENDPOINTS_MAGIC) return REFUSED_MAGIC;
  if (load<u32>(table, 4) != E.ENDPOINTS_VERSION) return REFUSED_VERSION;
  const sum = checksum(table + CHECKSUM_FROM, size - CHECKSUM_FROM);
  if (sum != load<u32>(table, 12)) return REFUSED_CHECKSUM;
  const fits = sectionFits(table, size, E.E_SLOTS, E.SERVICE_SLOT_SIZE) &&
    sectionFits(table, size, E.E_SERVICES, E.SERVICE_SIZE) &&
    sectionFits(table, size, E.E_ENDPOINTS, E.ENDPOINT_SIZE) &&
    sectionFits(table, size, E.E_STRINGS, 1);
  if (!fits) return REFUSED_SECTION;
  if (!slotsValid(table) || !servicesValid(table)) return REFUSED_SERVICE;
  return endpointsValid(table) ? 0 : REFUSED_ENDPOINT;
}

function findIn(table: usize, serviceId: u32): u32 {
  const mask = countOf(table, E.E_SLOTS) - 1;
  const slots = sectionAt(table, E.E_SLOTS);
  let probe = joinHash(0, serviceId);
  while (true) {
    const slot = slots + <usize> (probe++ & mask) * E.SERVICE_SLOT_SIZE;
    const number = load<u32>(slot, 4);
    if (!number || load<u32>(slot) == serviceId) return number;
  }
}

/** Moves the Maglev tables of services that did not change, frees the others. */
function inheritMaglevs(table: usize, next: usize): void {
  if (!base) return;
  let at = sectionAt(base, E.E_SERVICES);
  let old = maglevs;
  for (let i = countOf(base, E.E_SERVICES); i > 0; i--, at += E.SERVICE_SIZE, old += 4) {
    const maglev: usize = load<u32>(old);
    if (!maglev) continue;
    const number = findIn(table, load<u32>(at));
    const service = sectionAt(table, E.E_SERVICES) + <usize> (number - 1) * E.SERVICE_SIZE;
    const isSame = number && load<u64>(service, 16) == load<u64>(at, 16) &&
      load<u32>(service, 12) == load<u32>(at, 12);
    if (isSame) store<u32>(next + ((number - 1) << 2), <u32> maglev);
    else memFree(maglev);
  }
}

/** Takes over a block that holds `size` bytes; 0, or a REFUSED_* code and the block is freed. */
export function adoptEndpoints(block: usize, size: u32): u32 {
  let refused = validateEndpoints(block, size);
  let next: usize = 0;
  if (!refused) {
    const bytes = countOf(block, E.E_SERVICES) << 2;
    next = memAlloc(bytes);
    if (next) memory.fill(next, 0, bytes);
    else refused = REFUSED_NO_MEMORY;
  }
  if (refused) {
    memFree(block);
    return refused;
  }
  inheritMaglevs(block, next);
  memFree(base);
  memFree(maglevs);
  base = block;
  maglevs = next;
  return 0;
}

export function endpointsGeneration(): u32 {
  return base ? load<u32>(base, 16) : 0;
}

/** The service record, 0 where the table does not know the id. */
export function serviceAt(serviceId: u32): usize {
  if (!base) return 0;
  const number = findIn(base, serviceId);
  return number ? sectionAt(base, E.E_SERVICES) + <usize> (number - 1) * E.SERVICE_SIZE : 0;
}

/** Where the address of the service's Maglev table is kept. */
export function maglevSlotOf(service: usize): usize {
  const number = <u32> (service - sectionAt(base, E.E_SERVICES)) / E.SERVICE_SIZE;
  return maglevs + (number << 2);
}

export function endpointAt(service: usize, number: u32): usize {
  const first = load<u32>(service, 8);
  return sectionAt(base, E.E_ENDPOINTS) + <usize> (first + number) * E.ENDPOINT_SIZE;
}

/** The table's first byte: key offsets count from it. */
export function endpointsBase(): usize {
  return base;
}
