// SPDX-License-Identifier: Apache-2.0
/*
 * XDP and TC on one interface. Links hold the programs: when the process ends, so do they.
 * Debian 12's libbpf and headers know no TCX by name; bpf_link_create passes the numbers through.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "report.h"

/* enum bpf_attach_type and enum bpf_link_type of Linux 6.6. */
#define ATTACH_TCX_EGRESS ((enum bpf_attach_type)47)
#define LINK_TYPE_TCX 11

#define CLSACT_HANDLE 0x7261
#define CLSACT_PRIORITY 7

/* The kernel's own ENOTSUPP, which user space has no name for. */
#define KERNEL_ENOTSUPP 524

static bool link_is_on(int fd, uint32_t type, uint32_t index)
{
	struct bpf_link_info info = { 0 };
	__u32 bytes = sizeof(info);

	/* xdp and tcx information both begin with the interface index, 0 once severed. */
	return bpf_obj_get_info_by_fd(fd, &info, &bytes) == 0 && info.type == type &&
	       info.xdp.ifindex == index;
}

static uint8_t xdp_mode_of(uint32_t index)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (bpf_xdp_query((int)index, 0, &query) != 0)
		return OBSERVER_XDP_DETACHED;
	return query.attach_mode == XDP_ATTACHED_SKB ? OBSERVER_XDP_GENERIC : OBSERVER_XDP_NATIVE;
}

/* The link that an earlier loader pinned, now running our program; -1 where there is none to use. */
static int take_over(const char *path, uint32_t type, uint32_t index, int program_fd)
{
	int fd = bpf_obj_get(path);

	if (fd < 0)
		return -1;
	if (link_is_on(fd, type, index) && bpf_link_update(fd, program_fd, NULL) == 0)
		return fd;
	close(fd);
	unlink(path);
	return -1;
}

static int pin_link(int fd, const char *path)
{
	if (bpf_obj_pin(fd, path) == 0)
		return 0;
	return fail(LOADER_PIN_UNUSABLE, "%s can't be pinned: %s", path, strerror(errno));
}

static int explain_xdp_failure(const char *name, uint32_t index, int error, bool native_only)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	if (error == EBUSY || error == EEXIST) {
		bpf_xdp_query((int)index, 0, &query);
		return fail(LOADER_XDP_OCCUPIED,
			    "%s already has an XDP program (id %u) and takes only one: detach it, or, "
			    "where an earlier rauta-loader pinned it, give the same --pin",
			    name, query.prog_id);
	}
	if (error == EPERM)
		return fail(LOADER_BPF_REFUSED, "%s: attaching XDP is refused; CAP_NET_ADMIN is needed "
						"in the interface's network namespace", name);
	return fail(LOADER_XDP_UNSUPPORTED, "%s takes no %sXDP: %s%s", name,
		    native_only ? "native " : "", strerror(error),
		    native_only ? "; use --mode auto" : "");
}

static int attach_xdp(struct attachment *attachment, const struct attach_context *context)
{
	static const uint32_t tries[][2] = {
		[XDP_CHOICE_AUTO] = { XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE },
		[XDP_CHOICE_NATIVE] = { XDP_FLAGS_DRV_MODE, 0 },
		[XDP_CHOICE_GENERIC] = { XDP_FLAGS_SKB_MODE, 0 },
	};
	const uint32_t *flags = tries[context->options->xdp];
	int program_fd = context->kernel->ingress_fd, error = 0;

	attachment->xdp_fd = -1;
	for (int i = 0; i < 2 && flags[i] && attachment->xdp_fd < 0; i++) {
		LIBBPF_OPTS(bpf_link_create_opts, link, .flags = flags[i]);

		attachment->xdp_fd =
			bpf_link_create(program_fd, (int)attachment->index, BPF_XDP, &link);
		error = errno;
		if (error == EBUSY || error == EEXIST || error == EPERM)
			break;
	}
	if (attachment->xdp_fd < 0)
		return explain_xdp_failure(attachment->name, attachment->index, error,
					   context->options->xdp == XDP_CHOICE_NATIVE);
	attachment->xdp_mode = xdp_mode_of(attachment->index);
	return 0;
}

static int start_xdp(struct attachment *attachment, const struct attach_context *context)
{
	const struct pins *pins = &context->kernel->pins;
	enum xdp_choice choice = context->options->xdp;
	char path[PIN_PATH_BYTES];
	int code;

	if (!pins->folder)
		return attach_xdp(attachment, context);

	pins_link_path(pins, "xdp", attachment->name, path);
	attachment->xdp_fd = take_over(path, BPF_LINK_TYPE_XDP, attachment->index,
				       context->kernel->ingress_fd);
	if (attachment->xdp_fd >= 0) {
		attachment->xdp_mode = xdp_mode_of(attachment->index);
		if (choice == XDP_CHOICE_AUTO ||
		    (choice == XDP_CHOICE_GENERIC) ==
			    (attachment->xdp_mode == OBSERVER_XDP_GENERIC)) {
			attachment->flags |= OBSERVER_INTERFACE_TAKEN_OVER;
			return 0;
		}
		unlink(path);
		close(attachment->xdp_fd);
	}
	code = attach_xdp(attachment, context);
	return code ? code : pin_link(attachment->xdp_fd, path);
}

static void clsact_options(uint32_t index, struct bpf_tc_hook *hook, struct bpf_tc_opts *filter)
{
	*hook = (struct bpf_tc_hook){ .sz = sizeof(*hook),
				      .ifindex = (int)index,
				      .attach_point = BPF_TC_EGRESS };
	*filter = (struct bpf_tc_opts){ .sz = sizeof(*filter),
					.handle = CLSACT_HANDLE,
					.priority = CLSACT_PRIORITY };
}

