// SPDX-License-Identifier: Apache-2.0
/*
 * Copies the first bytes of TCP segments that begin with HTTP/1 into a ring buffer.
 * XDP sees what an interface receives, TC what it sends; both run the same code.
 * Never drops, changes or delays a packet: XDP_PASS and TC_ACT_UNSPEC on every path.
 */
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "observer.h"
#include "classify.h"
#include "connection.h"
#include "parse.h"

#define PORTS_MAX 16
#define RING_BYTES_DEFAULT (4 * 1024 * 1024) /* the loader sets it */

#define TCP_FIN 1
#define TCP_SYN 2
#define TCP_RST 4
#define TCP_ACK 16

char LICENSE[] SEC("license") = "Apache-2.0";

/* Set by the loader before load: frozen, so that an unused filter costs nothing. */
const volatile __u32 observed_ports_count = 0;
const volatile __u16 observed_ports[PORTS_MAX] = {};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES_DEFAULT);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, OBSERVER_DIRECTIONS);
	__type(key, __u32);
	__type(value, struct observer_counters);
} counters SEC(".maps");

/*
 * Assembly, because clang merges several increments into one of a computed slot, and to add a
 * variable to a pointer needs CAP_PERFMON.
 */
#define count_one(count, slot)                                                             \
	({                                                                                 \
		__u64 value_;                                                              \
		asm volatile("%0 = *(u64 *)(%1 + %2); %0 += 1; *(u64 *)(%1 + %2) = %0"       \
			     : "=&r"(value_)                                               \
			     : "r"(count), "i"((slot) * sizeof(__u64))                     \
			     : "memory");                                                  \
	})

static __always_inline bool is_observed_port(const struct segment *segment)
{
	if (observed_ports_count == 0)
		return true;
#pragma unroll
	for (__u32 i = 0; i < PORTS_MAX; i++) {
		if (i >= observed_ports_count)
			break;
		if (observed_ports[i] == segment->source_port ||
		    observed_ports[i] == segment->destination_port)
			return true;
	}
	return false;
}

/* The payload's first 8 bytes, zeros behind its end; 0 where they can't be had. */
static __always_inline __u64 load_head(const struct packet *packet, const struct segment *segment)
{
	__u32 bytes = segment->payload_bytes;
	__u64 head = 0;

	if (bytes < HEAD_BYTES_MIN)
		return 0;
	if (bytes >= HEAD_BYTES)
		return load_header(packet, segment->payload_offset, &head, HEAD_BYTES) ? head : 0;
	return load_bytes(packet, segment->payload_offset, &head, bytes) ? head : 0;
}

static __always_inline void fill_record(struct observer_record *record,
					const struct packet *packet,
					const struct segment *segment, __u8 kind,
					__u32 ordinal)
{
	record->time_ns = bpf_ktime_get_ns();
	__builtin_memcpy(record->source, segment->ends.source, OBSERVER_ADDRESS_BYTES);
	__builtin_memcpy(record->destination, segment->ends.destination, OBSERVER_ADDRESS_BYTES);
	record->interface_index = packet->interface_index;
	record->source_port = segment->source_port;
	record->destination_port = segment->destination_port;
	record->sequence = segment->sequence;
	record->acknowledgement = segment->acknowledgement;
	record->payload_bytes = segment->payload_bytes;
	record->captured_bytes = 0;
	record->kind = kind;
	record->direction = packet->egress ? OBSERVER_EGRESS : OBSERVER_INGRESS;
	record->tcp_flags = segment->tcp_flags;
	record->ip_version = segment->ip_version;
	record->record_bytes = OBSERVER_RECORD_HEADER_BYTES;
	record->connection_ordinal = ordinal;
}

static __always_inline bool submit_head(const struct packet *packet, const struct segment *segment,
					__u8 kind, __u32 ordinal)
{
	struct observer_record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	__u32 bytes = segment->payload_bytes;

	if (!record)
		return false;
	fill_record(record, packet, segment, kind, ordinal);
	if (bytes > OBSERVER_CAPTURE_BYTES)
		bytes = OBSERVER_CAPTURE_BYTES;
	/* 0 bytes never get here: a head has at least 4. */
	if (bytes > 0 && load_bytes(packet, segment->payload_offset, record->captured, bytes)) {
		record->captured_bytes = bytes;
		record->record_bytes = (OBSERVER_RECORD_HEADER_BYTES + bytes + 7) & ~7u;
	}
	bpf_ringbuf_submit(record, 0);
	return true;
}

/* A record of a FIN, a RST or an opaque connection: the header alone. */
static __always_inline bool submit_fact(const struct packet *packet, const struct segment *segment,
					__u8 kind, __u32 ordinal)
{
	struct observer_record *record =
		bpf_ringbuf_reserve(&records, OBSERVER_RECORD_HEADER_BYTES, 0);

	if (!record)
		return false;
	fill_record(record, packet, segment, kind, ordinal);
	bpf_ringbuf_submit(record, 0);
	return true;
}

