/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet, VLAN, IPv4, IPv6 and TCP headers down to the payload, the same for XDP and TC.
 * Takes a packet, gives its headers and offsets; never reads a payload, never changes a packet.
 * Everything that does not add up is PARSE_TRUNCATED: counted, never guessed at.
 */
#ifndef RAUTA_PARSE_H
#define RAUTA_PARSE_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define VLAN_TAGS_MAX 2
#define IPV6_EXTENSIONS_MAX 6
#define HEADER_WORDS_MAX 10

enum parse_result {
	PARSE_TCP,
	PARSE_OTHER, /* neither TCP nor anything wrong */
	PARSE_FRAGMENT,
	PARSE_TRUNCATED,
};

struct packet {
	void *context; /* struct xdp_md or struct __sk_buff */
	void *data;    /* linear part */
	void *data_end;
	__u32 bytes; /* whole packet, linear or not */
	__u32 interface_index;
	bool egress; /* lengths of 0 are the kernel's own (GSO above 64 KiB) */
};

struct endpoints {
	__u64 source[2]; /* network order; IPv4 as ::ffff:a.b.c.d */
	__u64 destination[2];
};

struct segment {
	struct endpoints ends;
	__u32 sequence; /* host order, as the rest */
	__u32 acknowledgement;
	__u32 payload_offset;
	__u32 payload_bytes;
	__u16 source_port;
	__u16 destination_port;
	__u8 tcp_flags;
	__u8 ip_version;
};

struct vlan_header {
	__be16 tag;
	__be16 protocol;
};

/* The beginning of every IPv6 extension header but the fragment header. */
struct extension_header {
	__u8 next;
	__u8 length;
};

struct fragment_header {
	__u8 next;
	__u8 reserved;
	__be16 offset_and_more;
	__be32 identification;
};

/*
 * Always 0, which the verifier can't know: adding it makes all ways that led to a number look alike to
 * it, so that it follows the code behind them once and not once for each way.
 */
static volatile __u32 unknown_zero;

static __always_inline __u32 forget_history(__u32 number)
{
	return number + unknown_zero;
}

/* Copies bytes, wherever in the packet they lie. */
static __always_inline bool load_bytes(const struct packet *packet, __u32 offset, void *to,
				       __u32 bytes)
{
	return packet->egress ? bpf_skb_load_bytes(packet->context, offset, to, bytes) == 0
			      : bpf_xdp_load_bytes(packet->context, offset, to, bytes) == 0;
}

/*
 * Copies whole words from the linear part; offset and bytes must be constants. Assembly, because
 * clang would merge the copies of load_header into one of a computed offset.
 */
static __always_inline bool copy_words(const struct packet *packet, __u32 offset, void *to,
				       __u32 bytes)
{
	__u32 *words = to;
	__u64 word;
	void *end;

	asm volatile("%0 = %1; %0 += %2" : "=&r"(end) : "r"(packet->data), "i"(offset + bytes));
	if (end > packet->data_end)
		return false;
#pragma unroll
	for (__u32 i = 0; i < HEADER_WORDS_MAX; i++) {
		if (i >= bytes / 4)
			break;
		asm volatile("%0 = *(u32 *)(%1 + %2)"
			     : "=r"(word)
			     : "r"(packet->data), "i"(offset + 4 * i));
		words[i] = word;
	}
	return true;
}

/*
 * Copies a header of at most 40 bytes, a constant number of words. load_bytes costs some 25 ns in
 * XDP, and with CAP_BPF alone, without CAP_PERFMON, the verifier forbids to add a variable to a
 * packet pointer: so where packets without tags and options have their headers is spelled out.
 */
static __always_inline bool load_header(const struct packet *packet, __u32 offset, void *to,
					__u32 bytes)
{
	bool copied = false;

	switch (offset) {
	case 14: /* IP behind Ethernet */
		copied = copy_words(packet, 14, to, bytes);
		break;
	case 34: /* TCP behind IPv4 */
		copied = copy_words(packet, 34, to, bytes);
		break;
	case 54: /* TCP behind IPv6; payload behind TCP and IPv4 */
		copied = copy_words(packet, 54, to, bytes);
		break;
	case 66: /* payload behind TCP with a timestamp and IPv4 */
		copied = copy_words(packet, 66, to, bytes);
		break;
	case 74: /* payload behind TCP and IPv6 */
		copied = copy_words(packet, 74, to, bytes);
		break;
	case 86: /* payload behind TCP with a timestamp and IPv6 */
		copied = copy_words(packet, 86, to, bytes);
		break;
	}
	return copied || load_bytes(packet, offset, to, bytes);
}

static __always_inline enum parse_result parse_ipv4(const struct packet *packet,
						    struct segment *segment, __u32 offset,
						    __u32 *tcp_offset, __u32 *end)
{
	__u32 header_bytes, total_bytes;
	struct iphdr ip;

	if (!load_header(packet, offset, &ip, sizeof(ip)) || ip.version != 4 || ip.ihl < 5)
		return PARSE_TRUNCATED;
	if (ip.frag_off & bpf_htons(0x3fff)) /* more fragments, or an offset */
		return PARSE_FRAGMENT;
	if (ip.protocol != IPPROTO_TCP)
		return PARSE_OTHER;

	header_bytes = ip.ihl * 4;
	total_bytes = bpf_ntohs(ip.tot_len);
	if (total_bytes == 0 && packet->egress)
		total_bytes = packet->bytes - offset;
	if (total_bytes < header_bytes)
		return PARSE_TRUNCATED;
	segment->ip_version = 4;
	segment->ends.source[0] = 0;
	segment->ends.source[1] = (__u64)ip.saddr << 32 | 0xffff0000;
	segment->ends.destination[0] = 0;
	segment->ends.destination[1] = (__u64)ip.daddr << 32 | 0xffff0000;
	*tcp_offset = forget_history(offset + header_bytes);
	*end = offset + total_bytes;
	return PARSE_TCP;
}

