/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writing when things go wrong: the process dies at any of its calls, the disk is full, calls fail,
 * copy_file_range() or direct writing is not to be had. Demanded is always: no output, or a whole
 * one; an error that says so; and no temporary file left behind by a process that lives.
 *
 * The calls are intercepted by the linker (--wrap), so that the library is tested as it is.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/outfile.h"
#include "tests/vhd/build.h"
#include "tests/vhd/patched.h"
#include "tests/vhd/support.h"

TestSuite(faults, .fini = support_clean, .timeout = 600);

/* How bytes get from file to file. */
enum way { WAY_KERNEL, WAY_DIRECT };

enum fault { FAULT_NONE, FAULT_ERROR, FAULT_DEATH, FAULT_TORN };

static struct {
	enum fault fault;
	int code;
	long at;       /* the call that goes wrong, from 0 */
	long calls;    /* so far */
	int copy_code; /* copy_file_range() fails always with this; -1: it copies little, -2:
			  nothing */
	int sync_code; /* waiting for written data fails with this from call 'at' on */
	long syncs;
	int read_code; /* reading fails from call 'at' on */
	long reads;
	enum way way;
	int direct_code;  /* writing directly fails with this; SHORT: it writes little */
	bool no_mapping;  /* files cannot be mapped */
	long direct_done; /* direct calls that wrote something */
} plan;

#define SHORT -1

/* 0: go on, else the errno to fail with. May not return. */
static int next_call(int fd, const void *bytes, size_t length, off_t offset)
{
	if (plan.calls++ != plan.at || plan.fault == FAULT_NONE)
		return 0;
	if (plan.fault == FAULT_ERROR)
		return plan.code;
	if (plan.fault == FAULT_TORN && bytes &&
	    syscall(SYS_pwrite64, fd, bytes, round_down(length / 2, 512), offset) < 0)
		_exit(8);
	_exit(9);
}

ssize_t __real_pwrite64(int fd, const void *bytes, size_t length, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t length, off_t offset);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t length, off_t offset)
{
	int code = next_call(fd, bytes, length, offset);
	bool direct = fcntl(fd, F_GETFL) & O_DIRECT;
	ssize_t n;

	if (code == 0 && direct && plan.direct_code > 0)
		code = plan.direct_code;
	if (code) {
		errno = code;
		return -1;
	}
	n = __real_pwrite64(fd, bytes,
			    direct && plan.direct_code == SHORT ? min_u64(length, 9 * 512) : length,
			    offset);
	plan.direct_done += direct && n > 0;
	return n;
}

int __real_fstatfs64(int fd, struct statfs *fs);
int __wrap_fstatfs64(int fd, struct statfs *fs);
int __wrap_fstatfs64(int fd, struct statfs *fs)
{
	int r = __real_fstatfs64(fd, fs);

	fs->f_type = plan.way == WAY_DIRECT ? EXT4_SUPER_MAGIC : NFS_SUPER_MAGIC;
	return r;
}

/* No sharing of blocks (FICLONERANGE): it leaves nothing to write. */
int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
	(void)fd;
	(void)request;
	errno = EOPNOTSUPP;
	return -1;
}

void *__real_mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (!plan.no_mapping)
		return __real_mmap64(at, length, protection, flags, fd, offset);
	errno = ENODEV;
	return MAP_FAILED;
}

ssize_t __real_pread64(int fd, void *bytes, size_t length, off_t offset);
ssize_t __wrap_pread64(int fd, void *bytes, size_t length, off_t offset);
ssize_t __wrap_pread64(int fd, void *bytes, size_t length, off_t offset)
{
	if (plan.read_code && plan.reads++ >= plan.at) {
		errno = plan.read_code;
		return -1;
	}
	return __real_pread64(fd, bytes, length, offset);
}

ssize_t __real_copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t length,
			       unsigned int flags);
ssize_t __wrap_copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t length,
			       unsigned int flags);
