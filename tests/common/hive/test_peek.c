/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking into hives, with libhivex as the oracle: on hives made here and on real ones. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <hivex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "common/hive/hive.h"
#include "common/hive/peek.h"

struct memory {
	uint8_t *bytes;
	size_t size;
};

static int read_memory(void *context, void *buffer, size_t length, uint64_t offset,
		       struct error *err)
{
	const struct memory *memory = context;

	(void)err;
	cr_assert(range_within(offset, length, memory->size));
	memcpy(buffer, memory->bytes + offset, length);
	return 0;
}

static struct hive_peek peek_at(struct memory *memory)
{
	return (struct hive_peek){.read = read_memory,
				  .context = memory,
				  .name = "HIVE",
				  .size = memory->size};
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text & 0x80 || *text == '\\')
			return false;
	return true;
}

static void compare_value(hive_h *hive, hive_value_h value, const struct hive_peek *peek,
			  uint32_t key)
{
	CLEANUP_FREE char *name = hivex_value_key(hive, value);
	CLEANUP_FREE char *bytes = NULL;
	struct hive_peek_value got;
	struct error err = ERROR_INIT;
	hive_type type;
	size_t size;
	int r;

	if (!name || !is_plain(name))
		return;
	bytes = hivex_value_value(hive, value, &type, &size);
	if (!bytes)
		return;
	r = hive_peek_value(peek, key, name, &got, &err);
	if (size > HIVE_PEEK_MAX_VALUE) {
		cr_assert_eq(r, -EFBIG);
		return;
	}
	cr_assert_eq(r, 0, "%s", err.message);
	cr_assert_eq(got.type, type);
	cr_assert_eq(got.size, size);
	cr_assert_eq(memcmp(got.bytes, bytes, size), 0, "%s", name);
}

static void compare_key(hive_h *hive, hive_node_h node, const struct hive_peek *peek,
			const char *path)
{
	CLEANUP_FREE hive_value_h *values = hivex_node_values(hive, node);
	struct error err = ERROR_INIT;
	uint32_t key;

	cr_assert_eq(hive_peek_key(peek, peek->root, path, &key, &err), 0, "%s", err.message);
	for (size_t i = 0; values && values[i]; i++)
		compare_value(hive, values[i], peek, key);
}

/* Compare every 'step'th key below 'node'. */
static void walk(hive_h *hive, hive_node_h node, const struct hive_peek *peek, const char *path,
		 size_t step, size_t *count)
{
	CLEANUP_FREE hive_node_h *children = hivex_node_children(hive, node);

	if ((*count)++ % step == 0)
		compare_key(hive, node, peek, path);
	for (size_t i = 0; children && children[i]; i++) {
		CLEANUP_FREE char *name = hivex_node_name(hive, children[i]);
		CLEANUP_FREE char *below = NULL;

		if (!name || !is_plain(name))
			continue;
		cr_assert_geq(asprintf(&below, "%s%s%s", path, path[0] ? "\\" : "", name), 0);
		walk(hive, children[i], peek, below, step, count);
	}
}

static void compare_file(const char *path, size_t step)
{
	hive_h *hive = hivex_open(path, 0);
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct memory memory;
	struct hive_peek peek;
	struct stat st;
	size_t count = 0;
	bool dirty;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	cr_assert(hive, "%s: %s", path, strerror(errno));
	cr_assert_eq(fstat(fd, &st), 0);
	bytes = malloc((size_t)st.st_size);
	cr_assert_eq(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	memory = (struct memory){bytes, (size_t)st.st_size};
	peek = peek_at(&memory);
	cr_assert_eq(hive_peek_open(&peek, &dirty, NULL), 0);
	cr_assert_eq(dirty, get_le32(bytes + 4) != get_le32(bytes + 8));
	walk(hive, hivex_root(hive), &peek, "", step, &count);
	cr_assert_gt(count, 10);
	hivex_close(hive);
}

Test(hive_peek, agrees_with_libhivex_on_real_system_hives)
{
	static const char *const names[] = {"SYSTEM-win10-gpt-vmware", "SYSTEM-win7-vmware",
					    "SYSTEM-xp-hyperv"};
	char command[512], path[256];

	if (access(SHARED_DATA "/hives/system", R_OK) != 0)
		cr_skip_test("no real hives");
	snprintf(path, sizeof(path), "%s/tests/convert/peek-%d.hiv", BUILD_DIR, (int)getpid());
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(command, sizeof(command), "xz -dc '%s/hives/system/%s.hiv.xz' > '%s'",
			 SHARED_DATA, names[i], path);
		cr_assert_eq(system(command), 0);
		compare_file(path, 97);
	}
	unlink(path);
}

