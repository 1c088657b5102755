/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line as plain data. Takes argv, gives a checked struct options or an exit code.
 */
#ifndef RAUTA_LOADER_OPTIONS_H
#define RAUTA_LOADER_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INTERFACES_MAX 16
#define PORTS_MAX 16

enum xdp_choice { XDP_CHOICE_AUTO, XDP_CHOICE_NATIVE, XDP_CHOICE_GENERIC };
enum tc_choice { TC_CHOICE_AUTO, TC_CHOICE_TCX, TC_CHOICE_CLSACT };

struct options {
	const char *interfaces[INTERFACES_MAX];
	size_t interface_count;
	const char *socket_path;
	unsigned int socket_mode;
	const char *pin_folder; /* NULL: nothing stays attached */
	uint16_t ports[PORTS_MAX];
	size_t port_count; /* 0: every port */
	enum xdp_choice xdp;
	enum tc_choice tc;
	uint32_t ring_bytes;
	uint32_t reader_bytes; /* that may wait for one reader */
	bool waits; /* for interfaces that do not exist at the start */
	bool verbose;
};

/*
 * Fills *options, whose strings point into argv. Returns 0; or 1 where --help or --version has been
 * answered; or, after a line on stderr, LOADER_USAGE.
 */
int options_read(struct options *options, int argc, char **argv);

#endif
