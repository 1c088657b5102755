/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lays out the frames of docs/observer_protocol.md in memory that the caller owns.
 * Knows no sockets and no kernel.
 */
#ifndef RAUTA_LOADER_FRAMES_H
#define RAUTA_LOADER_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bpf/observer.h"
#include "options.h"

/* A captures frame that grows record by record. */
struct batch {
	uint32_t record_count;
	size_t bytes; /* of the frame so far, headers included */
	_Alignas(8) uint8_t frame[OBSERVER_FRAME_BYTES_MAX];
};

/* A hello, counters or bye frame. */
struct small_frame {
	size_t bytes;
	_Alignas(8) uint8_t frame[sizeof(struct observer_frame_header) +
				  sizeof(struct observer_hello) +
				  INTERFACES_MAX * sizeof(struct observer_interface)];
};

/* A reading of both clocks at one moment. */
struct clock_pair {
	uint64_t monotonic_ns, realtime_ns;
};

void batch_clear(struct batch *batch);

/* False where a record that fits the protocol no longer fits the frame. */
bool batch_has_room(const struct batch *batch);

/* Adds a ring record of that size; false where it contradicts itself. Needs room. */
bool batch_add(struct batch *batch, const struct observer_record *record, size_t bytes);

/* Writes the frame's headers: the frame is then ready to be sent. */
void batch_finish(struct batch *batch);

void frame_hello(struct small_frame *frame, const struct observer_interface *interfaces,
		 size_t interface_count, uint32_t ring_bytes);

/* clocks: of a moment of which every earlier record was sent or counted. */
void frame_counters(struct small_frame *frame, struct clock_pair clocks,
		    const struct observer_counters counters[OBSERVER_DIRECTIONS],
		    const struct observer_loader_counters *loader);

void frame_bye(struct small_frame *frame, enum observer_bye_reason reason);

uint64_t monotonic_ns(void);

struct clock_pair clocks_now(void);

#endif
