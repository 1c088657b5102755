// `check` judges certificates as the gateway does: pairs that do not fit, and those out of date.

import { runCheck } from "../../src/cli/check/main.ts";
import { assertEquals, assertMatch } from "../assert.ts";
import { makePair, makePairOf, type Pair, secretYaml } from "./certificates.ts";
import { gatewayYaml } from "./tls_stage.ts";

/** Exit code and output of `check` over an HTTPS listener with the pair. */
async function checked(pair: Pair): Promise<{ code: number; out: string }> {
  const path = await Deno.makeTempFile({ prefix: "rauta-test-", suffix: ".yaml" });
  const listeners = [{ name: "https", hostname: "a.example", secrets: ["pair"] }];
  try {
    await Deno.writeTextFile(path, gatewayYaml(8443, listeners) + secretYaml("pair", pair));
    const { code, out } = await runCheck([path]);
    return { code, out: out ?? "" };
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("check: a certificate and its key have to fit, and to be in date", async () => {
  const [good, other] = [await makePair("a.example"), await makePair("a.example")];
  const fine = await checked(good);
  assertEquals(fine.code, 0, fine.out);

  const mixed = await checked({ certificate: good.certificate, key: other.key });
  assertEquals(mixed.code, 1);
  const place =
    /error: \S+:\d+:\d+ Gateway test\/gate spec\.listeners\[0\]\.tls\.certificateRefs\n/;
  assertMatch(mixed.out, place);
  assertMatch(mixed.out, /instead: name a Secret of type kubernetes\.io\/tls/);

  const old = await checked(await makePairOf({ names: ["a.example"], days: -1 }));
  assertEquals(old.code, 1);
  assertMatch(old.out, /expired at/);
  assertMatch(old.out, /instead: put a renewed certificate and its key into the Secret/);
});
