// SPDX-License-Identifier: Apache-2.0
/*
 * Pinned maps and the paths of pinned links. The folder is locked by flock, which ends with the
 * process whatever its end, because two consumers would corrupt one ring buffer.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "pins.h"
#include "report.h"

static const char *const pinned_maps[] = { "records", "counters", "connections" };

#define PINNED_MAPS (sizeof(pinned_maps) / sizeof(pinned_maps[0]))

static void map_path(const struct pins *pins, const char *name, char path[PIN_PATH_BYTES])
{
	snprintf(path, PIN_PATH_BYTES, "%s/%s", pins->folder, name);
}

int pins_open(struct pins *pins, const char *folder)
{
	struct statfs file_system;

	memset(pins, 0, sizeof(*pins));
	pins->lock_fd = -1;
	if (!folder)
		return 0;
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return fail(LOADER_PIN_UNUSABLE,
			    "--pin %s: %s; make the folder above it, on a bpf file system that this "
			    "user may write (mount -t bpf bpf /sys/fs/bpf)",
			    folder, strerror(errno));
	if (statfs(folder, &file_system) != 0 || file_system.f_type != BPF_FS_MAGIC)
		return fail(LOADER_PIN_UNUSABLE,
			    "--pin %s: not on a bpf file system; mount one (mount -t bpf bpf "
			    "/sys/fs/bpf) and give a folder in it",
			    folder);
	pins->lock_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pins->lock_fd < 0)
		return fail(LOADER_PIN_UNUSABLE, "--pin %s: %s; let this user own the folder",
			    folder, strerror(errno));
	if (flock(pins->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return fail(LOADER_PIN_IN_USE,
			    "--pin %s: another rauta-loader uses it; stop that one or give another "
			    "folder",
			    folder);
	pins->folder = folder;
	return 0;
}

static bool map_fits(int fd, const struct bpf_map *map)
{
	struct bpf_map_info info = { 0 };
	__u32 bytes = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &bytes) == 0 &&
	       info.type == bpf_map__type(map) && info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map) &&
	       info.max_entries == bpf_map__max_entries(map) &&
	       info.map_flags == bpf_map__map_flags(map);
}

static void remove_maps(const struct pins *pins)
{
	char path[PIN_PATH_BYTES];

	for (size_t i = 0; i < PINNED_MAPS; i++) {
		map_path(pins, pinned_maps[i], path);
		if (unlink(path) == 0)
			report("%s is of another layout or size: replaced, unread records in it are "
			       "lost",
			       path);
	}
}

int pins_take_over_maps(struct pins *pins, struct bpf_object *object)
{
	int fds[PINNED_MAPS];
	char path[PIN_PATH_BYTES];
	bool all_fit = true;
	int error = 0;

	if (!pins->folder)
		return 0;
	for (size_t i = 0; i < PINNED_MAPS; i++) {
		map_path(pins, pinned_maps[i], path);
		fds[i] = bpf_obj_get(path);
		if (fds[i] < 0 && errno != ENOENT)
			error = errno;
		all_fit = all_fit && fds[i] >= 0 &&
			  map_fits(fds[i], bpf_object__find_map_by_name(object, pinned_maps[i]));
	}
	if (!error && !all_fit)
		remove_maps(pins);
	for (size_t i = 0; i < PINNED_MAPS; i++) {
		if (fds[i] < 0)
			continue;
		if (!error && all_fit &&
		    bpf_map__reuse_fd(bpf_object__find_map_by_name(object, pinned_maps[i]), fds[i]))
			error = errno;
		close(fds[i]);
	}
	if (error)
		return fail(LOADER_PIN_UNUSABLE,
			    "--pin %s: its maps can't be opened: %s; let this user own the files",
			    pins->folder, strerror(error));
	pins->maps_taken_over = all_fit;
	return 0;
}

int pins_keep_maps(struct pins *pins, struct bpf_object *object)
{
	char path[PIN_PATH_BYTES];

	if (!pins->folder || pins->maps_taken_over)
		return 0;
	for (size_t i = 0; i < PINNED_MAPS; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(object, pinned_maps[i]);

		map_path(pins, pinned_maps[i], path);
		if (bpf_obj_pin(bpf_map__fd(map), path) != 0)
			return fail(LOADER_PIN_UNUSABLE, "%s can't be pinned: %s", path,
				    strerror(errno));
	}
	return 0;
}

void pins_link_path(const struct pins *pins, const char *kind, const char *interface,
		    char path[PIN_PATH_BYTES])
{
	int start = snprintf(path, PIN_PATH_BYTES, "%s/%s-", pins->folder, kind);

	snprintf(path + start, PIN_PATH_BYTES - start, "%s", interface);
	for (char *at = path + start; *at; at++) {
		if (*at == '.')
			*at = ':'; /* never in an interface's name */
	}
}

void pins_close(struct pins *pins)
{
	if (pins->lock_fd >= 0)
		close(pins->lock_fd);
	pins->lock_fd = -1;
}
