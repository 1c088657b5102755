// SPDX-License-Identifier: Apache-2.0
/*
 * Loads the programs: open, set read-only data, take over pinned maps, load, pin.
 * Every way in which a kernel can refuse becomes one line with its remedy.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kernel.h"
#include "observer.skel.h"
#include "report.h"

#define KERNEL_MAJOR_MIN 5
#define KERNEL_MINOR_MIN 18 /* bpf_xdp_load_bytes, multi-buffer XDP */

static int print_verbose(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level == LIBBPF_DEBUG ? 0 : vfprintf(stderr, format, arguments);
}

static int print_nothing(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

static int check_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	bool bpf, net_admin;

	if (syscall(SYS_capget, &header, data) != 0)
		return fail(LOADER_SYSTEM, "capget: %s", strerror(errno));
	/* CAP_SYS_ADMIN includes CAP_BPF (capabilities(7)). */
	bpf = data[CAP_TO_INDEX(CAP_BPF)].effective & CAP_TO_MASK(CAP_BPF) ||
	      data[CAP_TO_INDEX(CAP_SYS_ADMIN)].effective & CAP_TO_MASK(CAP_SYS_ADMIN);
	net_admin = data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN);
	if (bpf && net_admin)
		return 0;
	return fail(LOADER_CAPABILITY_MISSING,
		    "missing: %s; grant it: setcap cap_bpf,cap_net_admin+ep on this file, "
		    "AmbientCapabilities in a unit, or securityContext.capabilities.add in a pod",
		    bpf ? "CAP_NET_ADMIN" : net_admin ? "CAP_BPF" : "CAP_BPF and CAP_NET_ADMIN");
}

static int explain_load_failure(int error)
{
	struct utsname name;
	unsigned int major = 0, minor = 0;

	uname(&name);
	if (error == EPERM)
		return fail(LOADER_BPF_REFUSED,
			    "bpf() is refused although the capabilities are there: a seccomp profile, "
			    "kernel lockdown or a user namespace forbids it; allow bpf() for this "
			    "process, outside user namespaces");
	if (error == ENOSYS)
		return fail(LOADER_KERNEL_TOO_OLD,
			    "kernel %s has no bpf(): one with CONFIG_BPF_SYSCALL is needed",
			    name.release);
	if (sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
	    (major < KERNEL_MAJOR_MIN || (major == KERNEL_MAJOR_MIN && minor < KERNEL_MINOR_MIN)))
		return fail(LOADER_KERNEL_TOO_OLD, "kernel %s is too old: %d.%d or newer is needed",
			    name.release, KERNEL_MAJOR_MIN, KERNEL_MINOR_MIN);
	if (error == ENOMEM)
		return fail(LOADER_SYSTEM,
			    "no memory for the maps: give more, or a smaller --ring-kib");
	return fail(LOADER_PROGRAM_REJECTED,
		    "kernel %s rejects the programs: %s; run with --verbose and report what it says",
		    name.release, strerror(error));
}

int kernel_load(struct kernel *kernel, const struct options *options)
{
	struct observer *skeleton;
	int code;

	memset(kernel, 0, sizeof(*kernel));
	kernel->pins.lock_fd = -1;
	libbpf_set_print(options->verbose ? print_verbose : print_nothing);
	code = check_capabilities();
	if (code)
		return code;
	code = pins_open(&kernel->pins, options->pin_folder);
	if (code)
		return code;

	kernel->cpu_count = libbpf_num_possible_cpus();
	if (kernel->cpu_count < 1)
		return fail(LOADER_SYSTEM, "/sys/devices/system/cpu/possible can't be read; mount /sys");
	kernel->per_cpu = calloc(kernel->cpu_count, sizeof(*kernel->per_cpu));
	skeleton = kernel->skeleton = observer__open();
	if (!kernel->per_cpu || !skeleton)
		return fail(LOADER_SYSTEM, "out of memory");

	skeleton->rodata->observed_ports_count = options->port_count;
	for (size_t i = 0; i < options->port_count; i++)
		skeleton->rodata->observed_ports[i] = options->ports[i];
	bpf_map__set_max_entries(skeleton->maps.records, options->ring_bytes);

	code = pins_take_over_maps(&kernel->pins, skeleton->obj);
	if (code)
		return code;
	code = observer__load(skeleton);
	if (code)
		return explain_load_failure(-code);
	code = pins_keep_maps(&kernel->pins, skeleton->obj);
	if (code)
		return code;

	kernel->ingress_fd = bpf_program__fd(skeleton->progs.observe_ingress);
	kernel->egress_fd = bpf_program__fd(skeleton->progs.observe_egress);
	kernel->records_fd = bpf_map__fd(skeleton->maps.records);
	kernel->counters_fd = bpf_map__fd(skeleton->maps.counters);
	return 0;
}

void kernel_read_counters(struct kernel *kernel,
			  struct observer_counters counters[OBSERVER_DIRECTIONS])
{
	memset(counters, 0, OBSERVER_DIRECTIONS * sizeof(counters[0]));
	for (__u32 direction = 0; direction < OBSERVER_DIRECTIONS; direction++) {
		if (bpf_map_lookup_elem(kernel->counters_fd, &direction, kernel->per_cpu) != 0)
			continue;
		for (int cpu = 0; cpu < kernel->cpu_count; cpu++) {
			for (int slot = 0; slot < OBSERVER_COUNTERS; slot++)
				counters[direction].value[slot] += kernel->per_cpu[cpu].value[slot];
		}
	}
}

void kernel_unload(struct kernel *kernel)
{
	observer__destroy(kernel->skeleton);
	kernel->skeleton = NULL;
	free(kernel->per_cpu);
	kernel->per_cpu = NULL;
	pins_close(&kernel->pins);
}
