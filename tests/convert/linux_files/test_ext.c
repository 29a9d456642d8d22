/* SPDX-License-Identifier: GPL-3.0-or-later */
/* File systems made by mke2fs, read by us; debugfs and GRUB look at the same ones. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/lockdown.h"
#include "convert/linux_files/linux_files.h"
#include "tests/support/memory_disk.h"
#include "tests/support/scratch.h"

static void demand_tools(void)
{
	if (!tool_exists("mkfs.ext4") || !tool_exists("debugfs"))
		cr_skip_test("e2fsprogs is not installed");
}

TestSuite(linux_ext, .init = demand_tools, .timeout = 120);

static void shell(const char *format, ...) PRINTF_LIKE(1, 2);

static void shell(const char *format, ...)
{
	CLEANUP_FREE char *command = NULL, *output = NULL;
	va_list args;

	va_start(args, format);
	cr_assert_geq(vasprintf(&command, format, args), 0);
	va_end(args);
	cr_assert_eq(tool_run(&output, "%s", command), 0, "%s: %s", command, output);
}

/* In C: a process for each would take most of the test's time. */
static void make_holes(const char *folder)
{
	CLEANUP_FREE char *path = NULL;
	FILE *file;

	cr_assert_geq(asprintf(&path, "%s/holes", folder), 0);
	file = fopen(path, "w");
	cr_assert_not_null(file);
	for (long i = 1; i <= 40; i++) {
		fseek(file, i * 200000, SEEK_SET);
		fprintf(file, "%ld", i);
	}
	fclose(file);
}

static void make_many(const char *folder, int count)
{
	for (int i = 0; i < count; i++) {
		char path[96];
		int fd;

		snprintf(path, sizeof(path), "%s/many/the file with the number %d", folder, i);
		fd = open(path, O_CREAT | O_WRONLY, 0644);
		cr_assert_geq(fd, 0);
		close(fd);
	}
}

/* Files of all sizes, one with holes, a large folder, symlinks of both lengths and kinds. */
static void make_tree(const char *folder, int many)
{
	shell("rm -rf %s && mkdir -p %s/boot/grub %s/usr/lib %s/etc %s/many && cd %s && "
	      "printf 'menu\\n' >boot/grub/grub.cfg && : >empty && mkfifo pipe && "
	      "for n in 1 59 60 1023 1024 4096 4097 65537; do head -c $n /dev/urandom >of-$n; done "
	      "&& head -c 2000000 /dev/urandom >boot/initrd && printf 'ID=debian\\n' "
	      ">usr/lib/os-release && ln -s ../usr/lib/os-release etc/os-release && "
	      "ln -s /usr/lib/os-release etc/absolute && ln -s loop loop && ln -s nowhere dangling "
	      "&& ln -s ../../../../../../../../../../../../../../../../../../../../../../usr/lib "
	      "etc/long && ln -s etc/long/ chained",
	      folder, folder, folder, folder, folder, folder);
	make_holes(folder);
	make_many(folder, many);
}

struct fixture {
	struct disk *disk;
	struct linux_files *files;
};

static void fixture_done(struct fixture *fixture)
{
	linux_files_cleanup(&fixture->files);
	disk_close(fixture->disk);
}
#define CLEANUP_FIXTURE CLEANUP(fixture_done)

static struct fixture open_file(const char *name)
{
	struct fixture fixture = {.disk = scratch_open(name, 512)};
	struct error err = ERROR_INIT;

	cr_assert_eq(linux_files_open(fixture.disk, &fixture.files, &err), 0, "%s", err.message);
	return fixture;
}

static void expect_bytes(struct linux_files *files, const char *path, const void *wanted,
			 size_t size)
{
	CLEANUP_FREE uint8_t *data = NULL;
	struct error err = ERROR_INIT;
	size_t found = 0;

	cr_assert_eq(linux_files_read(files, path, 64 * MIB, &data, &found, &err), 0, "%s",
		     err.message);
	cr_assert_eq(found, size, "%s", path);
	cr_assert_eq(memcmp(data, wanted, size), 0, "%s", path);
	cr_assert_eq(data[size], 0);
}

/* The file at 'path' holds what 'host' does. */
static void expect_same(struct linux_files *files, const char *path, const char *host)
{
	CLEANUP_FREE uint8_t *wanted = NULL;
	size_t size = 0;

	wanted = file_read(host, &size);
	cr_assert_not_null(wanted, "%s", host);
	expect_bytes(files, path, wanted, size);
}

