/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attaches the two programs to one interface and takes them off again: XDP by link, TC by TCX link
 * or, where the kernel has none, by a clsact filter. Pins and takes over what --pin asks for.
 */
#ifndef RAUTA_LOADER_ATTACH_H
#define RAUTA_LOADER_ATTACH_H

#include <stdint.h>

#include "kernel.h"
#include "options.h"

struct attachment {
	const char *name;
	uint32_t index; /* 0: not attached */
	int xdp_fd;     /* link */
	int tc_fd;      /* link; -1 with clsact */
	uint8_t xdp_mode; /* enum observer_xdp_mode */
	uint8_t tc_mode;  /* enum observer_tc_mode */
	uint8_t flags;    /* OBSERVER_INTERFACE_* */
	uint32_t egress_program_id; /* tells our clsact filter from another's */
};

/* Called once before the first clsact filter: filters outlive a process, so somebody must watch. */
typedef int (*before_clsact)(void *context);

struct attach_context {
	const struct kernel *kernel;
	const struct options *options;
	before_clsact before_clsact;
	void *before_clsact_context;
};

/* 0, or an exit code after one line on stderr; on failure nothing of it stays attached. */
int attachment_up(struct attachment *attachment, uint32_t index,
		  const struct attach_context *context);

/* Detaches, unless pinned. */
void attachment_down(struct attachment *attachment);

/* The interface is gone or another one bears its name: drops links and pins of the old one. */
void attachment_forget(struct attachment *attachment, const struct attach_context *context);

/* False where a link has been severed, as the kernel does when it deletes an interface. */
bool attachment_is_alive(const struct attachment *attachment);

/* Removes our clsact filter from an interface if it is the program with this id; 0: whichever. */
void clsact_remove(uint32_t index, uint32_t program_id);

uint32_t program_id(int program_fd);

#endif
