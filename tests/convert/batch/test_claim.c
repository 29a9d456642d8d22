/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A claim has one owner, ends with him, and with nobody's clock. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "convert/batch/state/claim.h"
#include "tests/support/scratch.h"

TestSuite(claim, .timeout = 120);

/* Of 200 rounds each has one winner. */
#define ROUNDS 200

static int enter(const char *name)
{
	char folder[64];
	int fd;

	snprintf(folder, sizeof(folder), "claim-%s", name);
	cr_assert_eq(tool_run(NULL, "rm -rf %s && mkdir %s", folder, folder), 0);
	fd = open(folder, O_RDONLY | O_DIRECTORY);
	cr_assert(fd >= 0);
	return fd;
}

static struct claim take(int folder, const char *name, int wanted)
{
	struct claim claim = CLAIM_INIT;
	struct error err = ERROR_INIT;

	cr_assert_eq(claim_take(folder, name, 60, &claim, &err), wanted, "%s", err.message);
	return claim;
}

/* Who is told that he has it, in one letter a round. */
static void race(int folder, int start, int end)
{
	char letters[ROUNDS], name[16], byte;

	for (int i = 0; i < ROUNDS; i++) {
		struct claim claim = CLAIM_INIT;
		int r;

		snprintf(name, sizeof(name), "%d", i);
		if (read(start, &byte, 1) != 1)
			_exit(1);
		r = claim_take(folder, name, 60, &claim, NULL);
		letters[i] = "eny"[r + 1]; /* an error, no, yes */
		if (write(end, &letters[i], 1) != 1)
			_exit(1);
	}
	_exit(0);
}

/* One folder, or in HVGEN2_CLAIM_FOLDERS the same one by two ways ("/mnt/a:/mnt/b"), as two hosts have it. */
static void enter_twice(int folders[2])
{
	CLEANUP_FREE char *both =
		getenv("HVGEN2_CLAIM_FOLDERS") ? strdup(getenv("HVGEN2_CLAIM_FOLDERS")) : NULL;
	char *rest = both;

	for (int i = 0; i < 2; i++) {
		const char *path = both ? strsep(&rest, ":") : NULL;

		if (path)
			folders[i] = open(path, O_RDONLY | O_DIRECTORY);
		else
			folders[i] = i ? folders[0] : enter("race");
		cr_assert(folders[i] >= 0);
	}
}

Test(claim, one_winner_in_every_round)
{
	int folders[2], starts[2][2], ends[2][2], status;
	unsigned int wins[2] = {0, 0};

	enter_twice(folders);

	for (int i = 0; i < 2; i++) {
		cr_assert(pipe(starts[i]) == 0 && pipe(ends[i]) == 0);
		if (fork() == 0)
			race(folders[i], starts[i][0], ends[i][1]);
	}
	for (int i = 0; i < ROUNDS; i++) {
		char letters[2];

		cr_assert_eq(write(starts[i % 2][1], "x", 1), 1);
		cr_assert_eq(write(starts[1 - i % 2][1], "x", 1), 1);
		cr_assert_eq(read(ends[0][0], &letters[0], 1), 1);
		cr_assert_eq(read(ends[1][0], &letters[1], 1), 1);
		cr_assert_eq(letters[0] + letters[1], 'n' + 'y', "round %d: %c and %c", i,
			     letters[0], letters[1]);
		wins[letters[1] == 'y']++;
	}
	cr_log_info("%u and %u", wins[0], wins[1]);
	while (wait(&status) > 0)
		cr_assert_eq(status, 0);
	if (!getenv("HVGEN2_CLAIM_FOLDERS"))
		cr_assert_eq(tool_run(NULL, "test -z \"$(find claim-race -name '.*' -type f)\""),
			     0);
}

/* Instead of that of the C library, here and in what is tested: as sshfs, to which the server does not say that the name is there
 * already, or as a file system without links, or one whose file another has removed meanwhile. */
static enum { LINKS, LINKS_OF_SSHFS, NO_LINKS, GONE } links;
static unsigned int links_asked;

int linkat(int from, const char *old, int to, const char *name, int flags)
{
	int r;

	if (links == NO_LINKS || links == GONE) {
		errno = links == GONE && links_asked++ > 0 ? ENOENT : EPERM;
		return -1;
	}
	r = (int)syscall(SYS_linkat, from, old, to, name, flags);
	if (r < 0 && links == LINKS_OF_SSHFS)
		errno = EPERM;
	return r;
}

Test(claim, of_another_who_was_faster_on_sshfs)
{
	int folder = enter("sshfs");

	links = LINKS_OF_SSHFS;
	take(folder, "vm", 1);
	take(folder, "vm", 0);
	cr_expect_eq(tool_run(NULL, "test \"$(ls -A claim-sshfs)\" = vm"), 0);
}

/* The second try, by which hard links are known, fails for another reason: whose it is shows the next look. */
Test(claim, of_a_file_that_goes)
{
	int folder = enter("goes");

	links = GONE;
	take(folder, "vm", 0);
	cr_expect_eq(links_asked, 2);
}

Test(claim, without_hard_links)
{
	struct claim claim = CLAIM_INIT;
	struct error err = ERROR_INIT;
	int folder = enter("links");

	links = NO_LINKS;
	cr_assert_eq(claim_take(folder, "vm", 60, &claim, &err), -1);
	cr_expect_str_eq(err.message, "the state folder is on a file system without hard links, by "
				      "which hosts agree on who does what");
	cr_expect_eq(tool_run(NULL, "test -z \"$(ls -A claim-links)\""), 0);
}

