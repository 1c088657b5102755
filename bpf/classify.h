/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Says from a payload's first 8 bytes what begins there: an HTTP/1 head, HTTP/2, TLS or neither.
 * Methods are those of RFC 9110 section 9.3 and PATCH (RFC 5789). Never looks further.
 */
#ifndef RAUTA_CLASSIFY_H
#define RAUTA_CLASSIFY_H

#include "observer.h"

#define HEAD_BYTES 8
#define HEAD_BYTES_MIN 4 /* "GET " and "PUT " */
#define NOTHING_KNOWN 0

#define WORD(a, b, c, d) ((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)

/*
 * TLS record of type handshake (22), version 3.0 to 3.4, whose message is a ClientHello (1) shorter
 * than 64 KiB (RFC 8446 sections 4 and 5.1).
 */
static __always_inline bool is_client_hello(__u64 head)
{
	return (head & 0xffff) == 0x0316 && (head >> 16 & 0xff) <= 4 &&
	       (head >> 40 & 0xffff) == 0x0001;
}

/* head: the first 8 bytes, the first one lowest, zeros where the payload is shorter. */
static __always_inline __u8 classify(__u64 head)
{
	__u32 rest = head >> 32;

	switch ((__u32)head) {
	case WORD('G', 'E', 'T', ' '):
	case WORD('P', 'U', 'T', ' '):
		return OBSERVER_HTTP_REQUEST;
	case WORD('H', 'T', 'T', 'P'):
		return (rest & 0xffffff) == WORD('/', '1', '.', 0) ? OBSERVER_HTTP_RESPONSE
								    : NOTHING_KNOWN;
	case WORD('P', 'O', 'S', 'T'):
	case WORD('H', 'E', 'A', 'D'):
		return (rest & 0xff) == ' ' ? OBSERVER_HTTP_REQUEST : NOTHING_KNOWN;
	case WORD('T', 'R', 'A', 'C'):
		return (rest & 0xffff) == WORD('E', ' ', 0, 0) ? OBSERVER_HTTP_REQUEST
								: NOTHING_KNOWN;
	case WORD('P', 'A', 'T', 'C'):
		return (rest & 0xffff) == WORD('H', ' ', 0, 0) ? OBSERVER_HTTP_REQUEST
								: NOTHING_KNOWN;
	case WORD('D', 'E', 'L', 'E'):
		return (rest & 0xffffff) == WORD('T', 'E', ' ', 0) ? OBSERVER_HTTP_REQUEST
								    : NOTHING_KNOWN;
	case WORD('C', 'O', 'N', 'N'):
		return rest == WORD('E', 'C', 'T', ' ') ? OBSERVER_HTTP_REQUEST : NOTHING_KNOWN;
	case WORD('O', 'P', 'T', 'I'):
		return rest == WORD('O', 'N', 'S', ' ') ? OBSERVER_HTTP_REQUEST : NOTHING_KNOWN;
	case WORD('P', 'R', 'I', ' '): /* "PRI * HTTP/2.0", RFC 9113 section 3.4 */
		return rest == WORD('*', ' ', 'H', 'T') ? OBSERVER_OPAQUE_HTTP2 : NOTHING_KNOWN;
	}
	return is_client_hello(head) ? OBSERVER_OPAQUE_TLS : NOTHING_KNOWN;
}

#endif
