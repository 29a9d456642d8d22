/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is left of an output, and what a run has in hand. */
#include "common/leftover.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/outfile.h"
#include "tests/support/scratch.h"

struct seen {
	size_t counts[LEFTOVER_OF_OTHER + 1];
	char last[256];
};

static void see(void *context, const char *path, enum leftover what)
{
	struct seen *seen = context;

	seen->counts[what]++;
	snprintf(seen->last, sizeof(seen->last), "%s", path);
}

static struct seen look(bool removes)
{
	static const char *const outputs[] = {"a", NULL, "./sub/../a", "sub/a"};
	struct seen seen = {.last = ""};

	leftover_find(outputs, 4, removes, see, &seen);
	return seen;
}

static void enter(const char *name)
{
	cr_assert_eq(tool_run(NULL, "rm -rf %s && mkdir -p %s/sub", name, name), 0);
	cr_assert_eq(chdir(name), 0);
}

/* As a run does it that is killed: nothing of the program runs any more. */
static void die_with_file(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		struct outfile out = OUTFILE_INIT;

		_exit(outfile_create_named(&out, "a", false, NULL) < 0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
}

Test(leftover, what_lives_stays)
{
	CLEANUP_OUTFILE struct outfile out = OUTFILE_INIT;
	struct seen seen;

	enter("leftover-live");
	cr_assert_eq(outfile_create_named(&out, "a", false, NULL), 0);
	die_with_file();
	seen = look(/*removes=*/true);
	cr_assert_eq(seen.counts[LEFTOVER_REMOVED], 1);
	cr_assert_eq(seen.counts[LEFTOVER_OURS] + seen.counts[LEFTOVER_OF_OTHER], 0);
	cr_assert_eq(access(seen.last, F_OK), -1);
	cr_assert_eq(access(out.temporary, F_OK), 0);
	cr_assert_eq(outfile_commit(&out, NULL), 0);
	cr_assert_eq(access("a", F_OK), 0);
}

Test(leftover, is_of_its_folder_and_name)
{
	static const char *const others[] = {
		".b.hvgen2-abcdef", /* another output */
		"sub/.b.hvgen2-abcdef",
		".aa.hvgen2-abcdef",
	};
	static const char *const none[] = {"a.hvgen2-abcdef", ".a.hvgen2-abcde", ".hvgen2-abcdef",
					   ".a.hvgen2-abcdefg"};
	struct seen seen;

	enter("leftover-names");
	for (size_t i = 0; i < 3; i++)
		file_write(others[i], "x", 1);
	for (size_t i = 0; i < 4; i++)
		file_write(none[i], "x", 1);
	file_write(".a.hvgen2-old-abcdef", "x", 1);
	file_write("sub/.a.hvgen2-abcdef", "x", 1);
	seen = look(/*removes=*/false);
	cr_assert_eq(seen.counts[LEFTOVER_OURS], 1);
	cr_assert_eq(seen.counts[LEFTOVER_OF_OTHER], 3);
	cr_assert_eq(seen.counts[LEFTOVER_OLD], 1);
	seen = look(/*removes=*/true);
	cr_assert_eq(seen.counts[LEFTOVER_REMOVED], 1);
	cr_assert_eq(access("sub/.a.hvgen2-abcdef", F_OK), -1);
	cr_assert_eq(access(".a.hvgen2-old-abcdef", F_OK), 0);
}
