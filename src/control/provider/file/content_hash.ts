// A key for a document's content: 64 bits of two unlike 32-bit hashes, and the length.
// Guards against an unlucky collision, not against a malicious one: who writes the file owns it.

/** Equal for equal texts; for unlike ones equal with a chance of about 2^-64. */
export function contentHash(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b);
    b ^= b >>> 13;
  }
  return `${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}.${text.length.toString(36)}`;
}
