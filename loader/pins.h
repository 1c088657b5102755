/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of --pin: which files it holds, who may use it, and what of it can be taken over.
 * Maps keep unread records, counters and connections from one loader to the next.
 */
#ifndef RAUTA_LOADER_PINS_H
#define RAUTA_LOADER_PINS_H

#include <bpf/libbpf.h>
#include <stdbool.h>

#define PIN_PATH_BYTES 4096

struct pins {
	const char *folder; /* NULL: nothing is pinned */
	int lock_fd;
	bool maps_taken_over;
};

/* Makes the folder where needed, checks that it is on a bpf file system, and locks it. */
int pins_open(struct pins *pins, const char *folder);

/*
 * Before load: the object's maps become the pinned ones where all of them are there and fit;
 * otherwise those that are there are removed, and said so.
 */
int pins_take_over_maps(struct pins *pins, struct bpf_object *object);

/* After load: pins the maps unless they were taken over. */
int pins_keep_maps(struct pins *pins, struct bpf_object *object);

/* "FOLDER/KIND-INTERFACE". A dot, which bpffs keeps for itself, becomes a colon. */
void pins_link_path(const struct pins *pins, const char *kind, const char *interface,
		    char path[PIN_PATH_BYTES]);

void pins_close(struct pins *pins);

#endif