/*
 * Walks extension headers (RFC 8200 section 4) up to TCP. A fragment header that says "the whole
 * packet" (RFC 6946) is no fragment.
 */
static __always_inline enum parse_result walk_extensions(const struct packet *packet, __u8 next,
							 __u32 *offset)
{
	for (int i = 0; i <= IPV6_EXTENSIONS_MAX; i++) {
		struct fragment_header fragment;
		struct extension_header extension;

		if (next == IPPROTO_TCP)
			return PARSE_TCP;
		if (next == IPPROTO_FRAGMENT) {
			if (!load_bytes(packet, *offset, &fragment, sizeof(fragment)))
				return PARSE_TRUNCATED;
			if (fragment.offset_and_more & bpf_htons(0xfff9))
				return PARSE_FRAGMENT;
			next = forget_history(fragment.next);
			*offset = forget_history(*offset + sizeof(fragment));
			continue;
		}
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING &&
		    next != IPPROTO_DSTOPTS && next != IPPROTO_AH)
			return PARSE_OTHER;
		if (!load_bytes(packet, *offset, &extension, sizeof(extension)))
			return PARSE_TRUNCATED;
		/* AH counts in words of 4 bytes (RFC 4302 section 2.2), the others in 8. */
		*offset += next == IPPROTO_AH ? (extension.length + 2) * 4
					      : (extension.length + 1) * 8;
		*offset = forget_history(*offset);
		next = forget_history(extension.next);
	}
	return PARSE_TRUNCATED;
}

static __always_inline enum parse_result parse_ipv6(const struct packet *packet,
						    struct segment *segment, __u32 offset,
						    __u32 *tcp_offset, __u32 *end)
{
	enum parse_result result;
	__u32 payload_bytes;
	struct ipv6hdr ip;

	if (!load_header(packet, offset, &ip, sizeof(ip)) || ip.version != 6)
		return PARSE_TRUNCATED;
	*tcp_offset = offset + sizeof(ip);
	result = walk_extensions(packet, ip.nexthdr, tcp_offset);
	*tcp_offset = forget_history(*tcp_offset);
	if (result != PARSE_TCP)
		return result;

	payload_bytes = bpf_ntohs(ip.payload_len);
	*end = offset + sizeof(ip) + payload_bytes;
	if (payload_bytes == 0 && packet->egress)
		*end = packet->bytes;
	segment->ip_version = 6;
	__builtin_memcpy(segment->ends.source, &ip.saddr, sizeof(ip.saddr));
	__builtin_memcpy(segment->ends.destination, &ip.daddr, sizeof(ip.daddr));
	return PARSE_TCP;
}

static __always_inline enum parse_result parse_tcp(const struct packet *packet,
						   struct segment *segment, __u32 offset, __u32 end)
{
	struct tcphdr tcp;

	if (!load_header(packet, offset, &tcp, sizeof(tcp)) || tcp.doff < 5 ||
	    end > packet->bytes)
		return PARSE_TRUNCATED;
	segment->payload_offset = forget_history(offset + tcp.doff * 4);
	if (segment->payload_offset > end)
		return PARSE_TRUNCATED;
	segment->payload_bytes = end - segment->payload_offset;
	segment->source_port = bpf_ntohs(tcp.source);
	segment->destination_port = bpf_ntohs(tcp.dest);
	segment->sequence = bpf_ntohl(tcp.seq);
	segment->acknowledgement = bpf_ntohl(tcp.ack_seq);
	segment->tcp_flags = ((const __u8 *)&tcp)[13];
	return PARSE_TCP;
}

static __always_inline enum parse_result parse_segment(const struct packet *packet,
						       struct segment *segment)
{
	__u32 offset = sizeof(struct ethhdr), tcp_offset = 0, end = 0;
	const struct ethhdr *ethernet = packet->data;
	enum parse_result result;
	__be16 protocol;

	if ((void *)(ethernet + 1) > packet->data_end)
		return PARSE_TRUNCATED;
	protocol = ethernet->h_proto;

	for (int i = 0; i < VLAN_TAGS_MAX; i++) {
		struct vlan_header vlan;

		if (protocol != bpf_htons(ETH_P_8021Q) && protocol != bpf_htons(ETH_P_8021AD))
			break;
		if (!load_bytes(packet, offset, &vlan, sizeof(vlan)))
			return PARSE_TRUNCATED;
		protocol = vlan.protocol;
		offset += sizeof(vlan);
	}

	offset = forget_history(offset);
	if (protocol == bpf_htons(ETH_P_IP))
		result = parse_ipv4(packet, segment, offset, &tcp_offset, &end);
	else if (protocol == bpf_htons(ETH_P_IPV6))
		result = parse_ipv6(packet, segment, offset, &tcp_offset, &end);
	else
		return PARSE_OTHER;
	return result == PARSE_TCP ? parse_tcp(packet, segment, tcp_offset, end) : result;
}

#endif