Test(claim, is_given_back)
{
	int folder = enter("back");
	struct claim first = take(folder, "vm", 1), second;

	take(folder, "vm", 0);
	take(folder, "another", 1);
	claim_release(folder, "vm", &first);
	cr_assert_eq(first.fd, -1);
	second = take(folder, "vm", 1);
	cr_assert_str_neq(first.token, second.token);
}

/* Whoever was taken for dead gives back what is no longer his. */
Test(claim, is_not_given_back_for_another)
{
	int folder = enter("another");
	struct claim frozen = take(folder, "vm", 1), next;
	struct batch_vm vm = {.name = NULL};

	claim_remove(folder, "vm", "0123456789abcdef");
	claim_look(folder, "vm", &vm.claim);
	cr_assert_str_eq(vm.claim.token, frozen.token, "removed by a wrong token");
	claim_remove(folder, "vm", frozen.token);
	claim_look(folder, "vm", &vm.claim);
	cr_assert_str_eq(vm.claim.token, "");
	next = take(folder, "vm", 1);
	claim_touch(&frozen);
	claim_release(folder, "vm", &frozen);
	claim_look(folder, "vm", &vm.claim);
	cr_assert_str_eq(vm.claim.token, next.token);
	claim_view_done(&vm.claim);
}

Test(claim, of_a_process_that_is_gone)
{
	int folder = enter("gone"), status;
	struct batch_vm vm = {.name = NULL};
	pid_t pid = fork();

	if (pid == 0) {
		struct claim claim = CLAIM_INIT;

		_exit(claim_take(folder, "vm", 60, &claim, NULL) == 1 ? 0 : 1);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert_eq(status, 0);
	claim_look(folder, "vm", &vm.claim);
	cr_assert(vm.claim.is_dead);
	cr_assert(claim_is_over(&vm, 0, 1, 60));
	take(folder, "mine", 1);
	claim_look(folder, "mine", &vm.claim);
	cr_assert_not(vm.claim.is_dead);
	claim_view_done(&vm.claim);
}

/* The same number, and another process: the claim says when its owner was started. */
Test(claim, of_a_number_that_was_given_again)
{
	int folder = enter("again");
	struct batch_vm vm = {.name = NULL};

	take(folder, "vm", 1);
	cr_assert_eq(tool_run(NULL, "sed -i 's/\"start\": [0-9]*/\"start\": 1/' claim-again/vm"),
		     0);
	claim_look(folder, "vm", &vm.claim);
	cr_assert(vm.claim.is_dead);
	cr_assert_eq(tool_run(NULL, "sed -i 's/\"host\": \"/\"host\": \"x/' claim-again/vm"), 0);
	claim_look(folder, "vm", &vm.claim);
	cr_assert_not(vm.claim.is_dead, "of another host nothing is known");
	claim_view_done(&vm.claim);
}

static void set_time(int folder, const char *name, time_t seconds)
{
	const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};

	cr_assert_eq(utimensat(folder, name, times, 0), 0);
}

/* Hours before and behind our clock, touched on its own: alive for as long as it changes. */
Test(claim, clocks_are_not_compared)
{
	int folder = enter("clocks");
	struct batch_vm vm = {.name = NULL};
	double now = 1000;

	take(folder, "vm", 1);
	for (int i = 0; i < 100; i++) {
		set_time(folder, "vm", time(NULL) + (i % 2 ? 7200 : -7200) + i);
		claim_look(folder, "vm", &vm.claim);
		for (int j = 0; j < 50; j++)
			cr_assert_not(claim_is_over(&vm, now += 1, 1, 60));
	}
	for (int j = 0; j < 8; j++)
		cr_assert_not(claim_is_over(&vm, now += 1, 1, 60));
	for (int j = 0; j < 5; j++)
		(void)claim_is_over(&vm, now += 1, 1, 60);
	cr_assert(claim_is_over(&vm, now += 1, 1, 60), "nobody has touched it for a minute");
	claim_view_done(&vm.claim);
}

/* Frozen ourselves, we know nothing of the time that has passed. */
Test(claim, who_did_not_look_does_not_judge)
{
	int folder = enter("frozen");
	struct batch_vm vm = {.name = NULL};

	take(folder, "vm", 1);
	claim_look(folder, "vm", &vm.claim);
	cr_assert_not(claim_is_over(&vm, 0, 1, 60));
	cr_assert_not(claim_is_over(&vm, 100000, 1, 60));
	cr_assert_not(claim_is_over(&vm, 100001, 1, 60));
	cr_assert_lt(vm.watched_quiet, 5);
	claim_view_done(&vm.claim);
}

/* A crash of the machine leaves an empty file: for a lease it is a claim as any other, then it goes. */
Test(claim, that_nobody_can_read)
{
	int folder = enter("empty");
	struct batch_vm vm = {.name = NULL};
	bool is_over = false;

	file_write("claim-empty/vm", "", 0);
	take(folder, "vm", 0);
	claim_look(folder, "vm", &vm.claim);
	cr_assert_neq(vm.claim.token[0], '\0');
	for (int i = 0; i < 62; i++)
		is_over = claim_is_over(&vm, i, 1, 60);
	cr_assert(is_over);
	claim_remove(folder, "vm", vm.claim.token);
	take(folder, "vm", 1);
	claim_view_done(&vm.claim);
}
