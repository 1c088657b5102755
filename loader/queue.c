// SPDX-License-Identifier: Apache-2.0
/*
 * A ring of bytes in pages that are mapped with the first byte and given back with the last.
 */
#include <string.h>
#include <sys/mman.h>

#include "queue.h"

bool queue_put(struct queue *queue, const uint8_t *bytes, size_t count)
{
	size_t at, first;

	if (count > queue->limit_bytes - queue->used_bytes)
		return false;
	if (count == 0)
		return true;
	if (!queue->bytes) {
		void *pages = mmap(NULL, queue->limit_bytes, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (pages == MAP_FAILED)
			return false;
		queue->bytes = pages;
	}
	at = (queue->start + queue->used_bytes) % queue->limit_bytes;
	first = queue->limit_bytes - at;
	if (first > count)
		first = count;
	memcpy(queue->bytes + at, bytes, first);
	memcpy(queue->bytes, bytes + first, count - first);
	queue->used_bytes += count;
	return true;
}

const uint8_t *queue_front(const struct queue *queue, size_t *count)
{
	size_t together = queue->limit_bytes - queue->start;

	*count = together < queue->used_bytes ? together : queue->used_bytes;
	return queue->bytes + queue->start;
}

void queue_drop(struct queue *queue, size_t count)
{
	queue->start = (queue->start + count) % queue->limit_bytes;
	queue->used_bytes -= count;
	if (queue->used_bytes == 0)
		queue_clear(queue);
}

void queue_clear(struct queue *queue)
{
	if (queue->bytes)
		munmap(queue->bytes, queue->limit_bytes);
	queue->bytes = NULL;
	queue->start = queue->used_bytes = 0;
}
