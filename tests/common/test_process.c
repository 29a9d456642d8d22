/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A process's memory and end. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/process.h"

#define BYTES (4U << 20)
#define BLOCK 16384

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

/* Faults of taking the memory in small blocks and writing to it. */
static long use_heap(void)
{
	long before = faults();

	for (size_t i = 0; i < BYTES / BLOCK - 8; i++) {
		char *volatile block = malloc(BLOCK);

		for (size_t at = 0; at < BLOCK; at += 1024)
			block[at] = 1;
	}
	return faults() - before;
}

Test(process, reserved_heap_is_there)
{
	if (process_has_sanitizer())
		cr_skip_test("the heap is the sanitizer's");
	cr_assert_gt(use_heap(), BYTES / 4096 / 2, "else this measures nothing");
	process_reserve_heap(BYTES);
	cr_assert_lt(use_heap(), BYTES / 4096 / 8);
}

Test(process, end_flushes_and_gives_the_status)
{
	char text[8] = "";
	int ends[2], status;
	pid_t pid;

	cr_assert_eq(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDOUT_FILENO);
		printf("text");
		process_end(3);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status));
	cr_assert_eq(WEXITSTATUS(status), 3);
	cr_assert_eq(read(ends[0], text, sizeof(text)), 4);
	cr_assert_str_eq(text, "text");
}
