// SPDX-License-Identifier: Apache-2.0
/*
 * Stands in for VLAN devices on kernels without them: tags what an interface sends, and takes the
 * tags off what it receives, before the stack sees it.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("tc_push_one")
int push_one(struct __sk_buff *ctx)
{
	bpf_skb_vlan_push(ctx, bpf_htons(ETH_P_8021Q), 100);
	return TC_ACT_OK;
}

SEC("tc_push_two")
int push_two(struct __sk_buff *ctx)
{
	bpf_skb_vlan_push(ctx, bpf_htons(ETH_P_8021Q), 100);
	bpf_skb_vlan_push(ctx, bpf_htons(ETH_P_8021AD), 200);
	return TC_ACT_OK;
}

SEC("tc_pop_one")
int pop_one(struct __sk_buff *ctx)
{
	bpf_skb_vlan_pop(ctx);
	return TC_ACT_OK;
}

SEC("tc_pop_two")
int pop_two(struct __sk_buff *ctx)
{
	bpf_skb_vlan_pop(ctx);
	bpf_skb_vlan_pop(ctx);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "Apache-2.0";
