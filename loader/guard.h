/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second process that removes clsact filters when the loader is killed: unlike links, filters
 * outlive the process that made them. Started only where a clsact filter is to be attached.
 */
#ifndef RAUTA_LOADER_GUARD_H
#define RAUTA_LOADER_GUARD_H

#include <stdint.h>
#include <sys/types.h>

#include "options.h"

struct guard {
	pid_t pid; /* 0: none */
	int fd;    /* whose closing tells the guard that the loader is gone */
};

/* Starts the guard unless there is one; 0 or an exit code after one line on stderr. */
int guard_start(struct guard *guard, const struct options *options, uint32_t program_id);

/* After the loader has detached: ends the guard and waits for it. */
void guard_stop(struct guard *guard);

#endif
