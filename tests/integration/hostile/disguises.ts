// Disguises of Content-Length and Transfer-Encoding: ways to write a framing field so that one reader
// sees it and another does not. Takes a field, gives its line (or lines) with a name for each disguise.
// Where the result is a well-formed field of another name or plain white space, it is `plain`.

export interface Disguise {
  readonly name: string;
  readonly lines: string;
  /** Every reader that keeps to RFC 9110 sees the field as it is. */
  readonly isPlain: boolean;
}

/** Controls and other bytes that some readers strip or take for white space. */
const STRIPPED: Readonly<Record<string, string>> = {
  "NUL": "\0",
  "vertical tab": "\v",
  "form feed": "\f",
  "CR": "\r",
  "DEL": "\x7f",
  "NEL": "\x85",
  "no-break space": "\xa0",
  "soft hyphen": "\xad",
  "0xff": "\xff",
};

function disguise(name: string, lines: string, isPlain = false): Disguise {
  return { name, lines: `${lines}\r\n`, isPlain };
}

function ofBoth(field: string, value: string): Disguise[] {
  const line = `${field}: ${value}`;
  const underscored = field.replace("-", "_");
  return [
    disguise("a space for the hyphen", `${field.replace("-", " ")}: ${value}`),
    disguise("an underscore", `${underscored}: ${value}`),
    disguise("an underscore in capitals", `${underscored.toUpperCase()}: ${value}`),
    disguise("a backslash for the hyphen", `${field.replace("-", "\\")}: ${value}`),
    disguise("a space before the colon", `${field} : ${value}`),
    disguise("a tab before the colon", `${field}\t: ${value}`),
    disguise("a word before the colon", `${field} x: ${value}`),
    disguise("a second colon", `${field}:: ${value}`),
    disguise("folded before the value", `${field}:\r\n ${value}`),
    disguise("folded twice", `${field}:\r\n \r\n ${value}`),
    disguise("folded with a tab", `${field}:\r\n\t${value}`),
    disguise("as a fold of another field", `X-A: b\r\n ${line}`),
    disguise("as a fold with a tab", `X-A: b\r\n\t${line}`),
    disguise("LF before the value", `${field}:\n ${value}`),
    disguise("LF before the colon", `${field}\n : ${value}`),
    disguise("behind CR in another value", `X-A: b\r${line}`),
    disguise("behind LF in another value", `X-A: b\n${line}`),
    disguise("behind CRLF CR", `X-A: b\r\n\r${line}`),
    disguise("behind two LF", `X-A: b\n\n${line}`),
    disguise("CR inside the name", `${field.slice(0, 3)}\r${field.slice(3)}: ${value}`),
    disguise("a name with a space behind it before", `X Y: \r\n${line}`),
    disguise("named by Connection", `Connection: ${field}\r\n${line}`),
    disguise("named by Connection behind close", `Connection: close, ${field}\r\n${line}`),
    disguise("twice", `${line}\r\n${line}`),
    disguise("twice, once empty", `${field}:\r\n${line}`),
    ...Object.entries(STRIPPED).flatMap(([what, byte]) => [
      disguise(`${what} behind the name`, `${field}${byte}: ${value}`),
      disguise(`${what} before the value`, `${field}: ${byte}${value}`),
      disguise(`${what} behind the value`, `${field}: ${value}${byte}`),
      disguise(`${what} for the space`, `${field}:${byte}${value}`),
      disguise(`${what} before the name`, `${byte}${line}`),
    ]),
    disguise("capitals", line.toUpperCase(), true),
    disguise("no space", `${field}:${value}`, true),
    disguise("a tab", `${field}:\t${value}`, true),
    disguise("a tab behind it", `${line}\t`, true),
    disguise("spaces around", `${field}: \t ${value} \t `, true),
  ];
}

export const CODING_DISGUISES: readonly Disguise[] = [
  ...ofBoth("Transfer-Encoding", "chunked"),
  ...[
    "",
    "identity",
    "chunk",
    "xchunked",
    "chunked, identity",
    "chunked, chunked",
    "identity, chunked",
    "identity, chunked, identity",
    ", chunked",
    "chunked,",
    "chunked;a=b",
    "chunked ;",
    '"chunked"',
    "'chunked'",
    "ch\x96nked",
    "c%68unked",
    "=?utf-8?B?Y2h1bmtlZA==?=",
    "gzip, chunked",
    "x chunked",
    "chunked x",
  ].map((value) => disguise(JSON.stringify(value), `Transfer-Encoding: ${value}`)),
  disguise("an escape in the name", "Transfer-%45ncoding: chunked", true),
  disguise("a byte in the name", "Transf\x82r-Encoding: chunked"),
  disguise("two fields", "Transfer-Encoding: chunked\r\nTransfer-encoding: identity"),
  disguise(
    "two fields, the other way",
    "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
  ),
];

export const LENGTH_DISGUISES: readonly Disguise[] = [
  ...ofBoth("Content-Length", "3"),
  ...[
    "",
    "+3",
    "-3",
    "-0",
    "3 3",
    "0 3",
    "3, 3",
    "3,3",
    "0, 3",
    "3, 0",
    "3;",
    "3.0",
    "3e0",
    "0x3",
    "0o3",
    "0b11",
    "1_0",
    "three",
    "\xb3",
    "3a",
    '"3"',
    "99999999999999999999",
    "18446744073709551619",
    "9223372036854775811",
  ].map((value) => disguise(JSON.stringify(value), `Content-Length: ${value}`)),
  disguise("zeros before it", "Content-Length: 0003", true),
  disguise("two that differ", "Content-Length: 3\r\nContent-Length: 4"),
  disguise("two that differ, the other way", "Content-Length: 0\r\nContent-Length: 3"),
];
