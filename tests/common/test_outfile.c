/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output files are whole or absent, whatever happens in between. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "common/outfile.h"
#include "tests/support/scratch.h"

TestSuite(outfile, .timeout = 60);

/* A file system without O_TMPFILE (linker option --wrap). */
static bool has_no_nameless_files;

int __real_openat64(int folder, const char *path, int flags, ...);
int __wrap_openat64(int folder, const char *path, int flags, ...);

int __wrap_openat64(int folder, const char *path, int flags, ...)
{
	if (has_no_nameless_files && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return __real_openat64(folder, path, flags, 0600);
}

/* A file system without the flags of renameat2(), on which another program makes a file just before a link(). */
static bool has_no_flags;
static const char *made_before_link;

int __real_renameat2(int from_folder, const char *from, int to_folder, const char *to,
		     unsigned int flags);
int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
		     unsigned int flags);
int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);

int __wrap_renameat2(int from_folder, const char *from, int to_folder, const char *to,
		     unsigned int flags)
{
	if (has_no_flags && flags) {
		errno = EINVAL;
		return -1;
	}
	if (has_no_flags && made_before_link)
		file_write(made_before_link, "theirs", 6);
	return __real_renameat2(from_folder, from, to_folder, to, flags);
}

int __wrap_link(const char *from, const char *to)
{
	if (made_before_link)
		file_write(made_before_link, "theirs", 6);
	return __real_link(from, to);
}

/* Every test works in a folder of its own. */
static void enter(const char *name)
{
	char folder[64];

	snprintf(folder, sizeof(folder), "outfile-%s", name);
	cr_assert_eq(tool_run(NULL, "rm -rf %s && mkdir %s", folder, folder), 0);
	cr_assert_eq(chdir(folder), 0);
}

static size_t count_matches(const char *pattern)
{
	glob_t found;
	size_t count;

	count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
	globfree(&found);
	return count;
}

#define TEMPORARY ".name.hvgen2-*"

static void expect_content(const char *path, const char *text)
{
	CLEANUP_FREE uint8_t *data = file_read(path, NULL);

	cr_assert_not_null(data, "'%s' is missing", path);
	cr_assert_str_eq((char *)data, text);
}