/* The names are those that debugfs prints, in the same order. */
static void expect_names(struct linux_files *files, const char *path, const char *image)
{
	CLEANUP_FREE char *wanted = NULL;
	CLEANUP_FREE char *found = calloc(1, MIB);
	struct error err = ERROR_INIT;
	char **names, *to = found;
	size_t count;

	cr_assert_not_null(found);
	cr_assert_eq(linux_files_list(files, path, &names, &count, &err), 0, "%s", err.message);
	for (size_t i = 0; i < count; i++)
		to += sprintf(to, "%s\n", names[i]);
	linux_files_names_free(names, count);
	cr_assert_eq(tool_run(&wanted,
			      "debugfs -R 'ls -p %s' %s 2>/dev/null | cut -d/ -f6 | "
			      "grep -v '^\\.*$' | LC_ALL=C sort",
			      path, image),
		     0);
	cr_expect_str_eq(found, wanted, "%s", path);
}

static enum linux_file_type type_of(struct linux_files *files, const char *path)
{
	enum linux_file_type type = LINUX_FILE_OTHER;
	struct error err = ERROR_INIT;
	uint64_t size;

	cr_assert_eq(linux_files_find(files, path, &type, &size, &err), 0, "%s: %s", path,
		     err.message);
	return type;
}

struct shape {
	char name[24];
	char options[80];
	char trouble[16];
	int many; /* files in one folder */
};

ParameterizedTestParameters(linux_ext, what_mke2fs_wrote)
{
	static struct shape all[] = {
		{"ext4", "-t ext4", "", 200},
		{"ext4 1k", "-t ext4 -b 1024", "", 2000},
		{"ext2 1k", "-t ext2 -b 1024", "", 2000},
		{"ext2 4k", "-t ext2 -b 4096 -I 128", "", 200},
		{"ext3", "-t ext3", "", 200},
		{"seed", "-t ext4 -O metadata_csum,metadata_csum_seed", "", 200},
		{"32 bits", "-t ext4 -O ^64bit,^metadata_csum,uninit_bg", "", 200},
		{"no journal", "-t ext4 -O ^has_journal", "", 200},
		{"no extents", "-t ext4 -O ^extents,^64bit", "", 200},
		{"meta_bg", "-t ext4 -O meta_bg,^resize_inode -b 1024", "", 200},
		{"new", "-t ext4 -O large_dir,encrypt,verity,quota,orphan_file", "", 200},
		{"mmp", "-t ext4 -O mmp", "", 200},
		{"inline", "-t ext4 -O inline_data", "inline_data", 200},
		{"ea_inode", "-t ext4 -O ea_inode", "ea_inode", 200},
		{"casefold", "-t ext4 -O casefold", "casefold", 200},
		{"bigalloc", "-t ext4 -O bigalloc -C 16384", "bigalloc", 200},
	};

	return cr_make_param_array(struct shape, all, ARRAY_SIZE(all));
}

static void expect_tree(struct linux_files *files, const char *tree)
{
	static const char *const paths[] = {"empty",
					    "of-1",
					    "of-59",
					    "of-60",
					    "of-1023",
					    "of-1024",
					    "of-4096",
					    "of-4097",
					    "of-65537",
					    "boot/initrd",
					    "boot/grub/grub.cfg",
					    "holes"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		CLEANUP_FREE char *host = NULL;

		cr_assert_geq(asprintf(&host, "%s/%s", tree, paths[i]), 0);
		expect_same(files, paths[i], host);
	}
	expect_bytes(files, "/etc/os-release", "ID=debian\n", 10);
	expect_bytes(files, "/etc/absolute", "ID=debian\n", 10);
	expect_bytes(files, "//etc/./../chained//os-release", "ID=debian\n", 10);
}

static void expect_grub_agrees(struct linux_files *files, const char *image, const char *trouble)
{
	const char *said = linux_files_grub_trouble(files);
	CLEANUP_FREE char *output = NULL;
	int status;

	cr_expect_str_eq(said ? said : "", trouble, "%s", image);
	if (!tool_exists("grub-fstest"))
		return;
	status = tool_run(&output, "grub-fstest $PWD/'%s' cat '(loop0)/etc/os-release'", image);
	cr_expect_eq(status == 0 && strcmp(output, "ID=debian\n") == 0, said == NULL,
		     "%s: GRUB says '%s'", image, output);
}

