/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bounded queue of bytes. Has memory of its own only while something waits in it, so that its
 * bound may be generous: what a reader did not take for a second or two costs nothing afterwards.
 */
#ifndef RAUTA_LOADER_QUEUE_H
#define RAUTA_LOADER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue {
	size_t limit_bytes;
	uint8_t *bytes; /* NULL: nothing waits */
	size_t start, used_bytes;
};

/* False, and nothing has changed, where that is more than fits, or there is no memory for it. */
bool queue_put(struct queue *queue, const uint8_t *bytes, size_t count);

/* The bytes that wait longest, as far as they lie together; *count is 0 where nothing waits. */
const uint8_t *queue_front(const struct queue *queue, size_t *count);

/* Takes the first count bytes of queue_front out. */
void queue_drop(struct queue *queue, size_t count);

void queue_clear(struct queue *queue);

#endif
