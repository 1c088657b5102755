// Lays out the endpoint table: services by id, each with the endpoints that may take requests,
// sorted by the bytes of `address:port` so that every node builds the same Maglev table.
// Offsets and sizes as in core.as/balance/layout.ts.

import type { Endpoint, Service } from "../../ir/snapshot.ts";
import type { IdRegistry } from "../ids.ts";
import { checksum } from "./checksum.ts";
import { CompileError } from "./errors.ts";
import { hash32, joinHash } from "./hash.ts";
import { CHECKSUM_FROM } from "./layout.ts";
import { powerOfTwoFor } from "./int_list.ts";

const MAGIC = 0x50454152;
const VERSION = 1;
const HEADER_SIZE = 64;
const SERVICE_SIZE = 32;
const ENDPOINT_SIZE = 16;
const MAX_ENDPOINTS = 65535;
const MAX_ENDPOINT_ID = 1 << 26;
const PROTOCOL = { http1: 0, h2c: 1, websocket: 2 } as const;

const encoder = new TextEncoder();

/** `address:port`, IPv6 in brackets: what Maglev hashes. */
export function endpointKey(endpoint: Pick<Endpoint, "address" | "port">): string {
  const { address, port } = endpoint;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

interface EndpointRecord {
  readonly id: number;
  readonly key: Uint8Array;
  readonly port: number;
  readonly weight: number;
}

/** One service as the table has it; kept as long as the Service object. */
export interface ServiceRecord {
  readonly id: number;
  readonly port: number;
  readonly protocol: number;
  readonly hashLo: number;
  readonly hashHi: number;
  readonly endpoints: readonly EndpointRecord[];
  readonly keyBytes: number;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}

/** `weightOf` gives whole numbers from 1 on; the Gateway API states none, so all are 1. */
export function serviceRecord(
  service: Service,
  ids: IdRegistry,
  weightOf: (endpoint: Endpoint) => number = () => 1,
): ServiceRecord {
  const endpoints: EndpointRecord[] = [];
  for (const endpoint of service.endpoints) {
    if (!endpoint.ready) continue;
    const text = endpointKey(endpoint);
    const id = ids.endpoints.idOf(`${service.key} ${text}`);
    if (id >= MAX_ENDPOINT_ID) {
      throw new CompileError("too-many", `service ${service.key}`, "endpoint ids are used up");
    }
    endpoints.push({
      id,
      key: encoder.encode(text),
      port: endpoint.port,
      weight: weightOf(endpoint),
    });
  }
  if (endpoints.length > MAX_ENDPOINTS) {
    throw new CompileError("too-many", `service ${service.key}`, "more than 65,535 endpoints");
  }
  endpoints.sort((a, b) => compareBytes(a.key, b.key));
  let hashLo = 0;
  let hashHi = 0;
  let keyBytes = 0;
  for (const { key, weight } of endpoints) {
    hashLo = hash32(key, joinHash(hashLo, weight));
    hashHi = hash32(key, joinHash(hashHi, ~weight));
    keyBytes += key.length;
  }
  return {
    id: ids.services.idOf(service.key),
    port: service.port,
    protocol: PROTOCOL[service.protocol],
    hashLo,
    hashHi,
    endpoints,
    keyBytes,
  };
}

/** The table over these services, generation and checksum included. */
export function encodeEndpoints(records: readonly ServiceRecord[], generation: number): Uint8Array {
  const services = [...records].sort((a, b) => a.id - b.id);
  const endpointCount = services.reduce((sum, service) => sum + service.endpoints.length, 0);
  const stringBytes = services.reduce((sum, service) => sum + service.keyBytes, 0);
  const capacity = powerOfTwoFor(services.length);
  const slotsAt = HEADER_SIZE;
  const servicesAt = slotsAt + capacity * 8;
  const endpointsAt = servicesAt + services.length * SERVICE_SIZE;
  const stringsAt = endpointsAt + endpointCount * ENDPOINT_SIZE;
  const size = (stringsAt + stringBytes + 3) & ~3;
  const bytes = new Uint8Array(size);
  const words = new Uint32Array(bytes.buffer);
  words.set([MAGIC, VERSION, size, 0, generation, 0]);
  words.set([slotsAt, capacity, servicesAt, services.length], 6);
  words.set([endpointsAt, endpointCount, stringsAt, stringBytes], 10);
  let endpoint = endpointsAt / 4;
  let text = stringsAt;
  let first = 0;
  services.forEach((service, number) => {
    let slot = joinHash(0, service.id) & (capacity - 1);
    while (words[slotsAt / 4 + slot * 2 + 1] !== 0) slot = (slot + 1) & (capacity - 1);
    words[slotsAt / 4 + slot * 2] = service.id;
    words[slotsAt / 4 + slot * 2 + 1] = number + 1;
    const at = (servicesAt + number * SERVICE_SIZE) / 4;
    words[at] = service.id;
    words[at + 1] = service.port | (service.protocol << 16);
    words[at + 2] = first;
    words[at + 3] = service.endpoints.length;
    words[at + 4] = service.hashLo;
    words[at + 5] = service.hashHi;
    first += service.endpoints.length;
    for (const { id, key, port, weight } of service.endpoints) {
      words[endpoint] = id;
      words[endpoint + 1] = text;
      words[endpoint + 2] = key.length | (port << 16);
      words[endpoint + 3] = weight;
      endpoint += 4;
      bytes.set(key, text);
      text += key.length;
    }
  });
  words[3] = checksum(words, CHECKSUM_FROM);
  return bytes;
}
