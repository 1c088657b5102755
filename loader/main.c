// SPDX-License-Identifier: Apache-2.0
/*
 * rauta-loader: loads the observer, attaches it, hands its records to readers of a Unix socket.
 * One thread, one epoll loop, one clean-up path. Records are taken from the ring in batches: the
 * first one of a batch wakes the loop, which then waits a moment for the others.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "frames.h"
#include "interfaces.h"
#include "kernel.h"
#include "options.h"
#include "report.h"
#include "server.h"

#define GATHER_NS 20000000ull /* from a batch's first record to its sending */
#define RECORDS_A_TURN 16384 /* then sockets and signals have theirs */
#define LAST_TURNS 256
#define NICE (-10)
#define TURN_OVER (-EINTERRUPTED_TURN)
#define EINTERRUPTED_TURN 4000 /* no errno */

enum tag { TAG_LISTEN = 1, TAG_READER = TAG_LISTEN + 1, TAG_RING = 16, TAG_SIGNAL, TAG_TICK, TAG_NETLINK };

struct loader {
	struct options options;
	struct kernel kernel;
	struct interfaces interfaces;
	struct server server;
	struct ring_buffer *ring;
	struct batch batch;
	int epoll_fd, signal_fd, tick_fd;
	uint32_t records_this_turn;
	uint64_t records_received, records_malformed;
};

static void send_batch(struct loader *loader)
{
	if (loader->batch.record_count == 0)
		return;
	batch_finish(&loader->batch);
	server_send_batch(&loader->server, &loader->batch);
	batch_clear(&loader->batch);
}

static int take_record(void *context, void *data, size_t bytes)
{
	struct loader *loader = context;

	loader->records_received++;
	if (!batch_has_room(&loader->batch))
		send_batch(loader);
	if (!batch_add(&loader->batch, data, bytes))
		loader->records_malformed++;
	return ++loader->records_this_turn < RECORDS_A_TURN ? 0 : TURN_OVER;
}

/* True where the ring may hold more. */
static bool drain_ring(struct loader *loader)
{
	int result;

	loader->records_this_turn = 0;
	result = ring_buffer__consume(loader->ring);
	send_batch(loader);
	return result == TURN_OVER;
}

/* As `drain_ring`, to its end; where records come faster there is an end to it all the same. */
static void drain_whole_ring(struct loader *loader)
{
	for (int turn = 0; turn < LAST_TURNS && drain_ring(loader); turn++)
		;
}

static void send_counters(struct loader *loader, struct clock_pair clocks)
{
	struct observer_counters counters[OBSERVER_DIRECTIONS];

	kernel_read_counters(&loader->kernel, counters);
	server_send_counters(&loader->server, clocks, counters, loader->records_received,
			     loader->records_malformed);
}

static void renew_hello(struct loader *loader)
{
	struct observer_interface table[INTERFACES_MAX];

	interfaces_describe(&loader->interfaces, table);
	frame_hello(&loader->server.hello, table, loader->interfaces.count,
		    loader->options.ring_bytes);
}

static void follow_interfaces(struct loader *loader)
{
	if (!interfaces_check(&loader->interfaces))
		return;
	renew_hello(loader);
	server_hello_changed(&loader->server);
}

static int watch(const struct loader *loader, int fd, uint32_t events, enum tag tag)
{
	struct epoll_event event = { .events = events, .data.u64 = tag };

	if (fd >= 0 && epoll_ctl(loader->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
		return 0;
	return fail(LOADER_SYSTEM, "epoll: %s", strerror(errno));
}

/* SIGTERM and SIGINT become readable events; done before anything is attached. */
static int take_signals(struct loader *loader)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGINT);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	loader->signal_fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	return watch(loader, loader->signal_fd, EPOLLIN, TAG_SIGNAL);
}

