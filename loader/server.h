/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Unix socket and its readers. Takes whole frames, gives them to every reader that keeps up;
 * never waits for one: what does not fit into a reader's queue is dropped for it, and counted.
 */
#ifndef RAUTA_LOADER_SERVER_H
#define RAUTA_LOADER_SERVER_H

#include "frames.h"
#include "queue.h"

#define READERS_MAX 4

struct reader {
	int fd; /* -1: free place */
	struct queue queue;
	bool waits_for_room; /* asked epoll for EPOLLOUT */
	bool hello_due;      /* has not had the newest hello */
	uint64_t queued_records, dropped_records;
};

struct server {
	const char *path; /* NULL: not bound */
	int listen_fd;
	int epoll_fd;
	uint64_t tag; /* of the listener's events */
	size_t reader_bytes; /* that may wait for one reader */
	struct reader readers[READERS_MAX];
	struct small_frame hello; /* the newest */
	uint64_t unread_records;
};

/*
 * Binds the socket and registers with epoll: events carry tag for the listener, tag + 1 + n for
 * reader n. 0 or an exit code after one line on stderr.
 */
int server_start(struct server *server, const struct options *options, int epoll_fd, uint64_t tag);

void server_accept(struct server *server);

/* A reader's descriptor is readable, writable or broken. */
void server_reader_event(struct server *server, size_t reader, uint32_t events);

/* server->hello has been filled anew: every reader gets it as soon as it has room. */
void server_hello_changed(struct server *server);

void server_send_batch(struct server *server, const struct batch *batch);

/* Counters are the same for everybody but for the reader's own two; clocks as for frame_counters. */
void server_send_counters(struct server *server, struct clock_pair clocks,
			  const struct observer_counters counters[OBSERVER_DIRECTIONS],
			  uint64_t received, uint64_t malformed);

/*
 * Says bye, closes, unlinks. Readers get what waits for them as long as they take it: five seconds
 * for all, one second for one that takes nothing.
 */
void server_stop(struct server *server, enum observer_bye_reason reason);

#endif
