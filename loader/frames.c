// SPDX-License-Identifier: Apache-2.0
/*
 * Frame layout, and nothing else: header, payload, padding set to zero.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "frames.h"

#define CAPTURES_START (sizeof(struct observer_frame_header) + sizeof(struct observer_captures))

#define CLOCK_TRIES 5
#define CLOCK_CLOSE_NS 20000

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

uint64_t monotonic_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

struct clock_pair clocks_now(void)
{
	struct clock_pair closest = { 0 };
	uint64_t least_ns = UINT64_MAX;

	/* Between two readings the processor may be taken away: the try that took least counts. */
	for (int i = 0; i < CLOCK_TRIES && least_ns > CLOCK_CLOSE_NS; i++) {
		uint64_t before_ns = monotonic_ns();
		uint64_t realtime_ns = clock_ns(CLOCK_REALTIME);
		uint64_t took_ns = monotonic_ns() - before_ns;

		if (took_ns >= least_ns)
			continue;
		least_ns = took_ns;
		closest = (struct clock_pair){ before_ns + took_ns / 2, realtime_ns };
	}
	return closest;
}

static void *begin(struct small_frame *frame, enum observer_frame_type type, size_t payload_bytes)
{
	struct observer_frame_header header = { .payload_bytes = (uint32_t)payload_bytes,
						.type = type };

	memset(frame->frame, 0, sizeof(frame->frame));
	memcpy(frame->frame, &header, sizeof(header));
	frame->bytes = sizeof(header) + payload_bytes;
	return frame->frame + sizeof(header);
}

void batch_clear(struct batch *batch)
{
	batch->record_count = 0;
	batch->bytes = CAPTURES_START;
}

bool batch_has_room(const struct batch *batch)
{
	return batch->bytes + sizeof(struct observer_record) <= sizeof(batch->frame);
}

bool batch_add(struct batch *batch, const struct observer_record *record, size_t bytes)
{
	size_t used = OBSERVER_RECORD_HEADER_BYTES;
	uint8_t *to = batch->frame + batch->bytes;

	if (bytes < OBSERVER_RECORD_HEADER_BYTES || record->record_bytes > bytes ||
	    record->record_bytes > sizeof(*record) || record->record_bytes % 8 ||
	    used + record->captured_bytes > record->record_bytes)
		return false;
	used += record->captured_bytes;
	memcpy(to, record, used);
	/* The ring's padding still holds bytes of an earlier packet. */
	memset(to + used, 0, record->record_bytes - used);
	batch->bytes += record->record_bytes;
	batch->record_count++;
	return true;
}

void batch_finish(struct batch *batch)
{
	struct observer_frame_header header = {
		.payload_bytes = (uint32_t)(batch->bytes - sizeof(header)),
		.type = OBSERVER_FRAME_CAPTURES,
	};
	struct observer_captures captures = { .record_count = batch->record_count };

	memcpy(batch->frame, &header, sizeof(header));
	memcpy(batch->frame + sizeof(header), &captures, sizeof(captures));
}

void frame_hello(struct small_frame *frame, const struct observer_interface *interfaces,
		 size_t interface_count, uint32_t ring_bytes)
{
	size_t table_bytes = interface_count * sizeof(*interfaces);
	struct observer_hello *hello =
		begin(frame, OBSERVER_FRAME_HELLO, sizeof(*hello) + table_bytes);
	struct clock_pair clocks = clocks_now();
	struct utsname name;

	hello->version = OBSERVER_PROTOCOL_VERSION;
	hello->interface_count = (uint16_t)interface_count;
	hello->capture_limit_bytes = OBSERVER_CAPTURE_BYTES;
	hello->monotonic_ns = clocks.monotonic_ns;
	hello->realtime_ns = clocks.realtime_ns;
	hello->ring_bytes = ring_bytes;
	hello->interfaces_offset = sizeof(*hello);
	hello->interface_bytes = sizeof(*interfaces);
	uname(&name);
	snprintf(hello->kernel, sizeof(hello->kernel), "%.63s", name.release);
	snprintf(hello->loader_version, sizeof(hello->loader_version), "%s", RAUTA_VERSION);
	memcpy(hello + 1, interfaces, table_bytes);
}

void frame_counters(struct small_frame *frame, struct clock_pair clocks,
		    const struct observer_counters counters[OBSERVER_DIRECTIONS],
		    const struct observer_loader_counters *loader)
{
	struct observer_counters_frame *payload =
		begin(frame, OBSERVER_FRAME_COUNTERS, sizeof(*payload));

	payload->monotonic_ns = clocks.monotonic_ns;
	payload->realtime_ns = clocks.realtime_ns;
	memcpy(payload->direction, counters, sizeof(payload->direction));
	payload->loader = *loader;
}

void frame_bye(struct small_frame *frame, enum observer_bye_reason reason)
{
	struct observer_bye *bye = begin(frame, OBSERVER_FRAME_BYE, sizeof(*bye));

	bye->reason = reason;
	bye->monotonic_ns = clock_ns(CLOCK_MONOTONIC);
}