ssize_t __wrap_copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t length,
			       unsigned int flags)
{
	int code = next_call(out, NULL, 0, 0);

	if (plan.copy_code == -2)
		return 0;
	if (plan.copy_code == -1)
		length = length < 5000 ? length : 5000;
	if (code || plan.copy_code > 0) {
		errno = code ? code : plan.copy_code;
		return -1;
	}
	return __real_copy_file_range(in, in_at, out, out_at, length, flags);
}

#define WRAP_ON_FD(name, declaration, call)                                                        \
	int __real_##name declaration;                                                             \
	int __wrap_##name declaration;                                                             \
	int __wrap_##name declaration                                                              \
	{                                                                                          \
		int code = next_call(-1, NULL, 0, 0);                                              \
                                                                                                   \
		if (code) {                                                                        \
			errno = code;                                                              \
			return -1;                                                                 \
		}                                                                                  \
		return __real_##name call;                                                         \
	}

WRAP_ON_FD(ftruncate64, (int fd, off_t size), (fd, size))
WRAP_ON_FD(fsync, (int fd), (fd))
WRAP_ON_FD(renameat2, (int a, const char *from, int b, const char *to, unsigned int flags),
	   (a, from, b, to, flags))

int __real_sync_file_range(int fd, off_t offset, off_t length, unsigned int flags);
int __wrap_sync_file_range(int fd, off_t offset, off_t length, unsigned int flags);
int __wrap_sync_file_range(int fd, off_t offset, off_t length, unsigned int flags)
{
	if (flags & SYNC_FILE_RANGE_WAIT_AFTER && plan.syncs++ >= plan.at && plan.sync_code) {
		errno = plan.sync_code;
		return -1;
	}
	return __real_sync_file_range(fd, offset, length, flags);
}

struct scene {
	char *folder;
	char *oracle;
	char *parent_path;
	char *output;
	char *reference;
	struct disk *parent;
	struct patched contents;
	enum vhd_type type;
};

static int write_output(struct scene *s, const char *path, struct error *err)
{
	CLEANUP_OUTFILE struct outfile out = OUTFILE_INIT;
	struct vhdx_spec spec = sample_spec(s->type, MIB);
	struct vhdx_parent parent = {.disk = s->parent, .relative_path = "parent.vhdx"};
	int r = outfile_create(&out, path, true, err);

	spec.parent = &parent;
	if (r == 0)
		r = vhdx_write(out.fd, path, &spec, &s->contents.disk, NULL, err);
	return r < 0 ? r : outfile_commit(&out, err);
}

/* A source, changes to it, and what comes of them when nothing goes wrong. */
static void make_scene(struct scene *s, enum vhd_type type, enum way way)
{
	uint64_t state = 99;
	struct error err = ERROR_INIT;

	plan.at = -1;
	plan.way = WAY_KERNEL;
	*s = (struct scene){.folder = test_path("folder"),
			    .oracle = test_path("oracle"),
			    .type = type};
	cr_assert(asprintf(&s->parent_path, "%s/parent.%s", s->folder,
			   way == WAY_DIRECT ? "raw" : "vhdx") > 0);
	cr_assert(asprintf(&s->output, "%s/output.vhdx", s->folder) > 0);
	cr_assert(asprintf(&s->reference, "%s/reference.vhdx", s->folder) > 0);
	cr_assert_eq(run("rm -rf '%s' '%s'; mkdir '%s'", s->folder, s->oracle, s->folder), 0);
	if (way == WAY_DIRECT) { /* a raw disk: it has longer runs of data */
		make_raw(s->parent_path, 8 * MIB, 3, 6 * MIB, 4);
		cr_assert_eq(run("cp '%s' '%s'", s->parent_path, s->oracle), 0);
	} else {
		build_vhdx(s->parent_path, s->oracle,
			   &(struct vhdx_recipe){.size = 8 * MIB,
						 .block_size = MIB,
						 .sector_size = 512,
						 .states = STATES(MAY_BE(0) MAY_BE(6)),
						 .seed = 4});
	}
	s->parent = open_disk(s->parent_path);
	patched_init(&s->contents, s->parent, s->parent->size);
	patched_randomise(&s->contents, s->oracle, 5, 20000, &state, 1);
	cr_assert_eq(write_output(s, s->reference, &err), 0, "%s", err.message);
	plan.way = way;
}

