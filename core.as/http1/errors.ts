// Every way in which a message can be refused, as a negative number, and the status that answers it.
// Readers give one of these instead of a length. A response that is refused is always a 502.

export const ERROR_METHOD: i32 = -1;
export const ERROR_METHOD_TOO_LONG: i32 = -2;
export const ERROR_TARGET: i32 = -3;
export const ERROR_TARGET_TOO_LONG: i32 = -4;
export const ERROR_VERSION: i32 = -5;
export const ERROR_VERSION_UNSUPPORTED: i32 = -6;
/** A CR without LF, an LF without CR, or too many empty lines before a request. */
export const ERROR_LINE_END: i32 = -7;
/** Empty, not a token, space before the colon, or no colon at all. */
export const ERROR_FIELD_NAME: i32 = -8;
export const ERROR_FIELD_VALUE: i32 = -9;
/** A line that begins with a space: obs-fold, or space before the first field. */
export const ERROR_LINE_FOLDING: i32 = -10;
export const ERROR_HEAD_TOO_LARGE: i32 = -11;
export const ERROR_TOO_MANY_FIELDS: i32 = -12;
export const ERROR_HOST: i32 = -13;
export const ERROR_HOST_MISSING: i32 = -14;
export const ERROR_HOST_DOUBLED: i32 = -15;
export const ERROR_CONNECT: i32 = -16;
export const ERROR_STATUS_LINE: i32 = -17;
/** A method of RFC 9110 in other letters: methods are case-sensitive. */
export const ERROR_METHOD_CASE: i32 = -18;
/** An expectation other than 100-continue. */
export const ERROR_EXPECTATION: i32 = -19;

export const ERROR_LENGTH: i32 = -20;
export const ERROR_LENGTH_DOUBLED: i32 = -21;
export const ERROR_LENGTH_AND_CODING: i32 = -22;
/** Transfer-Encoding is malformed or does not end in one `chunked`. */
export const ERROR_CODING: i32 = -23;
/** Transfer-Encoding has codings before the final `chunked`; none is implemented. */
export const ERROR_CODING_UNSUPPORTED: i32 = -24;
/** Transfer-Encoding in an HTTP/1.0 message. */
export const ERROR_CODING_VERSION: i32 = -25;
/** Content in a request that must have none. */
export const ERROR_CONTENT: i32 = -26;

export const ERROR_CHUNK_SIZE: i32 = -30;
export const ERROR_CHUNK_EXTENSION: i32 = -31;
export const ERROR_CHUNK_EXTENSION_TOO_LARGE: i32 = -32;
/** The data of a chunk is not followed by CRLF. */
export const ERROR_CHUNK_END: i32 = -33;
export const ERROR_BODY_TOO_LARGE: i32 = -34;
export const ERROR_TRAILER: i32 = -35;
export const ERROR_TRAILERS_TOO_LARGE: i32 = -36;
/** The connection ended before the message did. */
export const ERROR_BODY_TRUNCATED: i32 = -37;

/** The output buffer is too small. */
export const ERROR_NO_SPACE: i32 = -40;
/** The head holds bytes that would end a line or a token early; nothing may be sent. */
export const ERROR_UNWRITABLE: i32 = -41;

/** The status with which a request that failed with `error` is answered before it is closed. */
export function errorStatus(error: i32): u32 {
  switch (error) {
    case ERROR_METHOD_TOO_LONG:
    case ERROR_METHOD_CASE:
    case ERROR_CONNECT:
    case ERROR_CODING_UNSUPPORTED:
      return 501;
    case ERROR_TARGET_TOO_LONG:
      return 414;
    case ERROR_VERSION_UNSUPPORTED:
      return 505;
    case ERROR_HEAD_TOO_LARGE:
    case ERROR_TOO_MANY_FIELDS:
    case ERROR_TRAILERS_TOO_LARGE:
      return 431;
    case ERROR_BODY_TOO_LARGE:
      return 413;
    case ERROR_EXPECTATION:
      return 417;
    case ERROR_NO_SPACE:
    case ERROR_UNWRITABLE:
      return 500;
    default:
      return 400;
  }
}
