/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a run may not do, whatever the disk holds.
 *
 * Exit 1 says that this machine has failed. Here it has what it needs, so on a changed disk exit 1
 * is a finding; only when the message is that of a machine without space, files or processes, or
 * with a broken disk, nothing can be judged and the mutator itself ends. Without memory it is a
 * finding as well: a disk made the program ask for too much.
 */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "common/checked.h"
#include "tests/fuzz/vm/fuzz_vm.h"

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);

	while (length > 0 && text[length - 1] == '\n')
		length--;
	return length >= wanted && strncmp(text + length - wanted, end, wanted) == 0;
}

static void stop_without_host(const struct run *run)
{
	static const int codes[] = {ENOSPC, EDQUOT, EMFILE, ENFILE, EAGAIN, EIO, EROFS};

	for (size_t i = 0; run->status == 1 && i < ARRAY_SIZE(codes); i++)
		if (ends_with(run->err, strerror(codes[i])))
			die("this machine fails: %s", run->err);
}

/*
 * Control characters but LF, of C1 too (in UTF-8), line separators and bidirectional controls.
 * Returns where, or NULL.
 */
static const char *find_control(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		const unsigned char *at = (const unsigned char *)bytes + i;

		if ((*at < 0x20 && *at != '\n') || *at == 0x7f)
			return bytes + i;
		if (*at == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f)
			return bytes + i;
		if (*at == 0xe2 && at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae)
			return bytes + i;
		if (*at == 0xe2 && at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9)
			return bytes + i;
	}
	return NULL;
}

static bool is_json(const struct run *run)
{
	json_t *root = json_loadb(run->out, run->out_size, JSON_REJECT_DUPLICATES, NULL);

	json_decref(root);
	return root != NULL;
}

/* How it ended. Exit 1 of 'verify' says that a check has failed. */
static char *judge_end(const struct run *run, enum verb verb, const struct limits *limits)
{
	if (run->timed_out)
		return text("hang: %u s have not been enough", limits->seconds);
	if (run->signal)
		return text("died of signal %d", run->signal);
	if (strstr(run->err, "Sanitizer") || strstr(run->err, "runtime error:"))
		return text("sanitizer");
	if (run->status == 1 && verb != VERIFY)
		return text("exit 1, which is for failures of the machine");
	if (run->status != 0 && run->status != 1 && run->status != 3 && run->status != 4)
		return text("exit %d", run->status);
	if (run->memory > limits->memory)
		return text("memory: %ld KiB", run->memory);
	return NULL;
}

/* What it said. */
static char *judge_words(const struct run *run, enum verb verb)
{
	if (find_control(run->out, run->out_size) || find_control(run->err, run->err_size))
		return text("control characters in what it says");
	if (verb == INSPECT && (run->status == 0 || run->out_size > 0) && !is_json(run))
		return text("invalid JSON");
	if (run->status != 0 && run->err_size == 0 && run->out_size == 0)
		return text("exit %d without a word", run->status);
	return NULL;
}

/*
 * A disk that was converted may be the wreck that it was before, but what stands around it is our
 * own work: image, partition table, the file system of the ESP, the store.
 */
static char *judge_checks(const struct run *run)
{
	static const char *const ours[] = {
		"image",      "structure", "qemu-img", "libvhdi",	  "mbr",	"gpt-",
		"partitions", "esp-fat32", "esp-fsck", "nvram-partition", "nvram-file", "report",
	};
	const char *line = run->out;

	for (; (line = strstr(line, "FAIL  ")); line++)
		for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
			if (strncmp(line + 6, ours[i], strlen(ours[i])) == 0)
				return text("verify: %.*s", (int)strcspn(line, ":\n"), line);
	return NULL;
}

char *judge_run(const struct run *run, enum verb verb, const struct limits *limits)
{
	char *wrong;

	if (verb != VERIFY)
		stop_without_host(run);
	wrong = judge_end(run, verb, limits);
	if (!wrong)
		wrong = judge_words(run, verb);
	return wrong || verb != VERIFY ? wrong : judge_checks(run);
}

static int is_file(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int list_folder(const char *folder, struct dirent ***ret)
{
	int count = scandir(folder, ret, is_file, alphasort);

	if (count < 0)
		die("'%s': %s", folder, strerror(errno));
	return count;
}

/* A run that has succeeded leaves its outputs, any other one nothing. */
static bool is_expected(const char *name, int status)
{
	static const char *const outputs[] = {"o.vhdx", "o.vmgs", "o.fd", "o.report.json"};

	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
		if (strcmp(name, outputs[i]) == 0)
			return status == 0;
	return false;
}

char *judge_outputs(const char *folder, int status)
{
	struct dirent **entries;
	int count = list_folder(folder, &entries);
	char *wrong = NULL;

	for (int i = 0; i < count; i++) {
		if (!wrong && !is_expected(entries[i]->d_name, status))
			wrong = text("'%s' is left over", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return wrong;
}

void empty_folder(const char *folder)
{
	struct dirent **entries;
	int count = list_folder(folder, &entries);

	for (int i = 0; i < count; i++) {
		CLEANUP_FREE char *path = text("%s/%s", folder, entries[i]->d_name);

		if (unlink(path) < 0)
			die("'%s': %s", path, strerror(errno));
		free(entries[i]);
	}
	free(entries);
}
