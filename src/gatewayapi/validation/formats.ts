// The string formats that the shipped schemas name, as the API server checks them.
// Takes a string, says whether it has the format. Linear in the string's length.

const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:[Zz]|[+-](\d{2}):(\d{2}))$/;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** RFC 3339 section 5.6, `date-time`. */
export function isDateTime(text: string): boolean {
  const match = DATE_TIME.exec(text);
  if (!match) return false;
  const [year, month, day, hour, minute, second, zoneHour, zoneMinute] = match.slice(1)
    .map((part) => Number(part ?? 0));
  if (month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  if (month === 2 && day === 29 && !leap) return false;
  return hour < 24 && minute < 60 && second <= 60 && zoneHour < 24 && zoneMinute < 60;
}

/** Dotted decimal without leading zeros, as Go's net.ParseIP wants it. */
export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 &&
    parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

/** RFC 4291 section 2.2, without zone. */
export function isIpv6(text: string): boolean {
  if (text.length > 45 || !text.includes(":")) return false;
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.map((half) => half === "" ? [] : half.split(":"));
  const last = groups[groups.length - 1];
  let count = groups.reduce((sum, half) => sum + half.length, 0);
  const tail = last[last.length - 1];
  if (tail?.includes(".")) {
    if (!isIpv4(tail)) return false;
    last.pop();
    count += 1;
  }
  if (groups.some((half) => half.some((group) => !/^[0-9A-Fa-f]{1,4}$/.test(group)))) return false;
  return halves.length === 2 ? count <= 7 : count === 8;
}

/** An address of either family. */
export function isIp(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

/** Standard base64 with padding; line breaks are skipped, as Go's decoder does. */
export function isBase64(text: string): boolean {
  return BASE64.test(text.replace(/[\r\n]/g, ""));
}

interface Format {
  /** null: a numeric format, checked with the number. */
  readonly check: ((text: string) => boolean) | null;
  /** What to write, for a person. */
  readonly wanted: string;
}

/** Every format that the validator knows; building the CRD table fails on any other. */
export const FORMATS: ReadonlyMap<string, Format> = new Map([
  ["date-time", { check: isDateTime, wanted: "an RFC 3339 time, such as 2026-01-31T12:00:00Z" }],
  ["ipv4", { check: isIpv4, wanted: "an IPv4 address, such as 192.0.2.7" }],
  ["ipv6", { check: isIpv6, wanted: "an IPv6 address, such as 2001:db8::7" }],
  ["byte", { check: isBase64, wanted: "base64, such as aGVsbG8=" }],
  ["int32", { check: null, wanted: "a whole number of at most 32 bits" }],
  ["int64", { check: null, wanted: "a whole number of at most 64 bits" }],
]);
