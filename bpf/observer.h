/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes that leave the kernel and the loader: ring buffer records, counters and socket frames.
 * Shared by observer.bpf.c and the loader; docs/observer_protocol.md is the same in prose.
 * Every integer is little-endian, every offset fixed and naturally aligned; never reorder a field.
 */
#ifndef RAUTA_OBSERVER_H
#define RAUTA_OBSERVER_H

#include <linux/types.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the observer protocol is written as it lies in memory: little-endian machines only"
#endif

#define OBSERVER_PROTOCOL_VERSION 1

#define OBSERVER_CAPTURE_BYTES 256
#define OBSERVER_ADDRESS_BYTES 16
#define OBSERVER_INTERFACE_NAME_BYTES 16
#define OBSERVER_KERNEL_NAME_BYTES 64
#define OBSERVER_VERSION_NAME_BYTES 32
/* A frame, header included, never exceeds this. */
#define OBSERVER_FRAME_BYTES_MAX 65536

enum observer_direction {
	OBSERVER_INGRESS = 0, /* seen by XDP: the interface received it */
	OBSERVER_EGRESS = 1,  /* seen by TC: the interface is about to send it */
	OBSERVER_DIRECTIONS = 2,
};

enum observer_record_kind {
	OBSERVER_HTTP_REQUEST = 1,  /* the payload begins with a method and a space */
	OBSERVER_HTTP_RESPONSE = 2, /* the payload begins with "HTTP/1." */
	OBSERVER_FIN = 3,           /* FIN without HTTP in it, on a connection that had HTTP */
	OBSERVER_RST = 4,           /* RST on a connection that had HTTP */
	OBSERVER_OPAQUE_HTTP2 = 5,  /* an HTTP/2 preface, once per connection */
	OBSERVER_OPAQUE_TLS = 6,    /* a TLS ClientHello, once per connection */
};

/*
 * One record, in the ring buffer and in a captures frame alike.
 *
 *    0  time_ns            8  source[16]        24  destination[16]
 *   40  interface_index   44  source_port       46  destination_port
 *   48  sequence          52  acknowledgement   56  payload_bytes
 *   60  captured_bytes    62  kind              63  direction
 *   64  tcp_flags         65  ip_version        66  record_bytes
 *   68  connection_ordinal                  72  captured[0..256]
 */
struct observer_record {
	__u64 time_ns; /* CLOCK_MONOTONIC */
	__u8 source[OBSERVER_ADDRESS_BYTES];      /* IPv4 as ::ffff:a.b.c.d */
	__u8 destination[OBSERVER_ADDRESS_BYTES]; /* network order, as in the packet */
	__u32 interface_index;
	__u16 source_port;
	__u16 destination_port;
	__u32 sequence;
	__u32 acknowledgement;
	__u32 payload_bytes; /* TCP payload of the segment, by the IP header's length */
	__u16 captured_bytes;
	__u8 kind;      /* enum observer_record_kind */
	__u8 direction; /* enum observer_direction */
	__u8 tcp_flags; /* FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128 */
	__u8 ip_version; /* 4 or 6 */
	__u16 record_bytes; /* this header and captured_bytes, rounded up to a multiple of 8 */
	/*
	 * The n-th record that this connection was worth on this interface, from 1, counted also
	 * where it was then lost: a jump proves a loss. 0: the connection could not be remembered.
	 */
	__u32 connection_ordinal;
	__u8 captured[OBSERVER_CAPTURE_BYTES];
};

#define OBSERVER_RECORD_HEADER_BYTES 72

/* One slot per counter; kept per CPU and direction in the kernel, added up by the loader. */
enum observer_counter {
	OBSERVER_PACKETS = 0,
	OBSERVER_TCP_SEGMENTS = 1,
	OBSERVER_HTTP_REQUESTS = 2,  /* segments recognised, recorded or not */
	OBSERVER_HTTP_RESPONSES = 3, /* likewise */
	OBSERVER_CLOSES = 4,         /* FIN and RST recognised, recorded or not */
	OBSERVER_OPAQUE_HTTP2_MARKS = 5,
	OBSERVER_OPAQUE_TLS_MARKS = 6,
	OBSERVER_OPAQUE_SKIPPED = 7, /* HTTP/1-like segments on a connection marked opaque */
	OBSERVER_TRUNCATED = 8,      /* headers cut off, contradictory or beyond the parser's bounds */
	OBSERVER_FRAGMENTS = 9,
	OBSERVER_RING_FULL = 10, /* records lost because the ring buffer was full */
	OBSERVER_FILTERED = 11,  /* TCP segments outside --ports */
	OBSERVER_TABLE_FULL = 12, /* connections that could not be remembered */
	OBSERVER_COUNTERS = 16,
};

