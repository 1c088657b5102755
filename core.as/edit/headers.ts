// Header edits on a canonical head: set, add, remove, in the order in which they lie.
// Edits point at names and values where they are (table, plan block, host's spans); they must stay
// there until the head is written. Nothing is copied. Framing, Host and Connection fields are the
// writers' own, whatever an edit says.

import {
  addField,
  fieldAt,
  fieldNameLen,
  fieldNameOff,
  headFieldCount,
  markRemoved,
  setFieldValue,
} from "../head/head";
import { nameIdOf } from "../head/names";
import { findField } from "../route/fields";
import * as L from "../route/layout";

/** Marks every field of this name from `from` on as removed. */
export function removeField(head: usize, name: usize, nameLen: u32, from: u32): void {
  const count = headFieldCount(head);
  let index = findField(head, name, nameLen, from);
  while (index < count) {
    markRemoved(fieldAt(head, index));
    index = findField(head, name, nameLen, index + 1);
  }
}

/** Adds a field line; false when the table is full. */
export function appendField(head: usize, name: usize, nameLen: u32, value: usize, len: u32): bool {
  return addField(head, nameIdOf(name, nameLen), name, nameLen, value, len);
}

/** Gives the field this one value, whatever values it had; false when the table is full. */
export function setField(head: usize, name: usize, nameLen: u32, value: usize, len: u32): bool {
  const index = findField(head, name, nameLen, 0);
  if (index == headFieldCount(head)) return appendField(head, name, nameLen, value, len);
  setFieldValue(fieldAt(head, index), value, len);
  removeField(head, name, nameLen, index + 1);
  return true;
}

/** Applies `count` edit records at `records`, whose offsets count from `base`. */
export function applyEdits(head: usize, base: usize, records: usize, count: u32): bool {
  for (; count > 0; count--, records += L.EDIT_SIZE) {
    const operation = <u32> load<u8>(records);
    const name = base + load<u32>(records, 4);
    const nameLen = <u32> load<u16>(records, 2);
    const value = base + load<u32>(records, 8);
    const valueLen = load<u32>(records, 12);
    if (operation == L.EDIT_SET) {
      if (!setField(head, name, nameLen, value, valueLen)) return false;
    } else if (operation == L.EDIT_ADD) {
      if (!appendField(head, name, nameLen, value, valueLen)) return false;
    } else removeField(head, name, nameLen, 0);
  }
  return true;
}

/** Notes the NAME_* id of every field: for heads that no reader of ours has read. */
export function identifyFields(head: usize): void {
  const count = headFieldCount(head);
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    store<u8>(field, nameIdOf(fieldNameOff(field), fieldNameLen(field)), 6);
  }
}
