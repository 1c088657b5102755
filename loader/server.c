// SPDX-License-Identifier: Apache-2.0
/*
 * Readers of the frames. A frame goes out whole or not at all: what the socket does not take at
 * once waits in the reader's queue, and while that is full further captures are dropped.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "report.h"
#include "server.h"

/* At the end: how long a reader may take nothing, and how long all of them may take. */
#define LAST_WORDS_IDLE_MS 1000
#define LAST_WORDS_MS 5000

static int watch(const struct server *server, int operation, int fd, uint32_t events, uint64_t tag)
{
	struct epoll_event event = { .events = events, .data.u64 = tag };

	return epoll_ctl(server->epoll_fd, operation, fd, &event);
}

/* Removes what a killed loader left at the path; refuses to take a living one's place. */
static int clear_path(const struct sockaddr_un *address)
{
	struct stat status;
	int fd, connected;

	if (lstat(address->sun_path, &status) != 0)
		return 0;
	if (!S_ISSOCK(status.st_mode))
		return fail(LOADER_SOCKET_UNUSABLE, "--socket %s: exists and is not a socket",
			    address->sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	connected = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		    errno == EAGAIN;
	close(fd);
	if (connected)
		return fail(LOADER_SOCKET_IN_USE,
			    "--socket %s: another process listens there; stop it or give another path",
			    address->sun_path);
	unlink(address->sun_path);
	return 0;
}

int server_start(struct server *server, const struct options *options, int epoll_fd, uint64_t tag)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t old_mask;
	int code, bound;

	server->epoll_fd = epoll_fd;
	server->tag = tag;
	server->reader_bytes = options->reader_bytes;
	for (size_t i = 0; i < READERS_MAX; i++)
		server->readers[i].fd = -1;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", options->socket_path);
	code = clear_path(&address);
	if (code)
		return code;

	server->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->listen_fd < 0)
		return fail(LOADER_SYSTEM, "socket: %s", strerror(errno));
	/* From its first moment on the socket has its final permissions. */
	old_mask = umask(0777 & ~options->socket_mode);
	bound = bind(server->listen_fd, (struct sockaddr *)&address, sizeof(address));
	code = errno;
	umask(old_mask);
	if (bound != 0)
		return fail(LOADER_SOCKET_UNUSABLE,
			    "--socket %s: %s; its folder must exist and be writable for this user",
			    options->socket_path, strerror(code));
	server->path = options->socket_path;
	if (listen(server->listen_fd, READERS_MAX) != 0 ||
	    watch(server, EPOLL_CTL_ADD, server->listen_fd, EPOLLIN, tag) != 0)
		return fail(LOADER_SYSTEM, "--socket %s: %s", options->socket_path,
			    strerror(errno));
	return 0;
}

static uint64_t reader_tag(const struct reader *reader, const struct server *server)
{
	return server->tag + 1 + (uint64_t)(reader - server->readers);
}

static void reader_close(struct reader *reader)
{
	close(reader->fd); /* leaves epoll by itself */
	queue_clear(&reader->queue);
	memset(reader, 0, sizeof(*reader));
	reader->fd = -1;
}

static void reader_watch_room(struct server *server, struct reader *reader)
{
	bool waits = reader->queue.used_bytes > 0;

	if (waits == reader->waits_for_room)
		return;
	reader->waits_for_room = waits;
	watch(server, EPOLL_CTL_MOD, reader->fd, EPOLLIN | EPOLLRDHUP | (waits ? EPOLLOUT : 0),
	      reader_tag(reader, server));
}

/* Bytes taken, 0 where the socket is full, -1 where the reader is gone. */
static ssize_t send_some(int fd, const uint8_t *bytes, size_t count)
{
	ssize_t sent = send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return 0;
	return sent;
}

/* False where the reader is gone. */
static bool reader_flush(struct reader *reader)
{
	while (reader->queue.used_bytes > 0) {
		size_t count;
		const uint8_t *bytes = queue_front(&reader->queue, &count);
		ssize_t sent = send_some(reader->fd, bytes, count);

		if (sent <= 0)
			return sent == 0;
		queue_drop(&reader->queue, (size_t)sent);
	}
	return true;
}

/* Queues a frame whole, or returns false and leaves the stream as it was or the reader gone. */
static bool reader_queue(struct server *server, struct reader *reader, const uint8_t *frame,
			 size_t bytes)
{
	ssize_t sent = 0;

	if (reader->queue.used_bytes == 0)
		sent = send_some(reader->fd, frame, bytes);
	if (sent < 0) {
		reader_close(reader);
		return false;
	}
	if (!queue_put(&reader->queue, frame + sent, bytes - (size_t)sent)) {
		/* Without memory for the rest, half a frame has gone out. */
		if (sent > 0)
			reader_close(reader);
		return false;
	}
	reader_watch_room(server, reader);
	return true;
}