ParameterizedTest(struct shape *shape, linux_ext, what_mke2fs_wrote)
{
	CLEANUP_FIXTURE struct fixture fixture = {0};
	char tree[32], image[32];

	snprintf(tree, sizeof(tree), "ext-%d", (int)getpid());
	snprintf(image, sizeof(image), "ext-%d.img", (int)getpid());
	make_tree(tree, shape->many);
	shell("truncate -s 64M %s && mke2fs -q %s -d %s %s", image, shape->options, tree, image);
	fixture = open_file(image);
	expect_tree(fixture.files, tree);
	expect_names(fixture.files, "/many", image);
	expect_names(fixture.files, "/", image);
	cr_expect_eq(type_of(fixture.files, "/etc/os-release"), LINUX_FILE_REGULAR);
	cr_expect_eq(type_of(fixture.files, "chained"), LINUX_FILE_FOLDER);
	cr_expect_eq(type_of(fixture.files, "pipe"), LINUX_FILE_OTHER);
	cr_expect_eq(type_of(fixture.files, "loop"), LINUX_FILE_NONE);
	cr_expect_eq(type_of(fixture.files, "dangling"), LINUX_FILE_NONE);
	cr_expect_eq(type_of(fixture.files, "of-1/below"), LINUX_FILE_NONE);
	expect_grub_agrees(fixture.files, image, shape->trouble);
	shell("rm -r %s %s", tree, image);
}

/* Into 'name', in the folder of the test: others run beside it. */
static void make_small(char name[32], const char *options)
{
	snprintf(name, 32, "small-%d.img", (int)getpid());
	shell("t=%s.tree && rm -rf $t && mkdir -p $t/a/b && printf hello >$t/a/file && "
	      "head -c 100000 /dev/zero | tr '\\0' x >$t/large && ln -s a/file $t/link && "
	      "(cd $t/a/b && seq 1 100 | xargs touch) && rm -f %s && truncate -s 1M %s && "
	      "mke2fs -q -t ext4 %s -b 1024 -d $t %s && rm -r $t",
	      name, name, name, options, name);
}

static struct disk *small_disk(void)
{
	char name[32];
	struct disk *disk;

	make_small(name, "");
	disk = scratch_open(name, 512);
	remove(name);
	return disk;
}

static struct fixture small_fixture(void)
{
	struct fixture fixture = {.disk = small_disk()};
	struct error err = ERROR_INIT;

	cr_assert_eq(linux_files_open(fixture.disk, &fixture.files, &err), 0, "%s", err.message);
	return fixture;
}

static uint8_t *small_bytes(const char *options, size_t *ret_size)
{
	char name[32];
	uint8_t *bytes;

	make_small(name, options);
	bytes = file_read(name, ret_size);
	remove(name);
	cr_assert_not_null(bytes);
	return bytes;
}

static void expect_code(struct linux_files *files, const char *path, int code)
{
	CLEANUP_FREE uint8_t *data = NULL;
	struct error err = ERROR_INIT;
	size_t size;

	cr_expect_eq(linux_files_read(files, path, MIB, &data, &size, &err), -code, "%s: %s", path,
		     err.message);
	cr_expect_eq(err.kind, ERROR_FAILED, "%s", path);
	cr_expect_eq(err.code, code, "%s", path);
}

