/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A converted sample VM for the tests of 'hvgen2 verify': see sample.h. */
#include "sample.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/scratch.h"

static void must_run(const char *command)
{
	char *output;
	int status = tool_run(&output, "%s", command);

	cr_assert_eq(status, 0, "status %d: %s: %s", status, command, output);
	free(output);
}

/* The tests run in parallel: the first one makes it, and again when the programs are newer. */
static void make_base(void)
{
	int lock;

	mkdir(BUILD_DIR "/tests", 0777);
	mkdir(SAMPLE_BASE, 0777);
	lock = open(SAMPLE_BASE "/lock", O_CREAT | O_RDWR | O_CLOEXEC, 0666);
	cr_assert_geq(lock, 0);
	cr_assert_eq(flock(lock, LOCK_EX), 0);
	must_run("cd " SAMPLE_BASE " && if ! [ done -nt " HVGEN2 " -a done -nt " MKVM " ]; then "
		 "rm -f vm.vhdx && " MKVM " --small vm.vhdx && " HVGEN2
		 " convert --force -o sample.vhdx vm.vhdx && rm vm.vhdx && touch done; fi");
	close(lock);
}

void sample_init(struct sample *sample)
{
	char command[1600];

	if (!tool_exists("mtype") || !tool_exists("fsck.fat") || !tool_exists("qemu-img"))
		cr_skip_test("mtools, dosfstools or qemu-img is not installed");
	make_base();
	snprintf(sample->folder, sizeof(sample->folder), BUILD_DIR "/tests/verify-XXXXXX");
	cr_assert_not_null(mkdtemp(sample->folder));
	snprintf(sample->disk, sizeof(sample->disk), "%s/vm.vhdx", sample->folder);
	snprintf(sample->store, sizeof(sample->store), "%s/vm.vmgs", sample->folder);
	snprintf(command, sizeof(command),
		 "cp --sparse=always " SAMPLE_BASE "/sample.vhdx '%s' && cp " SAMPLE_BASE
		 "/sample.vmgs '%s'",
		 sample->disk, sample->store);
	must_run(command);
}

void sample_done(const struct sample *sample)
{
	char command[600];

	if (!sample->folder[0])
		return;
	snprintf(command, sizeof(command), "rm -rf '%s'", sample->folder);
	must_run(command);
}

/* A sanitizer's exit status could be taken for a failed check: look for its words. */
char *sample_verify(const struct sample *sample, const char *options, int *ret_status)
{
	char *output;

	*ret_status = tool_run(&output, HVGEN2 " verify %s '%s'", options, sample->disk);
	cr_assert_null(strstr(output, "Sanitizer"), "%s", output);
	cr_assert_null(strstr(output, "runtime error"), "%s", output);
	return output;
}

void assert_line(const char *output, const char *line)
{
	cr_assert_not_null(strstr(output, line), "'%s' is not in:\n%s", line, output);
}