static void free_scene(struct scene *s)
{
	disk_close(s->parent);
	patched_done(&s->contents);
	free(s->folder);
	free(s->oracle);
	free(s->parent_path);
	free(s->output);
	free(s->reference);
}
#define SCENE CLEANUP(free_scene) struct scene

static long count_calls(struct scene *s)
{
	struct error err = ERROR_INIT;

	plan.calls = 0;
	cr_assert_eq(write_output(s, s->output, &err), 0, "%s", err.message);
	cr_assert_eq(unlink(s->output), 0);
	return plan.calls;
}

/* Under the final name: nothing, or what an undisturbed run writes. Under a temporary name: nothing
 * that opens. */
static void expect_nothing_or_whole(struct scene *s, long at, bool may_leave_temporary)
{
	CLEANUP_FREE char *temporary = NULL;

	if (access(s->output, F_OK) == 0)
		cr_assert_eq(run("cmp '%s' '%s'", s->output, s->reference), 0, "point %ld", at);
	if (run("ls '%s'/.output* ", s->folder) != 0)
		return;
	cr_assert(may_leave_temporary, "point %ld leaves a temporary file", at);
	cr_assert(asprintf(&temporary, "%s/temporary", s->folder) > 0);
	cr_assert_eq(run("mv '%s'/.output* '%s'", s->folder, temporary), 0);
	if (run("cmp '%s' '%s'", temporary, s->reference) != 0) {
		plan.at = -1;
		open_error(temporary);
	}
	unlink(temporary);
}

/* A raw disk without a zero: 55 55 ..., with a boot signature. */
static void make_full(const char *path, int mib)
{
	cr_assert_eq(run("head -c %dM /dev/zero | tr '\\0' U >'%s'", mib, path), 0);
	cr_assert_eq(run("printf '\\252' | dd of='%s' bs=1 seek=511 conv=notrunc", path), 0);
}

struct death {
	enum vhd_type type;
	enum way way;
};

ParameterizedTestParameters(faults, death_at_every_call)
{
	static struct death deaths[] = {
		{VHD_TYPE_DYNAMIC, WAY_KERNEL},	     {VHD_TYPE_FIXED, WAY_KERNEL},
		{VHD_TYPE_DIFFERENCING, WAY_KERNEL}, {VHD_TYPE_DYNAMIC, WAY_DIRECT},
		{VHD_TYPE_FIXED, WAY_DIRECT},
	};

	return cr_make_param_array(struct death, deaths, ARRAY_SIZE(deaths));
}

ParameterizedTest(struct death *death, faults, death_at_every_call)
{
	SCENE s;
	long points;

	make_scene(&s, death->type, death->way);
	points = count_calls(&s);
	cr_assert_gt(points, 10);
	cr_log_info("%ld crash points, whole and torn", points);
	for (long i = 0; i < 2 * points; i++) {
		struct error err = ERROR_INIT;
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			plan.fault = i % 2 ? FAULT_TORN : FAULT_DEATH;
			plan.at = i / 2;
			plan.calls = 0;
			write_output(&s, s.output, &err);
			_exit(0);
		}
		cr_assert_eq(waitpid(pid, &status, 0), pid);
		cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 9, "point %ld: %x", i,
			  (unsigned int)status);
		expect_nothing_or_whole(&s, i, true);
		unlink(s.output);
	}
}

struct failure {
	int code;
	enum way way;
};

ParameterizedTestParameters(faults, error_at_every_call)
{
	static struct failure failures[] = {
		{ENOSPC, WAY_KERNEL}, {EIO, WAY_KERNEL}, {EDQUOT, WAY_KERNEL}, {EFBIG, WAY_KERNEL},
		{ENOSPC, WAY_DIRECT}, {EIO, WAY_DIRECT}, {EDQUOT, WAY_DIRECT}, {EFBIG, WAY_DIRECT},
	};

	return cr_make_param_array(struct failure, failures, ARRAY_SIZE(failures));
}

