/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Progress as lines of JSON, with the question in between. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "convert/cmd/progress.h"

static unsigned int count_lines(const char *path, const char *text)
{
	char line[512];
	unsigned int count = 0;
	FILE *file = fopen(path, "r");

	cr_assert_not_null(file);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, text) != NULL;
	fclose(file);
	return count;
}

/* Asked when a phase begins, and when it is over: each state is told once. */
Test(progress, no_line_stands_twice)
{
	static const char path[] = "progress-asked";
	struct progress_wish wish = {.style = PROGRESS_NONE};
	struct progress_view view;

	wish.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	cr_assert(wish.fd >= 0 && dup2(wish.fd, STDERR_FILENO) >= 0);
	progress_start(&view, &wish, /*verbose=*/false, /*quiet=*/false);
	progress_listen();
	raise(SIGUSR1);
	progress_tell(&view.tell, PROGRESS_CHECKS, 0, 5);
	raise(SIGUSR1);
	progress_tell(&view.tell, PROGRESS_CHECKS, 5, 5);
	progress_tell(&view.tell, PROGRESS_CHECKS, 5, 5);
	cr_expect_eq(count_lines(path, "\"done\":0,"), 1);
	cr_expect_eq(count_lines(path, "\"done\":5,"), 1);
}
