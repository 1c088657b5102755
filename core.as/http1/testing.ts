// The entry of a module for tests, fuzz and bench alone: everything of the codec, one export each.
// Never part of core.wasm.

export { headReset, setAuthority, setPath } from "../head/head";
export { methodIdOf } from "../head/methods";
export { nameIdLen, nameIdOf, nameIdOff } from "../head/names";
export {
  bodyEnd,
  bodyFinish,
  bodyKind,
  bodyLength,
  bodyLimit,
  bodyNext,
  bodyNextIs,
  bodySpanLen,
  bodySpanOff,
  bodyStart,
} from "./body";
export { isClass, scanPath, scanQuery, scanToken, scanValue, scanVisible } from "./classes";
export { isPersistent, takeHopByHop } from "./connection";
export { errorStatus } from "./errors";
export { requestBody, responseBody } from "./framing";
export { isAuthority } from "./host";
export { setDefaultLimits } from "./limits";
export { readHeadPrefix, readRequestHead, readResponseHead, readTrailers } from "./read_head";
export { judgeRequestFields } from "./request_rules";
export { reasonPhraseLen, reasonPhraseOff } from "./reason";
export {
  wireSizeBound,
  writeChunkLine,
  writeRequestHead,
  writeResponseHead,
  writeTrailers,
} from "./write_head";
