// SPDX-License-Identifier: Apache-2.0
/*
 * Reads the command line. Everything is checked here and nowhere else: lengths, ranges, duplicates.
 * Touches neither the kernel nor the file system.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "../bpf/observer.h"
#include "options.h"
#include "report.h"

/* Both hold more than two seconds of 20,000 records: docs/kernel_observer.md, "When it is held up". */
#define RING_KIB_DEFAULT 16384
#define READER_KIB_DEFAULT 16384
#define KIB_MIN 64 /* a frame, or an unbroken run of records, fits */
#define KIB_MAX (1024 * 1024)

static const char help[] =
	"rauta-loader " RAUTA_VERSION ": captures HTTP/1 heads with XDP and TC, never holds up a packet\n"
	"\n"
	"  rauta-loader --interface NAME[,NAME ...] --socket PATH [options]\n"
	"\n"
	"  --interface NAME      observe this interface; up to 16, separated by commas or given again\n"
	"  --wait                do not end where an interface is missing at the start: wait for it\n"
	"  --socket PATH         Unix socket on which readers get frames; up to 4 readers at a time\n"
	"  --socket-mode OCTAL   permissions of the socket (default 0600)\n"
	"  --pin FOLDER          keep the programs attached after the end, pinned in this folder of a\n"
	"                        bpf file system; the next start with the same folder takes them over;\n"
	"                        removing the folder's files detaches them\n"
	"  --ports N[,N ...]     only TCP segments from or to these ports; up to 16 (default: all)\n"
	"  --mode MODE           XDP: auto (native, generic where the driver has none), native, generic\n"
	"  --tc MODE             TC: auto (TCX link, clsact where the kernel has none), tcx, clsact\n"
	"  --ring-kib N          ring buffer, KiB, a power of two from 64 to 1048576 (default 16384)\n"
	"  --reader-kib N        what may wait for a slow reader, likewise (default 16384); takes memory\n"
	"                        only while something waits\n"
	"  --verbose             print what libbpf says, on stderr\n"
	"  --help, --version\n"
	"\n"
	"Needs CAP_BPF and CAP_NET_ADMIN, not root, and Linux 5.18 or newer; no kernel BTF.\n"
	"Stops on SIGTERM and SIGINT. Exit codes: 0 stopped, 2 usage, 3 capability missing, 4 bpf()\n"
	"refused, 5 kernel too old, 6 program rejected, 7 no such interface, 8 interface unsuitable,\n"
	"9 another XDP program is attached, 10 XDP unsupported, 11 TC unsupported, 12 pin folder\n"
	"unusable, 13 pin folder in use, 14 socket unusable, 15 socket in use, 16 out of resources.\n";

enum { OPTION_SOCKET_MODE = 256, OPTION_TC, OPTION_RING, OPTION_READER, OPTION_WAIT, OPTION_VERBOSE };

static const struct option table[] = {
	{ "interface", required_argument, NULL, 'i' },
	{ "wait", no_argument, NULL, OPTION_WAIT },
	{ "socket", required_argument, NULL, 's' },
	{ "socket-mode", required_argument, NULL, OPTION_SOCKET_MODE },
	{ "pin", required_argument, NULL, 'p' },
	{ "ports", required_argument, NULL, 'P' },
	{ "mode", required_argument, NULL, 'm' },
	{ "tc", required_argument, NULL, OPTION_TC },
	{ "ring-kib", required_argument, NULL, OPTION_RING },
	{ "reader-kib", required_argument, NULL, OPTION_READER },
	{ "verbose", no_argument, NULL, OPTION_VERBOSE },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
	{ NULL, 0, NULL, 0 },
};

static bool read_number(const char *text, int base, unsigned long max, unsigned long *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoul(text, &end, base);
	return errno == 0 && *end == '\0' && *number <= max;
}

static int add_interface(struct options *options, const char *name)
{
	if (*name == '\0' || strlen(name) >= OBSERVER_INTERFACE_NAME_BYTES || strchr(name, '/'))
		return fail(LOADER_USAGE, "--interface %s: not an interface name (1 to 15 bytes)",
			    name);
	for (size_t i = 0; i < options->interface_count; i++) {
		if (strcmp(options->interfaces[i], name) == 0)
			return fail(LOADER_USAGE, "--interface %s: given twice", name);
	}
	if (options->interface_count == INTERFACES_MAX)
		return fail(LOADER_USAGE, "--interface %s: more than %d interfaces", name,
			    INTERFACES_MAX);
	options->interfaces[options->interface_count++] = name;
	return 0;
}

