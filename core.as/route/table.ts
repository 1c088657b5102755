// The route table in use, and the way to the next one.
// A table is copied into a block of the arena, validated, and only then takes the place of the one
// before it, which is freed: plans hold copies, so nobody else points into a table.

import { memFree } from "../memory/alloc";
import * as L from "./layout";
import { validateRoutes } from "./validate";

let base: usize = 0;
let generation: u32 = 0;
let swaps: u32 = 0;

let portGroups: usize = 0;
let portGroupCount: u32 = 0;
let listeners: usize = 0;
let hostSlots: usize = 0;
let hostMask: u32 = 0;
let edgeSlots: usize = 0;
let edgeMask: u32 = 0;
let groups: usize = 0;
let lists: usize = 0;
let indexSlots: usize = 0;

function section(header: u32): usize {
  return base + load<u32>(base + header);
}

/** Takes over a block that holds `len` bytes; 0, or a REFUSED_* code and the block is freed. */
export function adoptRoutes(block: usize, len: u32): u32 {
  const refused = validateRoutes(block, len);
  if (refused) {
    memFree(block);
    return refused;
  }
  memFree(base);
  base = block;
  swaps++;
  generation = load<u32>(base + L.H_GENERATION);
  portGroups = section(L.H_PORT_GROUPS);
  portGroupCount = load<u32>(base + L.H_PORT_GROUPS, 4);
  listeners = section(L.H_LISTENERS);
  hostSlots = section(L.H_HOST_SLOTS);
  hostMask = load<u32>(base + L.H_HOST_SLOTS, 4) - 1;
  edgeSlots = section(L.H_EDGE_SLOTS);
  edgeMask = load<u32>(base + L.H_EDGE_SLOTS, 4) - 1;
  groups = section(L.H_GROUPS);
  lists = section(L.H_LISTS);
  indexSlots = section(L.H_INDEX_SLOTS);
  return 0;
}

export function routesGeneration(): u32 {
  return generation;
}

/** Counts the tables adopted: a plan remembers it to know whether its addresses still hold. */
export function routesSwaps(): u32 {
  return swaps;
}

/** The scope record of a port group, 0 where the table knows none. */
export function portGroupAt(portGroup: u32): usize {
  if (!base || portGroup >= portGroupCount) return 0;
  const scope = portGroups + <usize> portGroup * L.SCOPE_SIZE;
  return load<u32>(scope) & L.SCOPE_PRESENT ? scope : 0;
}

export function listenerAt(listener: u32): usize {
  return listeners + <usize> listener * L.SCOPE_SIZE;
}

export function groupAt(group: u32): usize {
  return groups + <usize> group * L.GROUP_SIZE;
}

export function listEntryAt(entry: u32): usize {
  return lists + <usize> entry * L.LIST_ENTRY_SIZE;
}

export function indexSlotAt(slot: u32): usize {
  return indexSlots + <usize> slot * L.INDEX_SLOT_SIZE;
}

export function hostSlotAt(hash: u32): usize {
  return hostSlots + <usize> (hash & hostMask) * L.HOST_SLOT_SIZE;
}

export function edgeSlotAt(hash: u32): usize {
  return edgeSlots + <usize> (hash & edgeMask) * L.EDGE_SLOT_SIZE;
}

/** The address of an offset that the table states. */
export function tableAddress(offset: u32): usize {
  return base + offset;
}

/** The offset by which the table names an address in it. */
export function tableOffset(address: usize): u32 {
  return <u32> (address - base);
}

/** The table's first byte, 0 before there is one: offsets count from it. */
export function routesBase(): usize {
  return base;
}

/** The blob that a match record lies in. */
export function blobOf(match: usize): usize {
  return match - load<u32>(match);
}

/** The match's retry record; 0 where it has none. */
export function retryOf(match: usize): usize {
  const relPlusOne = load<u32>(match, 60);
  return relPlusOne ? blobOf(match) + relPlusOne - 1 : 0;
}

/** The filters record that a match or backend names by rel + 1, 0 for none. */
export function filtersOf(match: usize, relPlusOne: u32): usize {
  return relPlusOne ? blobOf(match) + relPlusOne - 1 : 0;
}
