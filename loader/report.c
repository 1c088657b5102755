// SPDX-License-Identifier: Apache-2.0
/*
 * One line per event on stderr, written in one piece so that lines of several processes stay whole.
 * A line that is too long is cut; nothing here allocates.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "report.h"

static bool is_muted;

void report_mute(bool muted)
{
	is_muted = muted;
}

static void write_line(const char *format, va_list arguments)
{
	static const char prefix[] = "rauta-loader: ";
	char line[512];
	int used = snprintf(line, sizeof(line) - 1, "%s", prefix);
	int more = vsnprintf(line + used, sizeof(line) - 1 - used, format, arguments);

	if (is_muted || more < 0)
		return;
	used += more;
	if (used > (int)sizeof(line) - 2)
		used = sizeof(line) - 2;
	line[used++] = '\n';
	/* Nobody listening on stderr is no reason to stop observing. */
	(void)!write(STDERR_FILENO, line, used);
}

void report(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(format, arguments);
	va_end(arguments);
}

int fail(enum exit_code code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	write_line(format, arguments);
	va_end(arguments);
	return code;
}