static int read_interfaces(struct options *options, char *list)
{
	char *rest = list, *name;

	while ((name = strsep(&rest, ","))) {
		int code = add_interface(options, name);

		if (code)
			return code;
	}
	return 0;
}

static int read_ports(struct options *options, char *list)
{
	char *rest = list, *item;

	while ((item = strsep(&rest, ","))) {
		unsigned long port;

		if (!read_number(item, 10, 65535, &port) || port == 0)
			return fail(LOADER_USAGE, "--ports: '%s' is not a port from 1 to 65535", item);
		if (options->port_count == PORTS_MAX)
			return fail(LOADER_USAGE, "--ports: more than %d ports", PORTS_MAX);
		options->ports[options->port_count++] = port;
	}
	return 0;
}

/* Index of the word in a NULL-terminated list; -1 where it is none of them. */
static int choose(const char *word, const char *const *words)
{
	for (int i = 0; words[i]; i++) {
		if (strcmp(word, words[i]) == 0)
			return i;
	}
	return -1;
}

static int read_modes(struct options *options, int option, const char *word)
{
	static const char *const xdp[] = { "auto", "native", "generic", NULL };
	static const char *const tc[] = { "auto", "tcx", "clsact", NULL };
	int index = choose(word, option == 'm' ? xdp : tc);

	if (index < 0)
		return fail(LOADER_USAGE, "%s %s: expected %s", option == 'm' ? "--mode" : "--tc", word,
			    option == 'm' ? "auto, native or generic" : "auto, tcx or clsact");
	if (option == 'm')
		options->xdp = (enum xdp_choice)index;
	else
		options->tc = (enum tc_choice)index;
	return 0;
}

static int read_kib(uint32_t *bytes, const char *option, const char *text)
{
	unsigned long kib;

	if (!read_number(text, 10, KIB_MAX, &kib) || kib < KIB_MIN || kib & (kib - 1))
		return fail(LOADER_USAGE, "%s %s: expected a power of two from %d to %d", option, text,
			    KIB_MIN, KIB_MAX);
	*bytes = kib * 1024;
	return 0;
}

static int read_socket_mode(struct options *options, const char *text)
{
	unsigned long mode;

	if (!read_number(text, 8, 0777, &mode))
		return fail(LOADER_USAGE, "--socket-mode %s: expected octal digits up to 0777", text);
	options->socket_mode = mode;
	return 0;
}

static int read_option(struct options *options, int option, char *argument)
{
	switch (option) {
	case 'i':
		return read_interfaces(options, argument);
	case 's':
		if (*argument == '\0' ||
		    strlen(argument) >= sizeof(((struct sockaddr_un *)0)->sun_path))
			return fail(LOADER_USAGE, "--socket: a path has 1 to 107 bytes");
		options->socket_path = argument;
		return 0;
	case OPTION_SOCKET_MODE:
		return read_socket_mode(options, argument);
	case 'p':
		if (*argument == '\0' || strlen(argument) > 3072)
			return fail(LOADER_USAGE, "--pin: a folder has 1 to 3072 bytes");
		options->pin_folder = argument;
		return 0;
	case 'P':
		return read_ports(options, argument);
	case 'm':
	case OPTION_TC:
		return read_modes(options, option, argument);
	case OPTION_RING:
		return read_kib(&options->ring_bytes, "--ring-kib", argument);
	case OPTION_READER:
		return read_kib(&options->reader_bytes, "--reader-kib", argument);
	case OPTION_WAIT:
		options->waits = true;
		return 0;
	case OPTION_VERBOSE:
		options->verbose = true;
		return 0;
	}
	return fail(LOADER_USAGE, "unknown or incomplete option; see --help");
}

int options_read(struct options *options, int argc, char **argv)
{
	int option, code;

	memset(options, 0, sizeof(*options));
	options->socket_mode = 0600;
	options->ring_bytes = RING_KIB_DEFAULT * 1024;
	options->reader_bytes = READER_KIB_DEFAULT * 1024;
	opterr = 0;

	while ((option = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return 1;
		}
		if (option == 'v') {
			puts("rauta-loader " RAUTA_VERSION);
			return 1;
		}
		if (option == '?' || option == ':')
			return fail(LOADER_USAGE, "%s: %s; see --help", argv[optind - 1],
				    option == ':' ? "a value is missing" : "no such option");
		code = read_option(options, option, optarg);
		if (code)
			return code;
	}
	if (optind < argc)
		return fail(LOADER_USAGE, "%s: not an option; see --help", argv[optind]);
	if (options->interface_count == 0)
		return fail(LOADER_USAGE, "--interface NAME is missing; see --help");
	if (!options->socket_path)
		return fail(LOADER_USAGE, "--socket PATH is missing; see --help");
	return 0;
}
