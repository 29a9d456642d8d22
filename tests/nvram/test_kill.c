/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The writer of a store, killed after each call that changes the file system: what is left under
 * the store's name is the old store or the new one. The calls of common/outfile.c go through the
 * wrappers below (linker option --wrap); the store is written in twenty pieces, and each is tried
 * whole and half done.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/checked.h"
#include "nvram/vhd_footer.h"
#include "samples.h"

TestSuite(nvram_kill);

#define PIECES 20U
#define KILLED 99

/* A VMGS of 16 blocks is one as well, and quicker. */
#define SMALL_VMGS 65536U

/* Calls to let pass before the end; negative: no end. 'half' cuts the last write in two. */
static int calls_left = -1;
static bool half;
static size_t piece;
static bool is_synced;

static void count_call(void)
{
	if (calls_left > 0 && --calls_left == 0)
		_exit(KILLED);
}

ssize_t __real_pwrite64(int fd, const void *buffer, size_t size, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *buffer, size_t size, off_t offset);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags);
int __real_mkostemp64(char *name, int flags);
int __wrap_mkostemp64(char *name, int flags);
int __real_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);
int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);
int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);

ssize_t __wrap_pwrite64(int fd, const void *buffer, size_t size, off_t offset)
{
	ssize_t written;

	is_synced = false;
	size = min_u64(size, piece);
	if (calls_left == 1 && half)
		size = size / 2 + 1;
	written = __real_pwrite64(fd, buffer, size, offset);
	count_call();
	return written;
}

int __wrap_fsync(int fd)
{
	int r = __real_fsync(fd);

	is_synced = true;
	count_call();
	return r;
}

/* Nothing may take the store's name before it is on the disk. */
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
	int r;

	if (!is_synced)
		_exit(1);
	r = __real_renameat2(from_fd, from, to_fd, to, flags);
	count_call();
	return r;
}

int __wrap_mkostemp64(char *name, int flags)
{
	int fd = __real_mkostemp64(name, flags);

	count_call();
	return fd;
}

int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	int r;

	if (!is_synced)
		_exit(1);
	r = __real_linkat(from_fd, from, to_fd, to, flags);
	count_call();
	return r;
}

int __wrap_fchmod(int fd, mode_t mode)
{
	int r = __real_fchmod(fd, mode);

	count_call();
	return r;
}

static char path[64], folder[48];

static void write_file(const uint8_t *bytes, size_t size)
{
	FILE *file = fopen(path, "we");

	cr_assert(file && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

/* Open, move the last entry to the top, save. */
static int edit(void)
{
	CLEANUP_STORE struct nvram_store store = NVRAM_STORE_INIT;
	uint16_t order[2];
	int r = nvram_store_open(path, &store, NULL);

	if (r < 0)
		return r;
	nvram_boot_order(&store.nvram, order, 2);
	r = nvram_boot_first(&store.nvram, order[1], NULL);
	return r < 0 ? r : nvram_store_save(&store, false, NULL);
}

static int edit_and_die(int calls, bool half_done)
{
	int status;
	pid_t child = fork();

	cr_assert_geq(child, 0);
	if (child == 0) {
		calls_left = calls;
		half = half_done;
		_exit(edit() == 0 ? 0 : 1);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == KILLED),
		  "the writer failed at call %d", calls);
	return WEXITSTATUS(status);
}

struct bytes {
	uint8_t *data;
	size_t size;
};

static struct bytes read_file(void)
{
	CLEANUP_STORE struct nvram_store store = NVRAM_STORE_INIT;
	struct bytes bytes;

	cr_assert_eq(nvram_store_open(path, &store, NULL), 0, "the store cannot be read");
	bytes = (struct bytes){TAKE(store.bytes), store.size};
	return bytes;
}

static bool same(const struct bytes *a, const struct bytes *b)
{
	return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* Returns the number of points tried. */
static unsigned int kill_everywhere(const struct bytes *old)
{
	unsigned int points = 0, news = 0;
	struct bytes new;

	piece = old->size / PIECES + 1;
	write_file(old->data, old->size);
	cr_assert_eq(edit(), 0);
	new = read_file();
	cr_assert(!same(old, &new));
	for (int half_done = 0; half_done < 2; half_done++) {
		for (int calls = 1;; calls++) {
			struct bytes left;
			int status;

			write_file(old->data, old->size);
			status = edit_and_die(calls, half_done);
			left = read_file();
			cr_assert(same(&left, old) || same(&left, &new),
				  "neither old nor new after call %d", calls);
			news += same(&left, &new);
			free(left.data);
			if (status == 0)
				break;
			points++;
		}
	}
	cr_assert_geq(news, 2u);
	free(new.data);
	return points;
}

Test(nvram_kill, old_or_new_at_every_point)
{
	static const enum nvram_format formats[] = {NVRAM_FORMAT_VMGS, NVRAM_FORMAT_VMGS_1,
						    NVRAM_FORMAT_OVMF, NVRAM_FORMAT_JSON,
						    NVRAM_FORMAT_LIST};
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	CLEANUP_FREE char *command = NULL;
	const struct guid id = {{1}};
	unsigned int points = 0;

	snprintf(folder, sizeof(folder), "%s/hvgen2-kill-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	cr_assert_not_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/store", folder);
	cr_assert_eq(nvram_add_drive(&nvram, &id, 0, "Disk", NULL, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct bytes old;

		cr_assert_eq(nvram_encode(formats[i], &nvram, &id, &old.data, &old.size, NULL), 0);
		if (formats[i] == NVRAM_FORMAT_VMGS) {
			vhd_footer_build(SMALL_VMGS, &id, old.data + SMALL_VMGS);
			old.size = SMALL_VMGS + VHD_FOOTER_SIZE;
		}
		points += kill_everywhere(&old);
		free(old.data);
	}
	cr_log_info("killed at %u points", points);
	cr_assert_gt(points, 200u, "%u points", points);
	cr_assert_geq(asprintf(&command, "rm -rf '%s'", folder), 0);
	cr_assert_eq(system(command), 0);
}
