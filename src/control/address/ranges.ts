// Address pools: IPv4 addresses and networks as text, parsed and walked through in order.
// Pure; a pool of any size costs no more than its text.

/** Both ends belong to the range. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
}

const MAX_ITEMS = 64;
const OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ITEM = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}(?:/(\\d{1,2}))?$`);

/** The ranges of `10.0.0.5,10.0.1.0/24`, or undefined where the text is no such list. */
export function parseAddressPool(text: string): readonly AddressRange[] | undefined {
  const ranges: AddressRange[] = [];
  for (const item of text.split(",")) {
    const match = ITEM.exec(item.trim());
    if (match === null) return undefined;
    const address = match.slice(1, 5).reduce((sum, octet) => sum * 256 + Number(octet), 0);
    const prefixLength = match[5] === undefined ? 32 : Number(match[5]);
    if (prefixLength > 32) return undefined;
    const size = 2 ** (32 - prefixLength);
    if (address % size !== 0) return undefined;
    // A network's own address and its broadcast address are no host's.
    const inset = prefixLength < 31 ? 1 : 0;
    ranges.push({ first: address + inset, last: address + size - 1 - inset });
  }
  return ranges.length <= MAX_ITEMS ? ranges : undefined;
}

function toText(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

export function isInPool(pool: readonly AddressRange[], address: string): boolean {
  const octets = ITEM.exec(address)?.slice(1, 5);
  if (octets === undefined) return false;
  const value = octets.reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return pool.some(({ first, last }) => first <= value && value <= last);
}

/** The first address of the pool that is not taken, or undefined. */
export function firstFree(
  pool: readonly AddressRange[],
  taken: ReadonlySet<string>,
): string | undefined {
  for (const { first, last } of pool) {
    for (let address = first; address <= last; address++) {
      const text = toText(address);
      if (!taken.has(text)) return text;
    }
  }
  return undefined;
}
