/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The working copy of a VM. It is made once, and after each round only what the round has touched
 * is put back, so that a round costs no copy of a disk.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/checked.h"
#include "tests/fuzz/vm/fuzz_vm.h"

#define CHUNK (256 * 1024)

static void read_all(int fd, uint8_t *bytes, size_t size, uint64_t offset)
{
	ssize_t got = pread(fd, bytes, size, (off_t)offset);

	if (got < 0)
		die("cannot read: %s", strerror(errno));
	memset(bytes + got, 0, size - (size_t)got);
}

static void write_all(int fd, const uint8_t *bytes, size_t size, uint64_t offset)
{
	if (pwrite(fd, bytes, size, (off_t)offset) != (ssize_t)size)
		die("cannot write to a working copy: %s", strerror(errno));
}

static void copy_range(int from, int to, uint64_t start, uint64_t end)
{
	static uint8_t bytes[CHUNK];

	for (; start < end; start += CHUNK) {
		size_t size = (size_t)min_u64(CHUNK, end - start);

		read_all(from, bytes, size, start);
		write_all(to, bytes, size, start);
	}
}

/* What holds data in [start, size) of a file, into another one that has holes there. */
static void copy_data(int from, int to, uint64_t start, uint64_t size)
{
	off_t at = (off_t)start, end;

	while ((uint64_t)at < size && (at = lseek(from, at, SEEK_DATA)) >= 0) {
		end = lseek(from, at, SEEK_HOLE);
		copy_range(from, to, (uint64_t)at, (uint64_t)end);
		at = end;
	}
}

static void load_member(struct member *member, const char *seed, const char *folder,
			const char *name)
{
	CLEANUP_FREE char *from = text("%s/%s", seed, name);
	struct stat st;

	member->name = text("%s", name);
	member->path = text("%s/%s", folder, name);
	member->base = open(from, O_RDONLY | O_CLOEXEC);
	member->fd = open(member->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (member->base < 0 || member->fd < 0 || fstat(member->base, &st) < 0)
		die("'%s' or '%s': %s", from, member->path, strerror(errno));
	member->size = member->cut = (uint64_t)st.st_size;
	if (ftruncate(member->fd, st.st_size) < 0)
		die("'%s': %s", member->path, strerror(errno));
	copy_data(member->base, member->fd, 0, member->size);
	places_find(member->base, &member->places);
}

static int is_seed(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void load_members(struct vm *vm, const char *seed)
{
	struct dirent **entries;
	int count = scandir(seed, &entries, is_seed, alphasort);

	if (count < 1 || (size_t)count > ARRAY_SIZE(vm->members))
		die("'%s': no folder of 1 to %zu files", seed, ARRAY_SIZE(vm->members));
	for (int i = 0; i < count; i++) {
		load_member(&vm->members[i], seed, vm->folder, entries[i]->d_name);
		free(entries[i]);
	}
	vm->count = (size_t)count;
	free(entries);
}

void vm_load(struct vm *vm, const char *seed, const char *work)
{
	const char *name = strrchr(seed, '/');

	*vm = (struct vm){.name = text("%s", name ? name + 1 : seed)};
	vm->folder = text("%s/%s", work, vm->name);
	if (mkdir(vm->folder, 0700) < 0 && errno != EEXIST)
		die("'%s': %s", vm->folder, strerror(errno));
	load_members(vm, seed);
	for (size_t i = 0; i < vm->count; i++) {
		if (strncmp(vm->members[i].name, "disk.", 5) == 0)
			vm->disk = &vm->members[i];
		if (strncmp(vm->members[i].name, "template.", 9) == 0)
			vm->template = &vm->members[i];
	}
	if (!vm->disk || vm->disk->places.count == 0)
		die("'%s': no disk.* in which a structure is known", seed);
}

void member_read(const struct member *member, void *bytes, size_t size, uint64_t offset)
{
	read_all(member->fd, bytes, size, offset);
}

void member_write(struct member *member, const void *bytes, size_t size, uint64_t offset)
{
	if (offset >= member->cut || member->touched_count == ARRAY_SIZE(member->touched))
		return;
	size = (size_t)min_u64(size, member->cut - offset);
	member->touched[member->touched_count].offset = offset;
	member->touched[member->touched_count++].size = size;
	write_all(member->fd, bytes, size, offset);
}

void member_cut(struct member *member, uint64_t size)
{
	if (ftruncate(member->fd, (off_t)size) < 0)
		die("'%s': %s", member->path, strerror(errno));
	member->cut = size;
}

static void restore_member(struct member *member)
{
	for (size_t i = 0; i < member->touched_count; i++)
		copy_range(member->base, member->fd, member->touched[i].offset,
			   min_u64(member->touched[i].offset + member->touched[i].size,
				   member->size));
	member->touched_count = 0;
	if (member->cut == member->size)
		return;
	if (ftruncate(member->fd, (off_t)member->size) < 0)
		die("'%s': %s", member->path, strerror(errno));
	copy_data(member->base, member->fd, min_u64(member->cut, member->size), member->size);
	member->cut = member->size;
}

void vm_restore(struct vm *vm)
{
	for (size_t i = 0; i < vm->count; i++)
		restore_member(&vm->members[i]);
}

static bool same_range(int a, int b, uint64_t start, uint64_t end)
{
	static uint8_t left[CHUNK], right[CHUNK];

	for (; start < end; start += CHUNK) {
		size_t size = (size_t)min_u64(CHUNK, end - start);

		read_all(a, left, size, start);
		read_all(b, right, size, start);
		if (memcmp(left, right, size) != 0)
			return false;
	}
	return true;
}

/* Where one of the two holds data, both read the same. */
static bool same_data(int holds, int other)
{
	off_t at = 0, end;

	while ((at = lseek(holds, at, SEEK_DATA)) >= 0) {
		end = lseek(holds, at, SEEK_HOLE);
		if (!same_range(holds, other, (uint64_t)at, (uint64_t)end))
			return false;
		at = end;
	}
	return true;
}

bool vm_is_pristine(const struct vm *vm)
{
	for (size_t i = 0; i < vm->count; i++) {
		const struct member *member = &vm->members[i];

		if (lseek(member->fd, 0, SEEK_END) != (off_t)member->size ||
		    !same_data(member->base, member->fd) || !same_data(member->fd, member->base))
			return false;
	}
	return true;
}