Test(hive_peek, agrees_with_libhivex_on_real_boot_stores)
{
	const char *folder = SHARED_DATA "/hives/bcd";

	if (access(folder, R_OK) != 0)
		cr_skip_test("no real hives");
	compare_file(SHARED_DATA "/hives/bcd/uefi-win11-win2go-export.bcd", 1);
	compare_file(SHARED_DATA "/hives/bcd/bios-win7-winre.bcd", 1);
	compare_file(SHARED_DATA "/hives/bcd/media-uefi-win81-256k.bcd", 1);
}

static uint8_t *make_hive(size_t *ret_size)
{
	struct hive *hive;
	hive_node_h key;
	uint8_t *bytes;

	cr_assert_eq(hive_new("SOFTWARE", "ROOT", 5, &hive, NULL), 0);
	key = hive_make(hive, 0, "Microsoft\\Windows NT\\CurrentVersion", NULL);
	cr_assert_eq(hive_set_dword(hive, key, "CurrentMajorVersionNumber", 10, NULL), 0);
	cr_assert_eq(hive_set(hive, key, "CurrentVersion", 1,
			      "6\0.\0"
			      "3\0\0",
			      8, NULL),
		     0);
	cr_assert_eq(hive_set(hive, key, "empty", 3, "", 0, NULL), 0);
	cr_assert_eq(hive_commit(hive, &bytes, ret_size, NULL), 0);
	hive_close(hive);
	return bytes;
}

Test(hive_peek, finds_regardless_of_case)
{
	struct memory memory;
	struct hive_peek_value value;
	struct hive_peek peek;
	uint32_t key, other;
	bool dirty;

	memory.bytes = make_hive(&memory.size);
	peek = peek_at(&memory);
	cr_assert_eq(hive_peek_open(&peek, &dirty, NULL), 0);
	cr_assert_not(dirty);
	cr_assert_eq(hive_peek_key(&peek, peek.root, "MICROSOFT\\windows nt\\CurrentVersion", &key,
				   NULL),
		     0);
	cr_assert_eq(hive_peek_value(&peek, key, "currentversion", &value, NULL), 0);
	cr_assert_eq(value.type, 1);
	cr_assert_eq(value.size, 8);
	cr_assert_eq(memcmp(value.bytes,
			    "6\0.\0"
			    "3\0\0",
			    8),
		     0);
	cr_assert_eq(hive_peek_value(&peek, key, "empty", &value, NULL), 0);
	cr_assert_eq(value.size, 0);
	cr_assert_eq(hive_peek_value(&peek, key, "nothing", &value, NULL), -ENOENT);
	cr_assert_eq(hive_peek_key(&peek, peek.root, "Microsoft\\Windows", &other, NULL), -ENOENT);
	free(memory.bytes);
}

/*
 * Any one byte wrong: an answer or an error, and never a read beyond the hive (read_memory()
 * looks).
 */
Test(hive_peek, survives_any_byte)
{
	static const uint8_t evil[] = {0x00, 0x7f, 0x80, 0xff};
	struct memory memory;
	uint8_t *good;

	good = make_hive(&memory.size);
	memory.bytes = malloc(memory.size);
	for (size_t at = 0; at < memory.size; at++)
		for (size_t i = 0; i < ARRAY_SIZE(evil); i++) {
			struct hive_peek peek = peek_at(&memory);
			struct hive_peek_value value;
			struct error err = ERROR_INIT;
			uint32_t key;
			bool dirty;
			int r;

			if (at >= 512 && at < 4096)
				continue;
			memcpy(memory.bytes, good, memory.size);
			memory.bytes[at] = evil[i];
			r = hive_peek_open(&peek, &dirty, &err);
			if (r == 0)
				r = hive_peek_key(&peek, peek.root,
						  "Microsoft\\Windows NT\\CurrentVersion", &key,
						  &err);
			if (r == 0)
				r = hive_peek_value(&peek, key, "CurrentVersion", &value, &err);
			cr_assert_eq(r < 0, err.kind != ERROR_NONE, "byte %zu", at);
		}
	free(memory.bytes);
	free(good);
}