ParameterizedTest(struct failure *failure, faults, error_at_every_call)
{
	SCENE s;
	long points;

	make_scene(&s, VHD_TYPE_DYNAMIC, failure->way);
	points = count_calls(&s);
	for (long i = 0; i < points; i++) {
		struct error err = ERROR_INIT;
		int r;

		plan.fault = FAULT_ERROR;
		plan.code = failure->code;
		plan.at = i;
		plan.calls = 0;
		r = write_output(&s, s.output, &err);
		plan.fault = FAULT_NONE;
		if (r < 0) {
			cr_assert_eq(err.kind, ERROR_FAILED, "point %ld: %s", i, err.message);
			cr_assert_eq(err.code, failure->code, "point %ld: %s", i, err.message);
			cr_assert(strstr(err.message, "output.vhdx"), "%s", err.message);
		} else { /* EIO of copy_file_range() is left to read() and write(), which did it */
			cr_assert_eq(failure->code, EIO, "point %ld", i);
		}
		expect_nothing_or_whole(&s, i, false);
		unlink(s.output);
	}
}

ParameterizedTestParameters(faults, without_copy_file_range)
{
	static int codes[] = {EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM, -1, -2};

	return cr_make_param_array(int, codes, ARRAY_SIZE(codes));
}

ParameterizedTest(int *code, faults, without_copy_file_range)
{
	SCENE s;
	struct error err = ERROR_INIT;

	make_scene(&s, VHD_TYPE_DYNAMIC, WAY_KERNEL);
	plan.copy_code = *code;
	cr_assert_eq(write_output(&s, s.output, &err), 0, "%s", err.message);
	cr_assert_eq(run("cmp '%s' '%s'", s.output, s.reference), 0);
}

/* Can files of the build folder be written directly? */
static bool can_write_directly(void)
{
	CLEANUP_FREE char *path = test_path("direct");
	CLEANUP_FD int fd = open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);

	return fd >= 0;
}

struct obstacle {
	int code;
	bool no_mapping;
	bool writes;
};

ParameterizedTestParameters(faults, without_direct_writing)
{
	static struct obstacle obstacles[] = {
		{.writes = true},     {.code = SHORT, .writes = true},
		{.code = EINVAL},     {.code = EFAULT},
		{.code = EOPNOTSUPP}, {.code = ENOMEM},
		{.no_mapping = true},
	};

	return cr_make_param_array(struct obstacle, obstacles, ARRAY_SIZE(obstacles));
}

/* All ways write the same. */
ParameterizedTest(struct obstacle *obstacle, faults, without_direct_writing)
{
	SCENE s;
	struct error err = ERROR_INIT;

	if (!can_write_directly())
		cr_skip_test("the file system of the build folder has no O_DIRECT");
	make_scene(&s, VHD_TYPE_DYNAMIC, WAY_DIRECT);
	cr_assert_eq(plan.direct_done, 0);
	plan.direct_code = obstacle->code;
	plan.no_mapping = obstacle->no_mapping;
	cr_assert_eq(write_output(&s, s.output, &err), 0, "%s", err.message);
	cr_assert_eq(plan.direct_done > 0, obstacle->writes);
	cr_assert_eq(run("cmp '%s' '%s'", s.output, s.reference), 0);
}

struct shrinking {
	const char *path;
	bool done;
};

static void shrink(void *opaque, uint64_t done, uint64_t total)
{
	struct shrinking *source = opaque;

	if (source->done || done < total / 2)
		return;
	source->done = true;
	cr_assert_eq(truncate(source->path, (off_t)(done + MIB)), 0);
}

/* Somebody cuts the source short while it is copied: an error, whichever way finds it. */
ParameterizedTestParameters(faults, source_shrinks)
{
	static enum way ways[] = {WAY_KERNEL, WAY_DIRECT};

	return cr_make_param_array(enum way, ways, ARRAY_SIZE(ways));
}