void clsact_remove(uint32_t index, uint32_t program)
{
	struct bpf_tc_opts filter;
	struct bpf_tc_hook hook;

	clsact_options(index, &hook, &filter);
	if (bpf_tc_query(&hook, &filter) != 0 || (program && filter.prog_id != program))
		return;
	clsact_options(index, &hook, &filter);
	bpf_tc_detach(&hook, &filter);
}

static int attach_clsact(struct attachment *attachment, const struct attach_context *context)
{
	struct bpf_tc_opts filter;
	struct bpf_tc_hook hook;
	int error;

	if (!context->kernel->pins.folder) {
		error = context->before_clsact(context->before_clsact_context);
		if (error)
			return error;
	}
	clsact_options(attachment->index, &hook, &filter);
	error = -bpf_tc_hook_create(&hook);
	if (error == 0 || error == EEXIST) {
		filter.prog_fd = context->kernel->egress_fd;
		filter.flags = BPF_TC_F_REPLACE;
		error = -bpf_tc_attach(&hook, &filter);
	}
	if (error)
		return fail(LOADER_TC_UNSUPPORTED,
			    "%s takes no clsact filter: %s; the kernel needs CONFIG_NET_SCH_INGRESS "
			    "and CONFIG_NET_CLS_BPF, or TCX (6.6 or newer)",
			    attachment->name, strerror(error));
	attachment->tc_mode = OBSERVER_TC_CLSACT;
	return 0;
}

static int start_tc(struct attachment *attachment, const struct attach_context *context)
{
	const struct pins *pins = &context->kernel->pins;
	enum tc_choice choice = context->options->tc;
	LIBBPF_OPTS(bpf_link_create_opts, link);
	char path[PIN_PATH_BYTES];

	attachment->tc_fd = -1;
	if (pins->folder)
		pins_link_path(pins, "tc", attachment->name, path);
	if (choice == TC_CHOICE_CLSACT) {
		if (pins->folder)
			unlink(path);
		return attach_clsact(attachment, context);
	}

	/* What a loader left that was killed together with its guard, or pinned with --tc clsact. */
	clsact_remove(attachment->index, 0);
	if (pins->folder)
		attachment->tc_fd = take_over(path, LINK_TYPE_TCX, attachment->index,
					      context->kernel->egress_fd);
	if (attachment->tc_fd >= 0) {
		attachment->flags |= OBSERVER_INTERFACE_TAKEN_OVER;
		attachment->tc_mode = OBSERVER_TC_TCX;
		return 0;
	}
	attachment->tc_fd = bpf_link_create(context->kernel->egress_fd, (int)attachment->index,
					    ATTACH_TCX_EGRESS, &link);
	if (attachment->tc_fd >= 0) {
		attachment->tc_mode = OBSERVER_TC_TCX;
		return pins->folder ? pin_link(attachment->tc_fd, path) : 0;
	}
	if (choice == TC_CHOICE_AUTO &&
	    (errno == EINVAL || errno == EOPNOTSUPP || errno == KERNEL_ENOTSUPP))
		return attach_clsact(attachment, context);
	return fail(LOADER_TC_UNSUPPORTED, "%s takes no TCX link: %s; use --tc auto",
		    attachment->name, strerror(errno));
}

int attachment_up(struct attachment *attachment, uint32_t index,
		  const struct attach_context *context)
{
	int code;

	attachment->index = index;
	attachment->xdp_fd = attachment->tc_fd = -1;
	attachment->xdp_mode = OBSERVER_XDP_DETACHED;
	attachment->tc_mode = OBSERVER_TC_DETACHED;
	attachment->flags = context->kernel->pins.folder ? OBSERVER_INTERFACE_PINNED : 0;
	attachment->egress_program_id = program_id(context->kernel->egress_fd);

	code = start_xdp(attachment, context);
	if (!code)
		code = start_tc(attachment, context);
	if (code)
		attachment_forget(attachment, context);
	return code;
}

void attachment_down(struct attachment *attachment)
{
	if (attachment->tc_mode == OBSERVER_TC_CLSACT &&
	    !(attachment->flags & OBSERVER_INTERFACE_PINNED))
		clsact_remove(attachment->index, attachment->egress_program_id);
	if (attachment->xdp_fd >= 0)
		close(attachment->xdp_fd);
	if (attachment->tc_fd >= 0)
		close(attachment->tc_fd);
	attachment->xdp_fd = attachment->tc_fd = -1;
	attachment->xdp_mode = OBSERVER_XDP_DETACHED;
	attachment->tc_mode = OBSERVER_TC_DETACHED;
	attachment->index = 0;
}

void attachment_forget(struct attachment *attachment, const struct attach_context *context)
{
	const struct pins *pins = &context->kernel->pins;
	char path[PIN_PATH_BYTES];

	if (pins->folder) {
		pins_link_path(pins, "xdp", attachment->name, path);
		unlink(path);
		pins_link_path(pins, "tc", attachment->name, path);
		unlink(path);
	}
	attachment->flags = 0;
	attachment_down(attachment);
}

bool attachment_is_alive(const struct attachment *attachment)
{
	return link_is_on(attachment->xdp_fd, BPF_LINK_TYPE_XDP, attachment->index) &&
	       (attachment->tc_mode != OBSERVER_TC_TCX ||
		link_is_on(attachment->tc_fd, LINK_TYPE_TCX, attachment->index));
}

uint32_t program_id(int program_fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 bytes = sizeof(info);

	return bpf_obj_get_info_by_fd(program_fd, &info, &bytes) == 0 ? info.id : 0;
}