static int start(struct loader *loader)
{
	static const struct itimerspec second = { { 1, 0 }, { 1, 0 } };
	int code;

	loader->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	code = take_signals(loader);
	if (!code)
		code = server_start(&loader->server, &loader->options, loader->epoll_fd, TAG_LISTEN);
	if (!code)
		code = kernel_load(&loader->kernel, &loader->options);
	if (code)
		return code;

	loader->ring = ring_buffer__new(loader->kernel.records_fd, take_record, loader, NULL);
	if (!loader->ring)
		return fail(LOADER_SYSTEM, "the ring buffer can't be mapped: %s", strerror(errno));
	/* Edge-triggered: one wake-up a batch, however long the batch is gathered. */
	code = watch(loader, loader->kernel.records_fd, EPOLLIN | EPOLLET, TAG_RING);
	if (!code)
		code = interfaces_start(&loader->interfaces, &loader->kernel, &loader->options);
	if (!code)
		code = watch(loader, loader->interfaces.netlink_fd, EPOLLIN, TAG_NETLINK);
	if (code)
		return code;

	loader->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	timerfd_settime(loader->tick_fd, 0, &second, NULL);
	renew_hello(loader);
	return watch(loader, loader->tick_fd, EPOLLIN, TAG_TICK);
}

static void tick(struct loader *loader)
{
	struct clock_pair clocks;
	uint64_t expirations;

	(void)!read(loader->tick_fd, &expirations, sizeof(expirations));
	follow_interfaces(loader);
	/* Read before the ring: what comes meanwhile is of a later time. */
	clocks = clocks_now();
	drain_whole_ring(loader);
	send_counters(loader, clocks);
}

/* Milliseconds until the batch is due, rounded up; -1 where none is being gathered. */
static int wait_ms(uint64_t due_ns)
{
	uint64_t now_ns = monotonic_ns();

	if (due_ns == 0)
		return -1;
	return due_ns <= now_ns ? 0 : (int)((due_ns - now_ns + 999999) / 1000000);
}

/* Runs until a signal; 0 or an exit code. */
static int run(struct loader *loader)
{
	uint64_t due_ns = monotonic_ns(); /* a ring that was taken over may be full of records */

	for (;;) {
		struct epoll_event events[8];
		int count = epoll_wait(loader->epoll_fd, events, 8, wait_ms(due_ns));

		if (count < 0 && errno != EINTR)
			return fail(LOADER_SYSTEM, "epoll: %s", strerror(errno));
		for (int i = 0; i < count; i++) {
			uint64_t tag = events[i].data.u64;

			if (tag == TAG_SIGNAL)
				return 0;
			else if (tag == TAG_RING)
				due_ns = due_ns ? due_ns : monotonic_ns() + GATHER_NS;
			else if (tag == TAG_TICK)
				tick(loader);
			else if (tag == TAG_NETLINK)
				follow_interfaces(loader);
			else if (tag == TAG_LISTEN)
				server_accept(&loader->server);
			else
				server_reader_event(&loader->server, tag - TAG_READER,
						    events[i].events);
		}
		if (due_ns && monotonic_ns() >= due_ns)
			due_ns = drain_ring(loader) ? monotonic_ns() : 0;
	}
}

/* Detaches first, so that the last counters and the last records add up. */
static void stop(struct loader *loader, int code)
{
	struct clock_pair clocks = clocks_now();

	interfaces_stop(&loader->interfaces);
	if (loader->ring) {
		drain_whole_ring(loader);
		send_counters(loader, clocks);
	}
	server_stop(&loader->server, code ? OBSERVER_BYE_FAILED : OBSERVER_BYE_STOPPED);
	ring_buffer__free(loader->ring);
	kernel_unload(&loader->kernel);
	close(loader->tick_fd);
	close(loader->signal_fd);
	close(loader->epoll_fd);
}

int main(int argc, char **argv)
{
	static struct loader loader = { .epoll_fd = -1, .signal_fd = -1, .tick_fd = -1 };
	int code = options_read(&loader.options, argc, argv);

	if (code)
		return code == 1 ? 0 : code;
	/* Nothing that this process might be made to run may gain more than it has. */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* It sleeps nearly always, and on a busy machine it must not wait long: where it may, it asks. */
	setpriority(PRIO_PROCESS, 0, NICE);
	loader.interfaces.netlink_fd = -1;
	loader.kernel.pins.lock_fd = -1;
	batch_clear(&loader.batch);

	code = start(&loader);
	if (!code)
		code = run(&loader);
	stop(&loader, code);
	return code;
}
