// SPDX-License-Identifier: Apache-2.0
/*
 * Follows interfaces by name. Netlink says that something changed, never what: the truth is asked
 * for each time, so that a lost message loses nothing.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "interfaces.h"
#include "report.h"

static const char *const xdp_names[] = { "detached", "native", "generic" };
static const char *const tc_names[] = { "detached", "TCX link", "clsact filter" };

static int start_guard(void *context)
{
	struct interfaces *interfaces = context;

	return guard_start(&interfaces->guard, interfaces->context.options,
			   program_id(interfaces->context.kernel->egress_fd));
}

/* The parser reads Ethernet headers; tunnels and the like have none. */
static bool is_ethernet(const char *name)
{
	struct ifreq request = { 0 };
	/* Any family will do: this one needs no permission to speak to the network. */
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	result = ioctl(fd, SIOCGIFHWADDR, &request);
	if (fd >= 0)
		close(fd);
	return result == 0 && (request.ifr_hwaddr.sa_family == ARPHRD_ETHER ||
			       request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK);
}

static int bring_up(struct interfaces *interfaces, struct attachment *attachment, uint32_t index)
{
	int code;

	if (!is_ethernet(attachment->name))
		return fail(LOADER_INTERFACE_UNSUITABLE,
			    "%s has no Ethernet header; observe the interface below it",
			    attachment->name);
	code = attachment_up(attachment, index, &interfaces->context);
	if (code)
		return code;
	report_mute(false);
	report("%s (index %u): ingress XDP %s%s, egress %s%s", attachment->name, index,
	       xdp_names[attachment->xdp_mode],
	       attachment->xdp_mode == OBSERVER_XDP_GENERIC &&
			       interfaces->context.options->xdp == XDP_CHOICE_AUTO
		       ? " (its driver has no native XDP)"
		       : "",
	       tc_names[attachment->tc_mode],
	       attachment->flags & OBSERVER_INTERFACE_TAKEN_OVER ? ", taken over" : "");
	return 0;
}

static int open_netlink(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int interfaces_start(struct interfaces *interfaces, const struct kernel *kernel,
		     const struct options *options)
{
	interfaces->context = (struct attach_context){ kernel, options, start_guard, interfaces };
	interfaces->netlink_fd = open_netlink();
	if (interfaces->netlink_fd < 0)
		return fail(LOADER_SYSTEM, "netlink: %s", strerror(errno));

	for (size_t i = 0; i < options->interface_count; i++) {
		struct attachment *attachment = &interfaces->items[i];
		uint32_t index = if_nametoindex(options->interfaces[i]);
		int code;

		*attachment = (struct attachment){ .name = options->interfaces[i],
						   .xdp_fd = -1,
						   .tc_fd = -1 };
		interfaces->count++;
		if (!index && options->waits) {
			report("%s is not there; waiting for it", attachment->name);
			continue;
		}
		if (!index)
			return fail(LOADER_INTERFACE_MISSING,
				    "no interface is named %s in this network namespace; ip link shows "
				    "those that are there",
				    attachment->name);
		code = bring_up(interfaces, attachment, index);
		if (code)
			return code;
	}
	return 0;
}

bool interfaces_check(struct interfaces *interfaces)
{
	bool changed = false;
	char scratch[8192];

	while (recv(interfaces->netlink_fd, scratch, sizeof(scratch), 0) > 0 || errno == ENOBUFS)
		;
	for (size_t i = 0; i < interfaces->count; i++) {
		struct attachment *attachment = &interfaces->items[i];
		uint32_t index = if_nametoindex(attachment->name);

		if (attachment->index &&
		    (index != attachment->index || !attachment_is_alive(attachment))) {
			report("%s (index %u) is gone; waiting for it", attachment->name,
			       attachment->index);
			attachment_forget(attachment, &interfaces->context);
			interfaces->complained[i] = false;
			changed = true;
		}
		if (index && !attachment->index) {
			report_mute(interfaces->complained[i]);
			interfaces->complained[i] = bring_up(interfaces, attachment, index) != 0;
			report_mute(false);
			changed = changed || attachment->index;
		}
	}
	return changed;
}

void interfaces_describe(const struct interfaces *interfaces, struct observer_interface *table)
{
	for (size_t i = 0; i < interfaces->count; i++) {
		const struct attachment *attachment = &interfaces->items[i];

		memset(&table[i], 0, sizeof(table[i]));
		table[i].index = attachment->index;
		table[i].xdp_mode = attachment->xdp_mode;
		table[i].tc_mode = attachment->tc_mode;
		table[i].flags = attachment->flags;
		snprintf(table[i].name, sizeof(table[i].name), "%s", attachment->name);
	}
}

void interfaces_stop(struct interfaces *interfaces)
{
	for (size_t i = 0; i < interfaces->count; i++)
		attachment_down(&interfaces->items[i]);
	guard_stop(&interfaces->guard);
	if (interfaces->netlink_fd >= 0)
		close(interfaces->netlink_fd);
	interfaces->netlink_fd = -1;
}
