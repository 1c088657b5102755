import { assertEquals } from "../assert.ts";
import { bindingSentences } from "./sentences.ts";

const CRD = `spec:
  versions:
    - schema:
        openAPIV3Schema:
          description: |-
            A thing. It MUST be
            one (e.g. "1")
            and it is nice. Support: Core

            Things must have:

            * a name, which may
              be long

            - an age. Not more.

            Nothing else: there is a list of colours.

            * red
          properties:
            spec:
              properties:
                list:
                  type: array
                  items: { properties: { name: { description: "It must be a name." } } }
                map: { additionalProperties: { description: "It must be a name. Or not." } }
`;

Deno.test("the sentences that bind are found by their words, lists item by item, each once", () => {
  assertEquals(bindingSentences(CRD), [
    { text: 'It MUST be one (e.g. "1") and it is nice.', fields: [""] },
    { text: "Things must have: a name, which may be long", fields: [""] },
    { text: "Things must have: an age.", fields: [""] },
    { text: "Things must have: Not more.", fields: [""] },
    { text: "It must be a name.", fields: ["spec.list.name", "spec.map"] },
  ]);
});