/* A due hello goes before everything else. False where the frame did not go out. */
static bool reader_send(struct server *server, struct reader *reader, const uint8_t *frame,
			size_t bytes)
{
	if (reader->hello_due) {
		if (!reader_queue(server, reader, server->hello.frame, server->hello.bytes))
			return false;
		reader->hello_due = false;
	}
	return !frame || reader_queue(server, reader, frame, bytes);
}

void server_accept(struct server *server)
{
	int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct reader *reader = NULL;
	struct small_frame bye;

	if (fd < 0)
		return;
	for (size_t i = 0; i < READERS_MAX && !reader; i++) {
		if (server->readers[i].fd < 0)
			reader = &server->readers[i];
	}
	if (!reader) {
		frame_bye(&bye, OBSERVER_BYE_TOO_MANY);
		send_some(fd, bye.frame, bye.bytes);
		close(fd);
		return;
	}
	*reader = (struct reader){ .fd = fd, .queue.limit_bytes = server->reader_bytes };
	if (watch(server, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLRDHUP, reader_tag(reader, server)) != 0) {
		reader_close(reader);
		return;
	}
	reader->hello_due = true;
	reader_send(server, reader, NULL, 0);
}

void server_reader_event(struct server *server, size_t index, uint32_t events)
{
	struct reader *reader = &server->readers[index];
	char ignored[4096];

	if (reader->fd < 0)
		return;
	if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) {
		reader_close(reader);
		return;
	}
	if (events & EPOLLIN && recv(reader->fd, ignored, sizeof(ignored), MSG_DONTWAIT) == 0) {
		reader_close(reader);
		return;
	}
	if (events & EPOLLOUT) {
		if (!reader_flush(reader)) {
			reader_close(reader);
			return;
		}
		reader_send(server, reader, NULL, 0);
		if (reader->fd >= 0)
			reader_watch_room(server, reader);
	}
}

void server_hello_changed(struct server *server)
{
	for (size_t i = 0; i < READERS_MAX; i++) {
		struct reader *reader = &server->readers[i];

		if (reader->fd < 0)
			continue;
		reader->hello_due = true;
		reader_send(server, reader, NULL, 0);
	}
}

void server_send_batch(struct server *server, const struct batch *batch)
{
	bool anybody = false;

	for (size_t i = 0; i < READERS_MAX; i++) {
		struct reader *reader = &server->readers[i];

		if (reader->fd < 0)
			continue;
		if (reader_send(server, reader, batch->frame, batch->bytes))
			reader->queued_records += batch->record_count;
		else
			reader->dropped_records += batch->record_count;
		anybody = anybody || reader->fd >= 0;
	}
	if (!anybody)
		server->unread_records += batch->record_count;
}

void server_send_counters(struct server *server, struct clock_pair clocks,
			  const struct observer_counters counters[OBSERVER_DIRECTIONS],
			  uint64_t received, uint64_t malformed)
{
	struct small_frame frame;

	for (size_t i = 0; i < READERS_MAX; i++) {
		struct reader *reader = &server->readers[i];
		struct observer_loader_counters loader = {
			.records_received = received,
			.records_unread = server->unread_records,
			.reader_queued = reader->queued_records,
			.reader_dropped = reader->dropped_records,
			.records_malformed = malformed,
		};

		if (reader->fd < 0)
			continue;
		frame_counters(&frame, clocks, counters, &loader);
		reader_send(server, reader, frame.frame, frame.bytes);
	}
}

/* True where the reader had room for more before it was too late. */
static bool wait_for_room(const struct reader *reader, uint64_t until_ns)
{
	struct pollfd room = { .fd = reader->fd, .events = POLLOUT };
	uint64_t now_ns = monotonic_ns();
	uint64_t left_ms = now_ns < until_ns ? (until_ns - now_ns) / 1000000 : 0;

	return poll(&room, 1, left_ms < LAST_WORDS_IDLE_MS ? (int)left_ms : LAST_WORDS_IDLE_MS) > 0;
}

static void flush_last_words(struct server *server)
{
	uint64_t until_ns = monotonic_ns() + LAST_WORDS_MS * 1000000ull;

	for (size_t i = 0; i < READERS_MAX; i++) {
		struct reader *reader = &server->readers[i];

		if (reader->fd < 0)
			continue;
		while (reader_flush(reader) && reader->queue.used_bytes > 0 &&
		       wait_for_room(reader, until_ns))
			;
	}
}

void server_stop(struct server *server, enum observer_bye_reason reason)
{
	struct small_frame bye;

	if (!server->path)
		return;
	frame_bye(&bye, reason);
	for (size_t i = 0; i < READERS_MAX; i++) {
		if (server->readers[i].fd >= 0)
			reader_send(server, &server->readers[i], bye.frame, bye.bytes);
	}
	flush_last_words(server);
	for (size_t i = 0; i < READERS_MAX; i++) {
		if (server->readers[i].fd >= 0)
			reader_close(&server->readers[i]);
	}
	close(server->listen_fd);
	unlink(server->path);
	server->path = NULL;
}
