// Rules for fields of a request that two readers could understand differently, beyond framing and Host.
// Takes a head whose body has begun; marks fields as removed, gives EXPECTS_CONTINUE or 0, or an ERROR_*
// for what has no innocent reading. One pass over the fields.

import {
  fieldAt,
  fieldNameId,
  fieldValueLen,
  fieldValueOff,
  headFieldCount,
  headVersion,
  markRemoved,
  VERSION_HTTP_1_0,
} from "../head/head";
import {
  NAME_CONTENT_LENGTH,
  NAME_CONTENT_TYPE,
  NAME_EXPECT,
  NAME_TRANSFER_ENCODING,
  NAME_UNKNOWN,
  NAME_X_FORWARDED_FOR,
  NAME_X_FORWARDED_HOST,
  NAME_X_FORWARDED_PORT,
  NAME_X_FORWARDED_PROTO,
  NAME_X_REAL_IP,
  NAME_X_REQUEST_ID,
} from "../head/names";
import { equalBytes } from "../memory/bytes";
import { BODY_CHUNKED, bodyKind, bodyLength } from "./body";
import { ERROR_EXPECTATION, ERROR_FIELD_NAME, ERROR_FIELD_VALUE } from "./errors";
import { listsOnly } from "./lists";
import { knownNameOf } from "./names_alike";

/** The client waits for 100 (Continue) before it sends its content. */
export const EXPECTS_CONTINUE: i32 = 1;

// deno-fmt-ignore
const CONTINUE: usize = memory.data<u8>([
  0x31, 0x30, 0x30, 0x2d, 0x63, 0x6f, 0x6e, 0x74, 0x69, 0x6e, 0x75, 0x65,
]);

/**
 * An underscore for a hyphen: refused where it would be framing, removed where it would be what this
 * proxy tells endpoints about the client.
 */
function judgeUnknown(field: usize): i32 {
  switch (knownNameOf(field)) {
    case NAME_CONTENT_LENGTH:
    case NAME_TRANSFER_ENCODING:
      return ERROR_FIELD_NAME;
    case NAME_X_FORWARDED_FOR:
    case NAME_X_FORWARDED_HOST:
    case NAME_X_FORWARDED_PORT:
    case NAME_X_FORWARDED_PROTO:
    case NAME_X_REAL_IP:
    case NAME_X_REQUEST_ID:
      markRemoved(field);
  }
  return 0;
}

/**
 * RFC 9110 section 10.1.1: of an unknown expectation the client is told (417); what HTTP/1.0 says of
 * expectations is ignored; and nobody waits where there is no content.
 */
function judgeExpectation(head: usize, field: usize, body: usize): i32 {
  const isOld = headVersion(head) == VERSION_HTTP_1_0;
  if (!isOld && !listsOnly(field, CONTINUE, 12)) return ERROR_EXPECTATION;
  const hasContent = bodyKind(body) == BODY_CHUNKED || bodyLength(body) != 0;
  if (!isOld && hasContent && fieldValueLen(field) != 0) return EXPECTS_CONTINUE;
  markRemoved(field);
  return 0;
}

function sameValue(a: usize, b: usize): bool {
  const len = fieldValueLen(a);
  return len == fieldValueLen(b) && equalBytes(fieldValueOff(a), fieldValueOff(b), len);
}

/** EXPECTS_CONTINUE, 0, or an ERROR_*. `body` is what requestBody has begun. */
export function judgeRequestFields(head: usize, body: usize): i32 {
  const count = headFieldCount(head);
  let contentType: usize = 0;
  let expects: i32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const field = fieldAt(head, i);
    let judged: i32 = 0;
    switch (fieldNameId(field)) {
      case NAME_UNKNOWN:
        judged = judgeUnknown(field);
        break;
      case NAME_EXPECT:
        judged = judgeExpectation(head, field, body);
        expects |= judged;
        break;
      case NAME_CONTENT_TYPE:
        // A singleton (section 8.3): of two that differ each reader takes another one.
        if (contentType != 0 && !sameValue(contentType, field)) judged = ERROR_FIELD_VALUE;
        contentType = field;
    }
    if (judged < 0) return judged;
  }
  return expects;
}
