/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs saved inputs through a fuzz target without libFuzzer, so that what was once found stays
 * found. The arguments are files, and folders whose files are taken in the order of their names. No
 * input at all is an error.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "tests/fuzz/fuzz.h"

static bool run_file(const char *path, size_t size)
{
	/* Exactly as large as the input, so that AddressSanitizer sees every read beyond it. */
	CLEANUP_FREE uint8_t *data = malloc(size ? size : 1);
	FILE *file = fopen(path, "rb");
	bool ok = file && data && fread(data, 1, size, file) == size;

	if (file)
		fclose(file);
	if (!ok) {
		perror(path);
		return false;
	}
	printf("%s: %zu bytes\n", path, size);
	fflush(stdout);
	return LLVMFuzzerTestOneInput(data, size) == 0;
}

static bool run(const char *path, size_t *inputs);

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool run_folder(const char *path, size_t *inputs)
{
	struct dirent **entries;
	int count = scandir(path, &entries, not_hidden, alphasort);
	bool ok = count >= 0;

	for (int i = 0; i < count; i++) {
		CLEANUP_FREE char *name = NULL;

		ok = asprintf(&name, "%s/%s", path, entries[i]->d_name) > 0 && run(name, inputs) &&
		     ok;
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return ok;
}

static bool run(const char *path, size_t *inputs)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		perror(path);
		return false;
	}
	if (S_ISDIR(st.st_mode))
		return run_folder(path, inputs);
	(*inputs)++;
	return run_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
	size_t inputs = 0;
	bool ok = true;

	for (int i = 1; i < argc; i++)
		ok = run(argv[i], &inputs) && ok;
	if (inputs == 0)
		fprintf(stderr, "%s: no input\n", argv[0]);
	return ok && inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
