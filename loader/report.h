/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the loader says on stderr, a line at a time, and the exit codes that go with it.
 * The codes are part of the interface (docs/kernel_observer.md): never renumber one.
 */
#ifndef RAUTA_LOADER_REPORT_H
#define RAUTA_LOADER_REPORT_H

#include <stdbool.h>

enum exit_code {
	LOADER_STOPPED = 0,
	LOADER_USAGE = 2,
	LOADER_CAPABILITY_MISSING = 3,
	LOADER_BPF_REFUSED = 4,
	LOADER_KERNEL_TOO_OLD = 5,
	LOADER_PROGRAM_REJECTED = 6,
	LOADER_INTERFACE_MISSING = 7,
	LOADER_INTERFACE_UNSUITABLE = 8,
	LOADER_XDP_OCCUPIED = 9,
	LOADER_XDP_UNSUPPORTED = 10,
	LOADER_TC_UNSUPPORTED = 11,
	LOADER_PIN_UNUSABLE = 12,
	LOADER_PIN_IN_USE = 13,
	LOADER_SOCKET_UNUSABLE = 14,
	LOADER_SOCKET_IN_USE = 15,
	LOADER_SYSTEM = 16, /* out of memory or descriptors */
};

/* While muted nothing is written: for what is tried again each second and was reported once. */
void report_mute(bool muted);

/* Writes one line. */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes one line and returns the code, for `return fail(...)`. */
int fail(enum exit_code code, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
