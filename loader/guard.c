// SPDX-License-Identifier: Apache-2.0
/*
 * The guard holds nothing but one end of a pipe. Its end, whatever the loader's, is the loader's
 * last descriptor closing; then it removes the filters that carry the loader's program, no others.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attach.h"
#include "guard.h"
#include "report.h"

/* The loader has blocked SIGTERM and SIGINT before; the guard inherits that and outlives both. */
static _Noreturn void stand_guard(int pipe_fd, const struct options *options, uint32_t program)
{
	char byte;
	ssize_t got;

	prctl(PR_SET_NAME, "rauta-guard");
	setsid();
	do
		got = read(pipe_fd, &byte, 1);
	while (got < 0 && errno == EINTR);

	for (size_t i = 0; i < options->interface_count; i++) {
		uint32_t index = if_nametoindex(options->interfaces[i]);

		if (index)
			clsact_remove(index, program);
	}
	_exit(0);
}

int guard_start(struct guard *guard, const struct options *options, uint32_t program)
{
	int ends[2];
	pid_t pid;

	if (guard->pid)
		return 0;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return fail(LOADER_SYSTEM, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0) {
		int error = errno;

		close(ends[0]);
		close(ends[1]);
		return fail(LOADER_SYSTEM, "fork: %s; raise the limit of processes", strerror(error));
	}
	if (pid == 0) {
		/* Programs, maps, links and the socket must end with the loader. */
		dup2(ends[0], STDERR_FILENO + 1);
		syscall(SYS_close_range, STDERR_FILENO + 2, ~0U, 0);
		stand_guard(STDERR_FILENO + 1, options, program);
	}
	close(ends[0]);
	guard->pid = pid;
	guard->fd = ends[1];
	return 0;
}

void guard_stop(struct guard *guard)
{
	if (!guard->pid)
		return;
	close(guard->fd);
	while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
		;
	guard->pid = 0;
}
