/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Keeping findings: see findings.h. */
#include "tests/fuzz/vm/findings.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define KEPT 3 /* of a kind */

static void make_folder(const char *path)
{
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		die("'%s': %s", path, strerror(errno));
}

static void write_file(const char *folder, const char *name, const char *bytes, size_t size)
{
	CLEANUP_FREE char *path = text("%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) == EOF)
		die("'%s': %s", path, strerror(errno));
}

/* The message without numbers, and without the names in front of it: what kind it is of. For a
 * sanitizer's report the line that says which error it was. */
static char *describe(const char *verb, const char *wrong, const struct run *run)
{
	const char *said = strstr(run->err, "ERROR: ");
	char *what;

	said = said ? said : strstr(run->err, "runtime error:");
	said = said ? said : run->err;
	what = text("%s: %s: %.*s", verb, wrong, (int)strcspn(said, "\n"), said);
	for (char *c = what; *c; c++)
		if (isdigit((unsigned char)*c))
			*c = '#';
	return what;
}

/* How often it was found, this time included. */
static unsigned int count_finding(struct findings *findings, char *what)
{
	for (size_t i = 0; i < findings->count; i++)
		if (strcmp(findings->list[i].what, what) == 0) {
			free(what);
			return ++findings->list[i].times;
		}
	findings->list = realloc(findings->list, (findings->count + 1) * sizeof(*findings->list));
	if (!findings->list)
		die("no memory");
	findings->list[findings->count++] = (struct finding){what, 1};
	return 1;
}

static void keep_files(const struct vm *vm, const char *folder)
{
	for (size_t i = 0; i < vm->count; i++) {
		CLEANUP_FREE char *command =
			text("cp --sparse=always '%s' '%s/'", vm->members[i].path, folder);

		if (system(command) != 0)
			die("failed: %s", command);
	}
}

static void write_command(const char *folder, const char *const *arguments)
{
	char *words = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&words, &size);

	if (!file)
		die("no memory");
	for (; *arguments; arguments++)
		fprintf(file, "%s%s", *arguments, arguments[1] ? " " : "\n");
	fclose(file);
	write_file(folder, "command", words, size);
	free(words);
}

void findings_keep(struct findings *findings, const struct round *round, const char *verb,
		   const char *wrong, const char *const *arguments, const struct run *run)
{
	char *what = describe(verb, wrong, run);
	unsigned int times;
	CLEANUP_FREE char *folder = text("%s/%" PRIu64 "-%" PRIu64 "-%s", findings->folder,
					 round->seed, round->number, verb);
	CLEANUP_FREE char *about = text("%s\nseed %" PRIu64 ", round %" PRIu64 ", VM '%s'\n%s",
					wrong, round->seed, round->number, round->vm->name,
					round->notes ? round->notes : "nothing was changed\n");

	printf("round %" PRIu64 ": %s: %s\n", round->number, verb, wrong);
	fflush(stdout);
	times = count_finding(findings, what);
	if (times > KEPT)
		return;
	make_folder(findings->folder);
	make_folder(folder);
	write_file(folder, "about", about, strlen(about));
	write_file(folder, "stdout", run->out, run->out_size);
	write_file(folder, "stderr", run->err, strlen(run->err));
	write_command(folder, arguments);
	if (times == 1)
		keep_files(round->vm, folder);
}

void findings_print(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		printf("%u times: %s\n", findings->list[i].times, findings->list[i].what);
	if (findings->count > 0)
		printf("%zu kinds of findings, kept in %s\n", findings->count, findings->folder);
	else
		printf("nothing found\n");
}
