/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The program: finds the verb and runs it. */
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "common/page.h"
#include "common/process.h"
#include "common/safe_text.h"
#include "convert/cmd/cmd.h"
#include "convert/cmd/verbs.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} verbs[] = {
	{"inspect", cmd_inspect,
	 "what a disk is, whether it can be converted, and how it would look"},
	{"convert", cmd_convert, "make the generation 2 disk, its NVRAM store and a report"},
	{"batch", cmd_batch, "convert hundreds of disks, on one host or several"},
	{"verify", cmd_verify, "read a result back with independent readers"},
	{"nvram", cmd_nvram, "boot entries and UEFI variables of a generation 2 VM"},
	{"bcd", cmd_bcd, "list, check and compare boot stores"},
};

static void put_usage(FILE *stream, unsigned int width)
{
	page_fill(
		stream,
		"Usage: hvgen2 VERB [OPTIONS] ...\n\n"
		"Turn a Hyper-V generation 1 VM (BIOS, MBR) with Windows or Linux into a generation 2 VM\n"
		"(UEFI, GPT), offline, without touching the source.\n\nVerbs:\n",
		width);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		safe_printf(stream, "  %-10s %s\n", verbs[i].name, verbs[i].help);
	page_fill(
		stream,
		"\n'hvgen2 help VERB' or 'hvgen2 VERB --help' shows the options of a verb.\n\n"
		"Exit status: 0 done, 1 failed, 2 wrong usage, 3 refused (the input is fine but cannot be\n"
		"converted as it is), 4 the input is damaged or not what it claims to be.\n\n"
		"Manual: man hvgen2\n",
		width);
}

static void print_usage(FILE *stream)
{
	CLEANUP_PAGE FILE *page = page_open(stream);

	if (page)
		put_usage(page, page_width(stream));
}

static int end_page(void)
{
	struct error err = ERROR_INIT;

	return cmd_end_output(&err) < 0 ? cmd_fail(&err) : 0;
}

static int run_verb(int argc, char **argv)
{
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(argv[0], verbs[i].name) == 0)
			return verbs[i].run(argc, argv);
	error_usage(&err, "unknown verb '%s'; see 'hvgen2 --help'", argv[0]);
	return cmd_fail(&err);
}

/* A file that is opened in the place of a closed standard stream would be taken for it: something
 * that cannot be read, or written, is there instead. */
static void fill_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	char help_flag[] = "--help";

	fill_streams();
	/* Whoever ignores the ends of its children hands that down, and ours would end unseen. */
	signal(SIGCHLD, SIG_DFL);
	json_object_seed(0); /* from a device, against made collisions, while one can be opened */
	/* A message is one write, so that those of runs side by side do not mix. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	if (argc < 2) {
		print_usage(stderr);
		return ERROR_USAGE;
	}
	if (strcmp(argv[1], "help") == 0 && argc > 2) {
		char *help_argv[] = {argv[2], help_flag, NULL};

		return run_verb(2, help_argv);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		print_usage(stdout);
		return end_page();
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		safe_printf(stdout, "hvgen2 %s\n", HVGEN2_VERSION);
		return end_page();
	}
	process_end(run_verb(argc - 1, argv + 1));
}