Test(linux_ext, errors)
{
	CLEANUP_FIXTURE struct fixture fixture = small_fixture();
	CLEANUP_FREE uint8_t *data = NULL;
	struct error err = ERROR_INIT;
	char long_path[5000];
	char **names;
	size_t size;

	memset(long_path, 'a', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	expect_code(fixture.files, "/none", ENOENT);
	expect_code(fixture.files, "/a/file/x", ENOTDIR);
	expect_code(fixture.files, "/a/b", EISDIR);
	expect_code(fixture.files, "", EISDIR);
	expect_code(fixture.files, long_path, ENAMETOOLONG);
	expect_code(fixture.files, long_path + sizeof(long_path) - 300, ENAMETOOLONG);
	cr_expect_eq(linux_files_list(fixture.files, "/a/file", &names, &size, &err), -ENOTDIR);
	cr_expect_eq(linux_files_read(fixture.files, "large", 99999, &data, &size, &err), -EFBIG);
	cr_expect_eq(err.kind, ERROR_DAMAGED);
	cr_expect_str_eq(err.message,
			 "'large' has 100000 bytes, more than the 99999 that it can have");
}

Test(linux_ext, the_start_of_a_file_and_a_stream)
{
	CLEANUP_FIXTURE struct fixture fixture = small_fixture();
	CLEANUP_LINUX_STREAM struct linux_stream *stream = NULL;
	CLEANUP_FREE uint8_t *data = NULL;
	struct error err = ERROR_INIT;
	uint64_t file_size, sum = 0;
	size_t size, got = 1;
	char piece[777];

	cr_assert_eq(linux_files_read_start(fixture.files, "link", 3, &data, &size, &file_size,
					    &err),
		     0);
	cr_expect_eq(size, 3);
	cr_expect_eq(file_size, 5);
	cr_expect_str_eq((char *)data, "hel");
	cr_assert_eq(linux_stream_open(fixture.files, "large", &stream, &file_size, &err), 0);
	cr_expect_eq(file_size, 100000);
	while (got) {
		cr_assert_eq(linux_stream_read(stream, piece, sizeof(piece), &got, &err), 0);
		for (size_t i = 0; i < got; i++)
			sum += piece[i] == 'x';
	}
	cr_expect_eq(sum, 100000);
}

/* 0 when all is well; what is wrong is on standard error. */
static int read_locked(struct disk *disk)
{
	struct linux_files *files = NULL;
	struct error err = ERROR_INIT;
	uint8_t *data;
	size_t size = 0;

	if (linux_files_open(disk, &files, &err) < 0 ||
	    linux_files_read(files, "link", 10, &data, &size, &err) < 0)
		fprintf(stderr, "%s\n", err.message);
	return size != 5;
}

/* No system call but those of reading open files is needed. */
Test(linux_ext, works_in_the_sandbox)
{
	struct disk *disk = small_disk();
	pid_t child = fork();
	int status;

	if (child == 0)
		/* Not _exit(): before that AddressSanitizer wants a call that is gone. */
		syscall(SYS_exit_group, lockdown_few_calls() ? read_locked(disk) : 77);
	cr_assert_eq(waitpid(child, &status, 0), child);
	disk_close(disk);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		cr_skip_test("the kernel has no seccomp");
	cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}

/* Everything that can be found is read, whatever it is worth. */
static void read_everything(struct linux_files *files, const char *path, int depth)
{
	char **names;
	size_t count;

	if (linux_files_list(files, path, &names, &count, NULL) < 0)
		return;
	for (size_t i = 0; i < count && i < 200; i++) {
		CLEANUP_FREE char *below = NULL;
		CLEANUP_FREE uint8_t *data = NULL;
		size_t size;

		cr_assert_geq(asprintf(&below, "%s/%s", path, names[i]), 0);
		(void)linux_files_read(files, below, MIB, &data, &size, NULL);
		if (depth < 4)
			read_everything(files, below, depth + 1);
	}
	linux_files_names_free(names, count);
}

static void damage_bytes(uint8_t *bytes, size_t size, uint64_t *seed)
{
	for (uint64_t n = 1 + random_below(seed, 8); n; n--) {
		/* most of the metadata stands in the first 40 KiB */
		size_t at = random_below(seed, random_below(seed, 2) ? 40 * KIB : size);

		bytes[at] =
			(uint8_t)(random_below(seed, 2) ? random_next(seed)
							: bytes[at] ^ 1U << random_below(seed, 8));
	}
}

/* Checksums are taken out of the way: without metadata_csum what is damaged is believed. */
Test(linux_ext, damage_is_an_error_and_no_crash)
{
	uint64_t seed = random_seed("damaged ext file systems");
	size_t size = 0, opened = 0;
	CLEANUP_FREE uint8_t *whole = NULL;
	CLEANUP_FREE uint8_t *bytes = NULL;

	whole = small_bytes("-O ^metadata_csum,^has_journal", &size);
	bytes = malloc(size);
	cr_assert_not_null(bytes);
	for (int round = 0; round < 1500; round++) {
		struct linux_files *files = NULL;
		struct error err = ERROR_INIT;
		struct memory_disk memory;

		memcpy(bytes, whole, size);
		damage_bytes(bytes, size, &seed);
		memory_disk_init(&memory, bytes,
				 round % 8 ? size : 512 * (1 + random_below(&seed, size / 512)));
		if (linux_files_open(&memory.disk, &files, &err) == 0) {
			opened++;
			read_everything(files, "", 0);
		} else
			cr_assert(err.kind == ERROR_DAMAGED || err.kind == ERROR_REFUSED, "%s",
				  err.message);
		linux_files_cleanup(&files);
	}
	cr_expect_gt(opened, 300);
}

/* The superblock is not believed where memory would follow from it. */
Test(linux_ext, a_superblock_that_claims_too_much)
{
	size_t size = 0;
	CLEANUP_FREE uint8_t *bytes = small_bytes("-O ^metadata_csum", &size);
	struct linux_files *files = NULL;
	struct error err = ERROR_INIT;
	struct memory_disk memory;

	memory_disk_init(&memory, bytes, size);
	put_le32(bytes + 1024 + 336, 0x10000);
	cr_expect_eq(linux_files_open(&memory.disk, &files, &err), -EUCLEAN);
	cr_expect(strstr(err.message, "more than the 1048576 of its partition"), "%s", err.message);
	put_le32(bytes + 1024 + 336, 0);
	put_le32(bytes + 1024 + 96, get_le32(bytes + 1024 + 96) | 0x400000);
	cr_expect_eq(linux_files_open(&memory.disk, &files, &err), -EPERM);
	cr_expect_eq(err.refusal, REFUSAL_LINUX_UNREADABLE);
}
