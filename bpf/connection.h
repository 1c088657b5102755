/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the program remembers of a connection: that it had HTTP, that it is opaque, who said FIN,
 * and how many records it was worth.
 * Looked up only for segments that begin with something known and for SYN, FIN and RST.
 * The table forgets the least recently used; what is forgotten costs a FIN record, no more.
 */
#ifndef RAUTA_CONNECTION_H
#define RAUTA_CONNECTION_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "parse.h"

#define CONNECTIONS_MAX 32768

#define CONNECTION_HTTP 1
#define CONNECTION_OPAQUE 2
#define CONNECTION_FIN_LOW 4  /* the end that sorts first has said FIN */
#define CONNECTION_FIN_HIGH 8
/* The records so far are counted in the upper half of the state. */
#define CONNECTION_RECORD (1ull << 32)
#define CONNECTION_RECORDS(state) ((__u32)((state) >> 32))

/* The same for both directions: the lower (address, port) first. */
struct connection_key {
	__u64 low_address[2];
	__u64 high_address[2];
	__u16 low_port;
	__u16 high_port;
	__u32 interface_index;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CONNECTIONS_MAX);
	__type(key, struct connection_key);
	__type(value, __u64);
} connections SEC(".maps");

/* Returns the FIN bit of the end that sent the segment. */
static __always_inline __u64 connection_key(struct connection_key *key,
					    const struct segment *segment, __u32 interface_index)
{
	const struct endpoints *ends = &segment->ends;
	bool source_first = segment->source_port < segment->destination_port;

	if (ends->source[0] != ends->destination[0])
		source_first = ends->source[0] < ends->destination[0];
	else if (ends->source[1] != ends->destination[1])
		source_first = ends->source[1] < ends->destination[1];

	key->interface_index = interface_index;
	if (source_first) {
		key->low_address[0] = ends->source[0];
		key->low_address[1] = ends->source[1];
		key->high_address[0] = ends->destination[0];
		key->high_address[1] = ends->destination[1];
		key->low_port = segment->source_port;
		key->high_port = segment->destination_port;
		return CONNECTION_FIN_LOW;
	}
	key->low_address[0] = ends->destination[0];
	key->low_address[1] = ends->destination[1];
	key->high_address[0] = ends->source[0];
	key->high_address[1] = ends->source[1];
	key->low_port = segment->destination_port;
	key->high_port = segment->source_port;
	return CONNECTION_FIN_HIGH;
}

/*
 * Sets a bit on a connection for one more record of it, remembering it where it was unknown, and
 * returns the bits that it had before. An opaque one stays as it is. *ordinal is the record's
 * number from 1, or 0 where the table could not take the connection.
 */
static __always_inline __u64 connection_mark(const struct connection_key *key, __u64 bit,
					     __u32 *ordinal)
{
	__u64 *state = bpf_map_lookup_elem(&connections, key);
	__u64 first = bit | CONNECTION_RECORD;
	__u64 before;

	if (!state) {
		if (bpf_map_update_elem(&connections, key, &first, BPF_NOEXIST) == 0) {
			*ordinal = 1;
			return 0;
		}
		/* Another CPU was first, or the table is out of memory. */
		state = bpf_map_lookup_elem(&connections, key);
		if (!state)
			return 0;
	}
	before = *state;
	if (!(before & (bit | CONNECTION_OPAQUE)))
		before = __sync_fetch_and_or(state, bit);
	if (!(before & CONNECTION_OPAQUE))
		*ordinal = CONNECTION_RECORDS(__sync_fetch_and_add(state, CONNECTION_RECORD)) + 1;
	return before;
}

/* A port used again: what was known belongs to the connection before. */
static __always_inline void connection_forget(const struct connection_key *key)
{
	if (bpf_map_lookup_elem(&connections, key))
		bpf_map_delete_elem(&connections, key);
}

/*
 * One end has closed, or with reset both have: forgets the connection where nothing more can come.
 * Returns the bits that it had before. With is_record, and where it had HTTP, this is one more
 * record, numbered by *ordinal.
 */
static __always_inline __u64 connection_close(const struct connection_key *key, bool reset,
					      __u64 fin_bit, bool is_record, __u32 *ordinal)
{
	__u64 *state = bpf_map_lookup_elem(&connections, key);
	__u64 both = CONNECTION_FIN_LOW | CONNECTION_FIN_HIGH;
	__u64 before;

	if (!state)
		return 0;
	before = __sync_fetch_and_or(state, fin_bit);
	if (is_record && (before & CONNECTION_HTTP))
		*ordinal = CONNECTION_RECORDS(__sync_fetch_and_add(state, CONNECTION_RECORD)) + 1;
	if (reset || ((before | fin_bit) & both) == both)
		bpf_map_delete_elem(&connections, key);
	return before;
}

#endif
