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

/* What the reader finds installed is no GRUB. */
static char grub[4096];

static void make_tools(void)
{
	char folder[] = "/tmp/test-reader-XXXXXX";

	cr_assert_not_null(mkdtemp(folder));
	/* One test becomes this user, and removes it. */
	if (geteuid() == 0)
		cr_assert_eq(chown(folder, 65534, 65534), 0);
	snprintf(grub, sizeof(grub), "%s/grub-fstest", folder);
	cr_assert_eq(symlink("/bin/true", grub), 0);
	setenv("PATH", folder, 1);
}

static void remove_tools(void)
{
	unlink(grub);
	rmdir(getenv("PATH"));
}

TestSuite(grub_reader, .timeout = 60, .init = make_tools, .fini = remove_tools);

static int ask(struct grub_reader *reader, struct error *err)
{
	static struct disk disk = {.name = "x", .size = 512, .sector_size = 512};
	struct grub_reader_answer answer;

	grub_reader_set_disk(reader, &disk);
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

	cr_assert_eq(unlink(grub), 0);
	reader = grub_reader_start(false);
	cr_assert_not_null(reader);
	if (access("/usr/sbin/grub-fstest", F_OK) == 0)
		cr_skip("found behind PATH");
	cr_expect_eq(waitpid(-1, NULL, WNOHANG), -1);
	cr_expect_eq(errno, ECHILD);
	cr_expect_eq(ask(reader, &err), -EPERM);
	cr_expect_eq(err.kind, ERROR_REFUSED);
	cr_expect_eq(err.refusal, REFUSAL_LINUX_UNREADABLE);
	cr_expect(err.is_of_wish, "it is not the disk's fault");
	cr_expect_str_eq(err.message, "grub-fstest is not installed here");
	cr_expect_str_eq(err.advice, "install it (Debian: apt install grub-common), or move /boot "
				     "and root to ext4 in the guest, and convert again");
	cr_expect_eq(grub_reader_check(reader, 0, &err), 0, "no trouble of the host");
}

/* At the limit of processes, which root has not. */
Test(grub_reader, no_process_can_be_started)
{
	CLEANUP_GRUB_READER struct grub_reader *reader = NULL;
	struct error err = ERROR_INIT;

	cr_assert_eq(setrlimit(RLIMIT_NPROC, &(const struct rlimit){0, 0}), 0);
	if (geteuid() == 0)
		cr_assert_eq(setuid(65534), 0);
	reader = grub_reader_start(false);
	cr_assert_not_null(reader);
	cr_expect_eq(ask(reader, &err), -EAGAIN);
	cr_expect_eq(err.kind, ERROR_FAILED);
	cr_expect(strstr(err.message, "cannot start a process"), "%s", err.message);
	cr_expect_eq(ask(reader, NULL), -EAGAIN);
}

/* Nobody has said of which disk. */
Test(grub_reader, no_disk)
{
	CLEANUP_GRUB_READER struct grub_reader *reader = grub_reader_start(false);
	const struct grub_reader_question question = {GRUB_READER_PROBE, "(loop0,gpt1)", "", 1};
	struct grub_reader_answer answer;
	struct error err = ERROR_INIT;

	cr_assert_not_null(reader);
	cr_expect_eq(grub_reader_ask(reader, &question, &answer, &err), -EPROTO);
	cr_expect_eq(err.kind, ERROR_FAILED);
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
