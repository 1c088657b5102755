/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All observed interfaces: attached at the start, followed while they come and go, detached at the
 * end. Gives a descriptor that becomes readable when the kernel's list of interfaces changes.
 */
#ifndef RAUTA_LOADER_INTERFACES_H
#define RAUTA_LOADER_INTERFACES_H

#include "attach.h"
#include "guard.h"

struct interfaces {
	struct attachment items[INTERFACES_MAX];
	bool complained[INTERFACES_MAX]; /* its failure to attach has been reported */
	size_t count;
	int netlink_fd;
	struct guard guard;
	struct attach_context context;
};

/* Each must take both programs, and be there unless the options say to wait; 0 or an exit code. */
int interfaces_start(struct interfaces *interfaces, const struct kernel *kernel,
		     const struct options *options);

/* Empties netlink_fd and takes up what came, lets go of what went; true where anything changed. */
bool interfaces_check(struct interfaces *interfaces);

void interfaces_describe(const struct interfaces *interfaces, struct observer_interface *table);

void interfaces_stop(struct interfaces *interfaces);

#endif
