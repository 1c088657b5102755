// SPDX-License-Identifier: Apache-2.0
/*
 * Runs the observer's programs on packets with BPF_PROG_TEST_RUN; attaches nothing.
 *   packet_run info                 verified instructions of each program, as JSON
 *   packet_run cases [PORT ...]     packets on stdin, verdicts and records on stdout, binary
 *   packet_run bench DIRECTION REPEAT ROUNDS [hold]   one packet on stdin, ns of each round as JSON;
 *                                   the ring buffer is emptied between rounds, unless held
 *
 * cases, in:  u32 bytes, u32 direction, packet
 * cases, out: u32 bytes of what follows, i32 verdict, u32 1 where the packet came out unchanged,
 *             u64 counters[16] of that direction since the start, records;
 *             u32 0 where BPF_PROG_TEST_RUN itself refuses the packet
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../bpf/observer.h"
#include "observer.skel.h"

#define PACKET_BYTES_MAX 65536
#define RECORDS_BYTES_MAX (64 * sizeof(struct observer_record))
#define RING_BYTES (4 * 1024 * 1024)

static uint8_t records[RECORDS_BYTES_MAX];
static size_t records_bytes;

static int keep_record(void *context, void *data, size_t bytes)
{
	const struct observer_record *record = data;

	(void)context, (void)bytes;
	if (records_bytes + record->record_bytes <= sizeof(records)) {
		memcpy(records + records_bytes, data, record->record_bytes);
		records_bytes += record->record_bytes;
	}
	return 0;
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "packet_run: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct observer *load(int port_count, char **ports)
{
	struct observer *skeleton = observer__open();

	if (!skeleton)
		die("open");
	skeleton->rodata->observed_ports_count = (__u32)port_count;
	for (int i = 0; i < port_count; i++)
		skeleton->rodata->observed_ports[i] = (__u16)atoi(ports[i]);
	bpf_map__set_max_entries(skeleton->maps.records, RING_BYTES);
	if (observer__load(skeleton))
		die("load");
	return skeleton;
}

static int program_of(const struct observer *skeleton, uint32_t direction)
{
	return bpf_program__fd(direction == OBSERVER_EGRESS ? skeleton->progs.observe_egress
							    : skeleton->progs.observe_ingress);
}

static void read_counters(const struct observer *skeleton, uint32_t direction,
			  struct observer_counters *sum)
{
	int cpus = libbpf_num_possible_cpus();
	struct observer_counters *each = calloc((size_t)cpus, sizeof(*each));

	memset(sum, 0, sizeof(*sum));
	if (!each || bpf_map_lookup_elem(bpf_map__fd(skeleton->maps.counters), &direction, each))
		die("counters");
	for (int cpu = 0; cpu < cpus; cpu++) {
		for (int slot = 0; slot < OBSERVER_COUNTERS; slot++)
			sum->value[slot] += each[cpu].value[slot];
	}
	free(each);
}

static bool read_exactly(void *to, size_t bytes)
{
	return fread(to, 1, bytes, stdin) == bytes;
}

static int run_cases(int port_count, char **ports)
{
	static uint8_t packet[PACKET_BYTES_MAX], changed[PACKET_BYTES_MAX];
	struct observer *skeleton = load(port_count, ports);
	struct ring_buffer *ring =
		ring_buffer__new(bpf_map__fd(skeleton->maps.records), keep_record, NULL, NULL);
	uint32_t head[2];

	while (read_exactly(head, sizeof(head))) {
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = head[0],
			    .data_out = changed, .data_size_out = sizeof(changed));
		struct observer_counters counters;
		uint32_t out[3];

		if (head[0] > sizeof(packet) || !read_exactly(packet, head[0]))
			die("packet");
		if (bpf_prog_test_run_opts(program_of(skeleton, head[1]), &run)) {
			if (errno != EINVAL)
				die("BPF_PROG_TEST_RUN");
			out[0] = 0;
			fwrite(out, sizeof(out[0]), 1, stdout);
			continue;
		}
		records_bytes = 0;
		ring_buffer__consume(ring);
		read_counters(skeleton, head[1], &counters);
		out[0] = (uint32_t)(8 + sizeof(counters) + records_bytes);
		out[1] = run.retval;
		out[2] = run.data_size_out == head[0] && !memcmp(packet, changed, head[0]);
		fwrite(out, sizeof(out), 1, stdout);
		fwrite(&counters, sizeof(counters), 1, stdout);
		fwrite(records, records_bytes, 1, stdout);
	}
	ring_buffer__free(ring);
	observer__destroy(skeleton);
	return 0;
}

static int forget_record(void *context, void *data, size_t bytes)
{
	(void)context, (void)data, (void)bytes;
	return 0;
}

static int run_bench(uint32_t direction, int repeat, int rounds, bool hold)
{
	static uint8_t packet[PACKET_BYTES_MAX];
	struct observer *skeleton = load(0, NULL);
	struct ring_buffer *ring =
		ring_buffer__new(bpf_map__fd(skeleton->maps.records), forget_record, NULL, NULL);
	size_t bytes = fread(packet, 1, sizeof(packet), stdin);

	printf("[");
	for (int round = 0; round < rounds; round++) {
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet,
			    .data_size_in = (__u32)bytes, .repeat = repeat);

		if (bpf_prog_test_run_opts(program_of(skeleton, direction), &run))
			die("BPF_PROG_TEST_RUN");
		printf("%s%u", round ? "," : "", run.duration);
		if (!hold)
			ring_buffer__consume(ring);
	}
	printf("]\n");
	ring_buffer__free(ring);
	observer__destroy(skeleton);
	return 0;
}

static int print_info(void)
{
	static const char *const names[] = { "ingress", "egress" };
	struct observer *skeleton = load(0, NULL);

	printf("{");
	for (uint32_t direction = 0; direction < OBSERVER_DIRECTIONS; direction++) {
		struct bpf_prog_info info = { 0 };
		__u32 bytes = sizeof(info);

		if (bpf_obj_get_info_by_fd(program_of(skeleton, direction), &info, &bytes))
			die("program info");
		printf("%s\"%s\":{\"verified_instructions\":%u,\"jited_bytes\":%u}",
		       direction ? "," : "", names[direction], info.verified_insns,
		       info.jited_prog_len);
	}
	printf("}\n");
	observer__destroy(skeleton);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "info") == 0)
		return print_info();
	if (argc >= 2 && strcmp(argv[1], "cases") == 0)
		return run_cases(argc - 2, argv + 2);
	if ((argc == 5 || argc == 6) && strcmp(argv[1], "bench") == 0)
		return run_bench((uint32_t)atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), argc == 6);
	fputs("packet_run: see the head of packet_run.c\n", stderr);
	return 2;
}
