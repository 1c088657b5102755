// A worker that reads documents: YAML, validation and all that they bring live here, and end with it.
// Takes texts, gives for each what readDocument says, as one JSON text; may do nothing else.

import { loadValidator } from "../../../gatewayapi/validation/bundled.ts";
import { readDocument } from "./read_document.ts";

interface ReaderScope {
  postMessage(results: string): void;
  onmessage: ((event: MessageEvent<readonly string[]>) => void) | null;
}

const scope = self as unknown as ReaderScope;
const loaded = loadValidator();

scope.onmessage = async ({ data: texts }) => {
  const validator = await loaded;
  scope.postMessage(JSON.stringify(texts.map((text) => readDocument(text, validator))));
};
