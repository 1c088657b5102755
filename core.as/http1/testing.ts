// The entry of a module for tests, fuzz and bench alone: everything of the codec, one export each.
// Never part of core.wasm.

export { nameIdLen, nameIdOf, nameIdOff } from "../head/names";