static void check_commit(const char *folder, size_t names)
{
	struct outfile out = OUTFILE_INIT;
	struct stat st;

	enter(folder);
	umask(022);
	cr_assert_eq(outfile_create(&out, "name", false, NULL), 0);
	cr_assert_eq(outfile_write(&out, "world", 5, 6, NULL), 0);
	cr_assert_eq(outfile_write(&out, "hello ", 6, 0, NULL), 0);
	cr_assert_eq(access("name", F_OK), -1);
	cr_assert_eq(count_matches(TEMPORARY), names);
	cr_assert_eq(fstat(out.fd, &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0600, "nobody else reads it while it grows");
	cr_assert_eq(outfile_commit(&out, NULL), 0);
	cr_assert_eq(count_matches(TEMPORARY), 0);
	expect_content("name", "hello world");
	cr_assert_eq(stat("name", &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0644);
	outfile_done(&out);
	expect_content("name", "hello world");
	outfile_done(&out);
}

Test(outfile, exists_from_commit_on)
{
	check_commit("commit", 0);
}

Test(outfile, exists_from_commit_on_without_nameless_files)
{
	has_no_nameless_files = true;
	check_commit("commit-named", 1);
}

Test(outfile, as_private_as_told)
{
	struct stat st;

	enter("private");
	umask(022);
	cr_assert_eq(outfile_write_whole("name", false, 0640, "x", 1, NULL), 0);
	cr_assert_eq(stat("name", &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0640);
}

Test(outfile, only_regular_files)
{
	struct error err = ERROR_INIT;

	enter("kinds");
	cr_assert_eq(mkdir("folder", 0777), 0);
	cr_assert_eq(mkfifo("pipe", 0666), 0);
	cr_assert_eq(symlink("file", "link"), 0);
	file_write("file", "old", 3);
	for (const char *const *name = (const char *const[]){"folder", "pipe", "link", NULL}; *name;
	     name++) {
		err = (struct error)ERROR_INIT;
		cr_assert_eq(outfile_write_whole(*name, true, 0666, "x", 1, &err), -EINVAL);
		cr_assert_eq(err.kind, ERROR_USAGE, "%s", *name);
	}
	expect_content("file", "old");
}

static void check_sparse(const uint8_t *bytes, size_t size, size_t blocks)
{
	CLEANUP_FREE uint8_t *back = NULL;
	struct outfile out = OUTFILE_INIT;
	struct stat st;
	size_t back_size;

	cr_assert_eq(outfile_create(&out, "sparse", true, NULL), 0);
	cr_assert_eq(outfile_write_sparse(&out, bytes, size, NULL), 0);
	cr_assert_eq(outfile_commit(&out, NULL), 0);
	outfile_done(&out);
	back = file_read("sparse", &back_size);
	cr_assert_eq(back_size, size);
	cr_assert_arr_eq(back, bytes, size);
	cr_assert_eq(stat("sparse", &st), 0);
	cr_assert_leq((size_t)st.st_blocks, blocks * 8, "%ld", (long)st.st_blocks);
}

Test(outfile, zeros_are_holes)
{
	CLEANUP_FREE uint8_t *bytes = calloc(1, 100 * 4096 + 512);

	enter("sparse");
	check_sparse(bytes, 0, 0);
	check_sparse(bytes, 100 * 4096, 0);
	bytes[0] = bytes[50 * 4096 - 1] = bytes[50 * 4096] = bytes[100 * 4096 + 511] = 1;
	check_sparse(bytes, 100 * 4096 + 512, 4);
	check_sparse(bytes, 4095, 1);
	check_sparse(bytes + 1, 100 * 4096, 4);
}

static void check_withdraw(const char *folder)
{
	struct outfile out = OUTFILE_INIT, report = OUTFILE_INIT;

	enter(folder);
	file_write("name", "old", 3);
	file_write("report", "old", 3);
	cr_assert_eq(outfile_create(&out, "name", true, NULL), 0);
	cr_assert_eq(outfile_create(&report, "report", true, NULL), 0);
	out.keeps_old = report.keeps_old = true;
	cr_assert_eq(outfile_write(&out, "new", 3, 0, NULL), 0);
	cr_assert_eq(outfile_set_aside(&report, NULL), 0);
	cr_assert_eq(access("report", F_OK), -1);
	cr_assert_eq(outfile_commit(&out, NULL), 0);
	expect_content("name", "new");
	cr_assert_eq(outfile_commit(&report, NULL), 0);
	expect_content("report", "");
	outfile_withdraw(&out, NULL);
	outfile_withdraw(&report, NULL);
	outfile_done(&out);
	outfile_done(&report);
	expect_content("name", "old");
	expect_content("report", "old");
	cr_assert_eq(count_matches(".*.hvgen2-*"), 0);
}

Test(outfile, old_files_come_back)
{
	check_withdraw("withdraw");
}

Test(outfile, old_files_come_back_without_nameless_files)
{
	has_no_nameless_files = true;
	check_withdraw("withdraw-named");
}

Test(outfile, gone_without_commit)
{
	struct outfile out = OUTFILE_INIT;

	enter("gone");
	outfile_done(&out);
	cr_assert_eq(outfile_create(&out, "name", false, NULL), 0);
	cr_assert_eq(outfile_write(&out, "x", 1, 0, NULL), 0);
	outfile_done(&out);
	cr_assert_eq(access("name", F_OK), -1);
	cr_assert_eq(count_matches(TEMPORARY), 0);
}

Test(outfile, does_not_replace)
{
	struct outfile out = OUTFILE_INIT;
	struct error err = ERROR_INIT;

	enter("refuse");
	file_write("name", "old", 3);
	cr_assert_eq(outfile_create(&out, "name", false, &err), -EPERM);
	cr_assert_eq(err.refusal, REFUSAL_OUTPUT_EXISTS);
	cr_assert_str_eq(err.advice, "choose another name for it, or replace it with --force");
	outfile_done(&out);
	cr_assert_eq(count_matches(TEMPORARY), 0);
	expect_content("name", "old");
}

/* A link to nowhere is a file under this name, too. */
Test(outfile, does_not_replace_a_dangling_link)
{
	struct error err = ERROR_INIT;

	enter("link");
	cr_assert_eq(symlink("nowhere", "name"), 0);
	cr_assert_eq(outfile_check_place("name", false, &err), -EINVAL);
	cr_assert_eq(err.kind, ERROR_USAGE);
	cr_assert_eq(outfile_check_place("other", false, &err), 0);
}

/* Somebody else makes the file between create and commit. */
Test(outfile, does_not_replace_what_came_in_between)
{
	struct outfile out = OUTFILE_INIT;
	struct error err = ERROR_INIT;

	enter("race");
	cr_assert_eq(outfile_create(&out, "name", false, NULL), 0);
	cr_assert_eq(outfile_write(&out, "new", 3, 0, NULL), 0);
	file_write("name", "other", 5);
	cr_assert_eq(outfile_commit(&out, &err), -EPERM);
	cr_assert_eq(err.refusal, REFUSAL_OUTPUT_EXISTS);
	outfile_done(&out);
	expect_content("name", "other");
	cr_assert_eq(count_matches(TEMPORARY), 0);
}

Test(outfile, replaces_when_told)
{
	struct outfile out = OUTFILE_INIT;

	enter("replace");
	file_write("name", "old", 3);
	cr_assert_eq(outfile_create(&out, "name", true, NULL), 0);
	cr_assert_eq(outfile_write(&out, "new", 3, 0, NULL), 0);
	expect_content("name", "old");
	cr_assert_eq(outfile_commit(&out, NULL), 0);
	expect_content("name", "new");
	outfile_done(&out);
}

Test(outfile, folder_that_is_not_there)
{
	struct outfile out = OUTFILE_INIT;
	struct error err = ERROR_INIT;

	enter("folder");
	cr_assert_eq(outfile_create(&out, "none/name", false, &err), -ENOENT);
	cr_assert_eq(err.kind, ERROR_FAILED);
	outfile_done(&out);
	file_write("file", "", 0);
	cr_assert_eq(outfile_create(&out, "file/name", false, &err), -ENOTDIR);
	outfile_done(&out);
}

Test(outfile, in_another_folder)
{
	enter("deeper");
	cr_assert_eq(mkdir("sub", 0777), 0);
	cr_assert_eq(outfile_write_whole("sub/name", false, 0666, "text", 4, NULL), 0);
	expect_content("sub/name", "text");
	cr_assert_eq(outfile_write_whole("sub/name", false, 0666, "text", 4, NULL), -EPERM);
	cr_assert_eq(outfile_write_whole("sub/name", true, 0666, "", 0, NULL), 0);
	expect_content("sub/name", "");
}

Test(outfile, no_flags_and_somebody_else_is_faster)
{
	struct outfile out = OUTFILE_INIT;
	struct error err = ERROR_INIT;

	enter("flags");
	has_no_nameless_files = has_no_flags = true;
	cr_assert_eq(outfile_write_whole("name", false, 0666, "ours", 4, NULL), 0);
	expect_content("name", "ours");
	cr_assert_eq(count_matches(TEMPORARY), 0);
	cr_assert_eq(outfile_create(&out, "other", false, NULL), 0);
	cr_assert_eq(outfile_write(&out, "ours", 4, 0, NULL), 0);
	made_before_link = "other";
	cr_assert_eq(outfile_commit(&out, &err), -EPERM);
	cr_assert_eq(err.refusal, REFUSAL_OUTPUT_EXISTS);
	expect_content("other", "theirs");
	outfile_done(&out);
	cr_assert_eq(count_matches(".other.hvgen2-*"), 0);
}

Test(outfile, named_from_the_start)
{
	struct outfile out = OUTFILE_INIT;

	enter("named");
	cr_assert_eq(outfile_create_named(&out, "name", false, NULL), 0);
	cr_assert_eq(count_matches(TEMPORARY), 1);
	cr_assert_eq(outfile_write(&out, "text", 4, 0, NULL), 0);
	cr_assert_eq(outfile_commit(&out, NULL), 0);
	cr_assert_eq(count_matches(TEMPORARY), 0);
	expect_content("name", "text");
	outfile_done(&out);
}

/* A file that may not grow stands for a full disk. */
Test(outfile, no_room)
{
	struct rlimit limit;
	struct outfile out = OUTFILE_INIT;
	struct error err = ERROR_INIT;
	static const uint8_t block[8192];

	enter("room");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 10000;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	cr_assert_eq(outfile_create(&out, "name", false, NULL), 0);
	cr_assert_eq(outfile_write(&out, block, sizeof(block), 0, &err), 0);
	cr_assert_eq(outfile_write(&out, block, sizeof(block), sizeof(block), &err), -EFBIG);
	cr_assert_eq(err.kind, ERROR_FAILED);
	cr_assert_not_null(strstr(err.message, "'name'"),
			   "the final name is the one the user knows");
	outfile_done(&out);
	cr_assert_eq(access("name", F_OK), -1);
	cr_assert_eq(count_matches(TEMPORARY), 0);
}

static void remove_and_leave(int signal)
{
	outfile_remove_all_on_signal();
	_exit(100 + signal);
}

/* A child that has two files open and waits; returns when it does. */
static pid_t start_child(void)
{
	int ready[2];
	pid_t child;
	char byte;

	cr_assert_eq(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		struct outfile a = OUTFILE_INIT, b = OUTFILE_INIT, done = OUTFILE_INIT;

		signal(SIGTERM, remove_and_leave);
		outfile_create(&done, "done", false, NULL);
		outfile_create(&a, "name", false, NULL);
		outfile_create(&b, "name", false, NULL);
		outfile_write(&a, "x", 1, 0, NULL);
		outfile_commit(&done, NULL);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(99);
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static int end_child(pid_t child, int signal)
{
	int status;

	kill(child, signal);
	cr_assert_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Test(outfile, crash_leaves_nothing_or_temporary_files)
{
	enter("crash");
	cr_assert_eq(end_child(start_child(), SIGKILL), -SIGKILL);
	cr_assert_eq(access("name", F_OK), -1);
	cr_assert_eq(count_matches(TEMPORARY), 0);
	cr_assert_eq(access("done", F_OK), 0);
	has_no_nameless_files = true;
	cr_assert_eq(unlink("done"), 0);
	cr_assert_eq(end_child(start_child(), SIGKILL), -SIGKILL);
	cr_assert_eq(access("name", F_OK), -1);
	cr_assert_eq(count_matches(TEMPORARY), 2);
}

Test(outfile, signal_handler_removes_them)
{
	enter("signal");
	has_no_nameless_files = true;
	cr_assert_eq(end_child(start_child(), SIGTERM), 100 + SIGTERM);
	cr_assert_eq(access("name", F_OK), -1);
	cr_assert_eq(count_matches(TEMPORARY), 0);
	cr_assert_eq(access("done", F_OK), 0);
}
