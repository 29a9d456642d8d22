/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of questions when there is nobody to answer. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "convert/grub_reader/reader.h"

/* What the reader finds installed: nothing of it is started here. */
static const char *const tools[] = {"grub-fstest", "nbdfuse", "nbdkit", "fusermount3"};

static void make_tools(void)
{
	char folder[] = "/tmp/test-reader-XXXXXX", path[4096];

	cr_assert_not_null(mkdtemp(folder));
	/* One test becomes this user, and removes it. */
	if (geteuid() == 0)
		cr_assert_eq(chown(folder, 65534, 65534), 0);
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, tools[i]);
		cr_assert_eq(symlink("/bin/true", path), 0);
	}
	setenv("PATH", folder, 1);
}

static void remove_tools(void)
{
	char path[4096];

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", getenv("PATH"), tools[i]);
		unlink(path);
	}
	rmdir(getenv("PATH"));
}

TestSuite(grub_reader, .timeout = 60, .init = make_tools, .fini = remove_tools);

static int ask(struct grub_reader *reader, struct error *err)
{
	struct grub_reader_answer answer;

	return grub_reader_ask(reader,
			       &(const struct grub_reader_question){GRUB_READER_READ,
								    "(loop0,msdos1)", "/x", 1},
			       &answer, err);
}

/* Nor is anybody started. */
Test(grub_reader, what_is_missing_is_named)
{
	CLEANUP_GRUB_READER struct grub_reader *reader = NULL;
	struct error err = ERROR_INIT;
	char path[4096];

	snprintf(path, sizeof(path), "%s/nbdfuse", getenv("PATH"));
	cr_assert_eq(unlink(path), 0);
	reader = grub_reader_start(false);
	cr_assert_not_null(reader);
	if (access("/usr/sbin/nbdfuse", F_OK) == 0)
		cr_skip("found behind PATH");
	if (access("/dev/fuse", R_OK | W_OK) < 0)
		cr_skip("that is missing, too");
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_expect_eq(errno, ECHILD);
	cr_expect_eq(ask(reader, &err), -EPERM);
	cr_expect_eq(err.kind, ERROR_REFUSED);
	cr_expect_eq(err.refusal, REFUSAL_LINUX_UNREADABLE);
	cr_expect(err.is_of_wish, "it is not the disk's fault");
	cr_expect_str_eq(err.message, "not installed here: nbdfuse");
	cr_expect_str_eq(err.advice,
			 "install what is missing (Debian: apt install libnbd-bin), or move /boot "
			 "and root to ext4 in the guest, and convert again");
	cr_expect_eq(grub_reader_check(reader, 0, &err), 0, "no trouble of the host");
}

/* At the limit of processes, which root has not. */
Test(grub_reader, no_process_can_be_started)
{
	CLEANUP_GRUB_READER struct grub_reader *reader = NULL;
	static const char *const keys[] = {"disk=/x", NULL};
	struct error err = ERROR_INIT;

	cr_assert_eq(setrlimit(RLIMIT_NPROC, &(const struct rlimit){0, 0}), 0);
	if (geteuid() == 0)
		cr_assert_eq(setuid(65534), 0);
	reader = grub_reader_start(false);
	cr_assert_not_null(reader);
	grub_reader_set_disk(reader, keys);
	cr_expect_eq(ask(reader, &err), -EAGAIN);
	cr_expect_eq(err.kind, ERROR_FAILED);
	cr_expect(strstr(err.message, "cannot start a process"), "%s", err.message);
	cr_expect_eq(ask(reader, NULL), -EAGAIN);
}

/* Then nobody else may name it. */
Test(grub_reader, a_disk_that_cannot_be_named)
{
	CLEANUP_GRUB_READER struct grub_reader *reader = grub_reader_start(false);
	static const char *const good[] = {"disk=/x", NULL};
	const char *large[] = {"disk=/x", NULL, NULL};
	struct error err = ERROR_INIT;
	char *parent = malloc(70000);

	cr_assert(reader && parent);
	memset(parent, 'x', 69999);
	parent[69999] = '\0';
	large[1] = memcpy(parent, "parent=", 7);
	grub_reader_set_disk(reader, large);
	grub_reader_set_disk(reader, good);
	cr_expect_eq(ask(reader, &err), -E2BIG);
	cr_expect_eq(err.kind, ERROR_FAILED);
	free(parent);
}

/* The only child. */
static pid_t find_reader(void)
{
	char path[64];
	FILE *file;
	int pid = 0;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	file = fopen(path, "r");
	if (file) {
		cr_assert_eq(fscanf(file, "%d", &pid), 1);
		fclose(file);
	}
	return pid;
}

Test(grub_reader, one_that_died_is_an_error)
{
	CLEANUP_GRUB_READER struct grub_reader *reader = grub_reader_start(false);
	struct error err = ERROR_INIT;
	pid_t pid = find_reader();

	if (pid == 0)
		cr_skip("this kernel does not list children");
	kill(pid, SIGKILL);
	cr_assert_eq(waitpid(pid, NULL, 0), pid);
	signal(SIGPIPE, SIG_DFL);
	cr_expect_eq(ask(reader, &err), -EPIPE);
	cr_expect_eq(err.kind, ERROR_FAILED);
	err = (struct error)ERROR_INIT;
	cr_expect_eq(grub_reader_check(reader, 0, &err), -EPIPE, "no verdict without it");
}
