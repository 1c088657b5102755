// SPDX-License-Identifier: Apache-2.0
/*
 * Prints as JSON what is attached to an interface of this network namespace: the XDP program's id,
 * the number of TCX programs on egress, and the id of the loader's clsact filter.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>

#define ATTACH_TCX_EGRESS ((enum bpf_attach_type)47)

static int print_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

int main(int argc, char **argv)
{
	int index = argc == 2 ? (int)if_nametoindex(argv[1]) : 0;
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = index, .attach_point = BPF_TC_EGRESS);
	LIBBPF_OPTS(bpf_tc_opts, filter, .handle = 0x7261, .priority = 7);
	__u32 xdp = 0, flags = 0, ids[16], count = 16;

	libbpf_set_print(print_nothing);
	if (!index) {
		fputs("attached: no such interface\n", stderr);
		return 1;
	}
	bpf_xdp_query_id(index, 0, &xdp);
	if (bpf_prog_query(index, ATTACH_TCX_EGRESS, 0, &flags, ids, &count) != 0)
		count = 0;
	bpf_tc_query(&hook, &filter);
	printf("{\"xdp\":%u,\"tcx\":%u,\"clsact\":%u}\n", xdp, count, filter.prog_id);
	return 0;
}