struct observer_counters {
	__u64 value[OBSERVER_COUNTERS];
};

enum observer_frame_type {
	OBSERVER_FRAME_HELLO = 1,
	OBSERVER_FRAME_CAPTURES = 2,
	OBSERVER_FRAME_COUNTERS = 3,
	OBSERVER_FRAME_BYE = 4,
};

struct observer_frame_header {
	__u32 payload_bytes; /* what follows this header */
	__u16 type;          /* enum observer_frame_type */
	__u16 reserved;
};

enum observer_xdp_mode {
	OBSERVER_XDP_DETACHED = 0,
	OBSERVER_XDP_NATIVE = 1,
	OBSERVER_XDP_GENERIC = 2,
};

enum observer_tc_mode {
	OBSERVER_TC_DETACHED = 0,
	OBSERVER_TC_TCX = 1,
	OBSERVER_TC_CLSACT = 2,
};

#define OBSERVER_INTERFACE_PINNED 1     /* stays attached after the loader's end */
#define OBSERVER_INTERFACE_TAKEN_OVER 2 /* was attached by an earlier loader */

struct observer_interface {
	__u32 index;    /* 0 while the interface does not exist */
	__u8 xdp_mode;  /* enum observer_xdp_mode */
	__u8 tc_mode;   /* enum observer_tc_mode */
	__u8 flags;     /* OBSERVER_INTERFACE_* */
	__u8 reserved0;
	char name[OBSERVER_INTERFACE_NAME_BYTES];
	__u8 reserved1[8];
};

struct observer_hello {
	__u16 version; /* OBSERVER_PROTOCOL_VERSION */
	__u16 interface_count;
	__u32 capture_limit_bytes;
	__u64 monotonic_ns; /* both clocks read together: realtime = time_ns - monotonic + realtime */
	__u64 realtime_ns;
	__u32 ring_bytes;
	__u16 interfaces_offset; /* from the payload's start */
	__u16 interface_bytes;   /* stride of the table */
	char kernel[OBSERVER_KERNEL_NAME_BYTES];          /* uname -r, NUL padded */
	char loader_version[OBSERVER_VERSION_NAME_BYTES]; /* NUL padded */
	/* struct observer_interface interfaces[interface_count] follows */
};

struct observer_captures {
	__u32 record_count;
	__u32 reserved;
	/* struct observer_record cut to record_bytes each follow */
};

struct observer_loader_counters {
	__u64 records_received;  /* taken from the ring buffer since the loader's start */
	__u64 records_unread;    /* of those, dropped because no reader was connected */
	__u64 reader_queued;     /* records handed to this reader's connection */
	__u64 reader_dropped;    /* records dropped because this reader was slow */
	__u64 records_malformed; /* ring records that contradict this header; always 0 */
	__u64 reserved[3];
};

struct observer_counters_frame {
	__u64 monotonic_ns;
	__u64 realtime_ns;
	struct observer_counters direction[OBSERVER_DIRECTIONS];
	struct observer_loader_counters loader;
};

enum observer_bye_reason {
	OBSERVER_BYE_STOPPED = 1,  /* SIGTERM or SIGINT */
	OBSERVER_BYE_FAILED = 2,   /* the loader ends with an error */
	OBSERVER_BYE_TOO_MANY = 3, /* this reader is one too many */
};

struct observer_bye {
	__u32 reason; /* enum observer_bye_reason */
	__u32 reserved;
	__u64 monotonic_ns;
};

#ifndef __bpf__
_Static_assert(sizeof(struct observer_record) == 328, "record layout");
_Static_assert(__builtin_offsetof(struct observer_record, captured) == 72, "record layout");
_Static_assert(sizeof(struct observer_frame_header) == 8, "frame header layout");
_Static_assert(sizeof(struct observer_interface) == 32, "interface layout");
_Static_assert(sizeof(struct observer_hello) == 128, "hello layout");
_Static_assert(sizeof(struct observer_captures) == 8, "captures layout");
_Static_assert(sizeof(struct observer_counters_frame) == 336, "counters layout");
_Static_assert(sizeof(struct observer_bye) == 16, "bye layout");
#endif

#endif
