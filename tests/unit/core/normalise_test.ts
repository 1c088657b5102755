import { assertEquals } from "../../assert.ts";
import { type Bench, bench, listener, match, route, rule, snapshot } from "./fixtures.ts";

interface Fact {
  readonly rule: string;
  readonly input: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly expected: string | null;
}

async function facts(rule: string): Promise<Fact[]> {
  const text = await Deno.readTextFile("tests/testdata/facts/path_normalization.json");
  const rows = (JSON.parse(text) as { cases: Fact[] }).cases.filter((row) => row.rule === rule);
  if (rows.length === 0) throw new Error(`no facts for ${rule}`);
  return rows;
}

function everything(): Promise<Bench> {
  return bench(snapshot([listener("", [{ route: route("ns/r", [rule([match("/")], "s")]) }])]));
}

/** The target as it goes upstream, or null where it is refused as malformed. */
function normalised({ decide, core }: Bench, target: string): string | null {
  const decision = decide({ target });
  if (decision.kind === "respond") return decision.reason === "bad-target" ? null : decision.reason;
  core.releasePlan(decision.plan);
  return decision.target;
}

/** RFC 3986 keeps a climb at the root, takes fragments and relative references: a proxy does not. */
const RFC_REFUSED = new Set(["/b/c/../../../g", "/b/c/../../../../g", "/../g"]);

Deno.test("paths: RFC 3986's dot segments, but a climb above the root is refused", async () => {
  const made = await everything();
  let checked = 0;
  for (const rule of ["rfc3986.remove-dot-segments", "rfc3986.syntax-normalize"]) {
    for (const { input, expected } of await facts(rule)) {
      if (input[0] !== "/") continue;
      const want = RFC_REFUSED.has(input) || input.includes("#") ? null : expected;
      assertEquals(normalised(made, input), want, input);
      checked++;
    }
  }
  assertEquals(checked, 37);
});

/** Where the options that a row names are the rules chosen here. */
const OUR_OPTIONS: Readonly<Record<string, unknown>> = {
  allow_malformed_percent: false,
  preserve_percent_case: false,
  escaped_slashes: "KEEP_UNCHANGED",
  skip_merging_slashes: false,
  method: "GET",
};

Deno.test("paths: Envoy's header validator with the same options agrees, but for fragments", async () => {
  const made = await everything();
  let checked = 0;
  for (const { input, expected, options = {} } of await facts("envoy.uhv")) {
    const isOurs = Object.entries(options).every(([name, value]) => OUR_OPTIONS[name] === value);
    if (!isOurs || input === "*") continue;
    const want = input.includes("#") ? null : expected;
    assertEquals(normalised(made, input), want, `${input} ${JSON.stringify(options)}`);
    checked++;
  }
  assertEquals(checked, 19);
});

const CASES: [input: string, output: string | null][] = [
  ["/", "/"],
  ["//", "/"],
  ["///a", "/a"],
  ["/a//", "/a/"],
  ["/a/.", "/a/"],
  ["/a/..", "/"],
  ["/a//../b", "/b"],
  ["/a/b/../../c", "/c"],
  ["/a/../..", null],
  ["/..", null],
  ["/%2e%2e/x", null],
  ["/%2E/x", "/x"],
  ["/a/%2e%2e%2fb", "/a/..%2Fb"],
  ["/a%5c..%5Cb", "/a%5C..%5Cb"],
  ["/a\\b", null],
  ["/a%00b", null],
  ["/a%0ab", null],
  ["/a%0Db", null],
  ["/a%0d%0aX:%20b", null],
  ["/a%09b%1fc", "/a%09b%1Fc"],
  ["/a%0", null],
  ["/a%", null],
  ["/a%zz", null],
  ["/a b", null],
  ["/a^b", null],
  ["/a`b", null],
  ["/a{b}", null],
  ['/a"b', null],
  ["/a<b", null],
  ["/a>b", null],
  ["/[a]|b:@!$&'()*+,;=-._~", "/[a]|b:@!$&'()*+,;=-._~"],
  ["/0123456789abcdef^ghijklmnopqrstuvwxyz", null],
  ["/0123456789abcdef0123456789/[x]|y", "/0123456789abcdef0123456789/[x]|y"],
  ["/?a={b}^`|", "/?a={b}^`|"],
  ['/?a="b"', null],
  ["/?a=<b>", null],
  ["/?a=\u00e9", null],
  ["/a\tb", null],
  ["/a\u007f", null],
  ["/caf\u00e9", null],
  ["/caf%c3%a9", "/caf%C3%A9"],
  ["/a#b", null],
  ["/a?b#c", null],
  ["/a?b c", null],
  ["/a?b=%zz&c=//../", "/a?b=%zz&c=//../"],
  ["/...", "/..."],
  ["/.a/..b", "/.a/..b"],
  ["/a;b=1/c,d", "/a;b=1/c,d"],
  ["/abcdefghijklmno/./p", "/abcdefghijklmno/p"],
  ["/abcdefghijklmn//o", "/abcdefghijklmn/o"],
  ["/abcdefghijklmnopqrstuvwxyz0123456789/%41", "/abcdefghijklmnopqrstuvwxyz0123456789/A"],
  ["", null],
  ["a", null],
  ["http://other.test/x/../y?z", "/y?z"],
  ["http://other.test", "/"],
  ["http://other.test?q", "/?q"],
  ["ftp://other.test/", null],
  ["*", null],
];