ParameterizedTest(enum way *way, faults, source_shrinks)
{
	CLEANUP_FREE char *path = test_path("raw"), *output = test_path("output.vhdx");
	CLEANUP_OUTFILE struct outfile out = OUTFILE_INIT;
	struct shrinking source = {.path = path};
	struct vhd_progress progress = {.update = shrink, .opaque = &source};
	struct vhdx_spec spec = sample_spec(VHD_TYPE_FIXED, MIB);
	struct error err = ERROR_INIT;
	struct disk *disk;

	plan.at = -1;
	plan.way = *way;
	make_full(path, 64);
	disk = open_disk(path);
	cr_assert_eq(outfile_create(&out, output, false, &err), 0);
	cr_assert_lt(vhdx_write(out.fd, output, &spec, disk, &progress, &err), 0);
	cr_assert(source.done);
	cr_assert_eq(err.kind, ERROR_FAILED);
	cr_assert(strstr(err.message, path), "%s", err.message);
	disk_close(disk);
}

/* The device refuses what was written: waiting for a piece tells it, and fsync() not again. */
Test(faults, device_refuses_a_piece)
{
	CLEANUP_FREE char *path = test_path("full.raw");
	static const int refusals[] = {EIO, ENOSPC, EDQUOT};
	SCENE s = {.output = test_path("output.vhdx"), .type = VHD_TYPE_FIXED};
	struct error first = ERROR_INIT;
	long pieces;

	make_full(path, 352);
	s.parent = open_disk(path);
	patched_init(&s.contents, s.parent, s.parent->size);
	cr_assert_eq(write_output(&s, s.output, &first), 0, "%s", first.message);
	pieces = plan.syncs;
	cr_assert_gt(pieces, 2);
	for (long i = 0; i < pieces * (long)ARRAY_SIZE(refusals); i++) {
		struct error err = ERROR_INIT;

		unlink(s.output);
		plan.sync_code = refusals[i / pieces];
		plan.at = i % pieces;
		plan.syncs = 0;
		cr_assert_eq(write_output(&s, s.output, &err), -plan.sync_code);
		cr_assert_eq(plan.syncs, plan.at + 1);
		cr_assert_eq(err.code, plan.sync_code);
		cr_assert(strstr(err.message, "output.vhdx"), "%s", err.message);
		cr_assert_neq(access(s.output, F_OK), 0);
	}
}

/* A file system that cannot be told to write, as some network file systems. */
Test(faults, without_sync_file_range)
{
	CLEANUP_FREE char *path = test_path("full.raw");
	SCENE s = {.output = test_path("output.vhdx"),
		   .reference = test_path("reference.vhdx"),
		   .type = VHD_TYPE_FIXED};
	struct error err = ERROR_INIT;

	make_full(path, 352);
	s.parent = open_disk(path);
	patched_init(&s.contents, s.parent, s.parent->size);
	cr_assert_eq(write_output(&s, s.reference, &err), 0, "%s", err.message);
	plan.sync_code = EINVAL;
	plan.syncs = plan.at = 0;
	cr_assert_eq(write_output(&s, s.output, &err), 0, "%s", err.message);
	cr_assert_eq(run("cmp '%s' '%s'", s.output, s.reference), 0);
	cr_assert_gt(plan.syncs, 1);
}

/* The source's disk fails at any read: an error, no output. */
Test(faults, source_cannot_be_read)
{
	SCENE s;
	bool finished = false;

	make_scene(&s, VHD_TYPE_DYNAMIC, WAY_KERNEL);
	for (long i = 0; i < 1000 && !finished; i++) {
		struct error err = ERROR_INIT;
		struct disk *disk = NULL;
		int r;

		plan.read_code = EIO;
		plan.copy_code = EXDEV;
		plan.at = i;
		plan.reads = 0;
		r = vhd_open(s.parent_path, NULL, &disk, &err);
		if (r == 0)
			r = write_output(&s, s.output, &err);
		plan.read_code = 0;
		disk_close(disk);
		finished = r == 0;
		cr_assert(finished || (err.kind == ERROR_FAILED && err.code == EIO), "read %ld: %s",
			  i, err.message);
		cr_assert_eq(access(s.output, F_OK) == 0, finished);
	}
	cr_assert(finished);
}