/* What is known of the connection decides whether what the payload looks like is worth a record. */
static __always_inline __u8 check_connection(struct observer_counters *count,
					     const struct connection_key *key, __u8 kind,
					     __u32 *ordinal)
{
	bool is_head = kind == OBSERVER_HTTP_REQUEST || kind == OBSERVER_HTTP_RESPONSE;
	__u64 before = connection_mark(key, is_head ? CONNECTION_HTTP : CONNECTION_OPAQUE,
				       ordinal);

	if (!(before & CONNECTION_OPAQUE)) {
		if (*ordinal == 0)
			count_one(count, OBSERVER_TABLE_FULL);
		return kind;
	}
	if (is_head)
		count_one(count, OBSERVER_OPAQUE_SKIPPED);
	return NOTHING_KNOWN;
}

static __always_inline void record_segment(struct observer_counters *count,
					   const struct packet *packet,
					   const struct segment *segment, __u8 kind,
					   __u32 ordinal)
{
	bool recorded;

	if (kind == OBSERVER_HTTP_REQUEST)
		count_one(count, OBSERVER_HTTP_REQUESTS);
	else if (kind == OBSERVER_HTTP_RESPONSE)
		count_one(count, OBSERVER_HTTP_RESPONSES);
	else if (kind == OBSERVER_OPAQUE_HTTP2)
		count_one(count, OBSERVER_OPAQUE_HTTP2_MARKS);
	else if (kind == OBSERVER_OPAQUE_TLS)
		count_one(count, OBSERVER_OPAQUE_TLS_MARKS);
	else
		count_one(count, OBSERVER_CLOSES);

	if (kind == OBSERVER_HTTP_REQUEST || kind == OBSERVER_HTTP_RESPONSE)
		recorded = submit_head(packet, segment, kind, ordinal);
	else
		recorded = submit_fact(packet, segment, kind, ordinal);
	if (!recorded)
		count_one(count, OBSERVER_RING_FULL);
}

static __always_inline void observe_segment(struct observer_counters *count,
					    const struct packet *packet,
					    const struct segment *segment)
{
	__u8 kind = forget_history(classify(load_head(packet, segment)));
	bool opens = (segment->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
	bool closes = segment->tcp_flags & (TCP_FIN | TCP_RST);
	struct connection_key key;
	__u64 fin_bit;
	__u64 closed;
	__u32 ordinal = 0;

	if (!kind && !opens && !closes)
		return;
	fin_bit = connection_key(&key, segment, packet->interface_index);
	if (opens)
		connection_forget(&key);
	if (kind)
		kind = check_connection(count, &key, kind, &ordinal);
	if (closes) {
		closed = connection_close(&key, segment->tcp_flags & TCP_RST, fin_bit, !kind,
					  &ordinal);
		/* A record of another kind carries FIN and RST in its flags. */
		if (!kind && closed & CONNECTION_HTTP)
			kind = segment->tcp_flags & TCP_RST ? OBSERVER_RST : OBSERVER_FIN;
	}
	if (kind)
		record_segment(count, packet, segment, kind, ordinal);
}

static __always_inline void observe(const struct packet *packet)
{
	__u32 direction = packet->egress ? OBSERVER_EGRESS : OBSERVER_INGRESS;
	struct observer_counters *count = bpf_map_lookup_elem(&counters, &direction);
	struct segment segment = {};

	if (!count)
		return;
	count_one(count, OBSERVER_PACKETS);

	switch (parse_segment(packet, &segment)) {
	case PARSE_OTHER:
		return;
	case PARSE_FRAGMENT:
		count_one(count, OBSERVER_FRAGMENTS);
		return;
	case PARSE_TRUNCATED:
		count_one(count, OBSERVER_TRUNCATED);
		return;
	case PARSE_TCP:
		break;
	}
	count_one(count, OBSERVER_TCP_SEGMENTS);
	if (!is_observed_port(&segment)) {
		count_one(count, OBSERVER_FILTERED);
		return;
	}
	observe_segment(count, packet, &segment);
}

SEC("xdp.frags")
int observe_ingress(struct xdp_md *ctx)
{
	struct packet packet = {
		.context = ctx,
		.data = (void *)(long)ctx->data,
		.data_end = (void *)(long)ctx->data_end,
		.bytes = bpf_xdp_get_buff_len(ctx),
		.interface_index = ctx->ingress_ifindex,
		.egress = false,
	};

	observe(&packet);
	return XDP_PASS;
}

SEC("tc")
int observe_egress(struct __sk_buff *ctx)
{
	struct packet packet = {
		.context = ctx,
		.data = (void *)(long)ctx->data,
		.data_end = (void *)(long)ctx->data_end,
		.bytes = ctx->len,
		.interface_index = ctx->ifindex,
		.egress = true,
	};

	observe(&packet);
	/* "No opinion": programs and filters behind this one run as if it were not there. */
	return TC_ACT_UNSPEC;
}
