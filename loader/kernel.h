/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The programs and maps inside the kernel. Takes options, gives loaded programs, a ring buffer and
 * counters; knows nothing of interfaces and sockets.
 */
#ifndef RAUTA_LOADER_KERNEL_H
#define RAUTA_LOADER_KERNEL_H

#include "../bpf/observer.h"
#include "options.h"
#include "pins.h"

struct observer; /* the skeleton */

struct kernel {
	struct observer *skeleton;
	struct pins pins;
	int ingress_fd; /* XDP program */
	int egress_fd;  /* TC program */
	int records_fd;
	int counters_fd;
	int cpu_count;
	struct observer_counters *per_cpu; /* scratch, one per CPU */
};

/* Checks what the kernel allows, loads; returns 0 or an exit code after one line on stderr. */
int kernel_load(struct kernel *kernel, const struct options *options);

/* Sums the counters of all CPUs, by direction. */
void kernel_read_counters(struct kernel *kernel,
			  struct observer_counters counters[OBSERVER_DIRECTIONS]);

void kernel_unload(struct kernel *kernel);

#endif