Deno.test("paths: what is accepted, in which form, and what is refused", async () => {
  const made = await everything();
  for (const [input, output] of CASES) {
    assertEquals(normalised(made, input), output, JSON.stringify(input));
  }
});

Deno.test("paths: every byte is judged alike wherever it stands", async () => {
  const made = await everything();
  const forbidden = new Set([...'"#<>\\^`{}'].map((char) => char.charCodeAt(0)));
  for (let byte = 0; byte < 256; byte++) {
    const char = String.fromCharCode(byte);
    if ("?./%".includes(char)) continue;
    const isRefused = byte <= 0x20 || byte >= 0x7f || forbidden.has(byte);
    for (const [before, after] of [["/", "x"], ["/", "x".repeat(40)], ["/" + "x".repeat(20), ""]]) {
      const path = before + char + after;
      assertEquals(normalised(made, path), isRefused ? null : path, JSON.stringify(path));
    }
  }
});

Deno.test("paths: normalising twice changes nothing more", async () => {
  const made = await everything();
  const alphabet = ["/", "/", ".", "..", "%2e", "%2F", "a", "%61", "//", "b%20", "%", ";"];
  let seed = 7;
  let accepted = 0;
  for (let i = 0; i < 5000; i++) {
    let path = "/";
    for (let n = 0; n < 8; n++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      path += alphabet[(seed >>> 16) % alphabet.length];
    }
    const once = normalised(made, path);
    if (once === null) continue;
    accepted++;
    assertEquals(normalised(made, once), once, path);
    assertEquals(/\/\/|\/\.\.?(\/|$)/.test(once), false, path);
  }
  assertEquals(accepted > 1000, true);
});

const HOSTS: [authority: string, outcome: string][] = [
  ["a.test", "s"],
  ["a.test:80", "s"],
  ["a.test:", "s"],
  ["A_b-c.test.", "s"],
  ["127.0.0.1:8080", "s"],
  ["[2001:db8::1]:443", "s"],
  ["[::ffff:1.2.3.4]", "s"],
  ["", "s"],
  [":80", "bad-host"],
  ["a.test:65536", "bad-host"],
  ["a.test:8x", "bad-host"],
  ["a.test:80:80", "bad-host"],
  ["user@a.test", "bad-host"],
  ["a..test", "bad-host"],
  [".a.test", "bad-host"],
  [".", "bad-host"],
  ["a.test/x", "bad-host"],
  ["a test", "bad-host"],
  ["a,b.test", "bad-host"],
  ["a!.test", "bad-host"],
  ["a%41.test", "bad-host"],
  ["[::1", "bad-host"],
  ["[::1]x", "bad-host"],
  ["[fe80::1%25eth0]", "bad-host"],
  ["caf\u00e9.test", "bad-host"],
  ["a".repeat(256), "bad-host"],
];

Deno.test("hosts: which are accepted and which are answered 400", async () => {
  const { goesTo } = await everything();
  for (const [authority, outcome] of HOSTS) {
    assertEquals(goesTo({ authority }), outcome, authority);
  }
});
