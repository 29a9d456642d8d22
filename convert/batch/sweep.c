/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is left behind: see sweep.h. */
#include "convert/batch/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "convert/batch/publish.h"
#include "convert/batch/state/claim.h"

#define HEX_DIGITS "0123456789abcdef"

static bool is_token(const char *name)
{
	return strlen(name) == TOKEN_SIZE - 1 && strspn(name, HEX_DIGITS) == TOKEN_SIZE - 1;
}

/* ".NAME.TOKEN" of a record, ".NAME.TOKEN.new" and ".old" of a claim. */
static bool is_temporary(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (*name != '.' || !dot)
		return false;
	if (strcmp(dot, ".new") == 0 || strcmp(dot, ".old") == 0)
		return dot - name >= TOKEN_SIZE && dot[-TOKEN_SIZE] == '.' &&
		       strspn(dot - TOKEN_SIZE + 1, HEX_DIGITS) == TOKEN_SIZE - 1;
	return is_token(dot + 1);
}

/* Read now: the stage was listed before, and its claim is older than it. One that cannot be read may be that one. */
static bool holds_claim(const struct batch *batch, const char *token)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct claim_view view = {.token = CLAIM_UNREADABLE};
		bool is_it;

		claim_look(batch->claim_fd, batch->vms[i].name, &view);
		is_it = (strcmp(view.token, token) == 0 && !view.is_dead) ||
			strcmp(view.token, CLAIM_UNREADABLE) == 0;
		claim_view_done(&view);
		if (is_it)
			return true;
	}
	return false;
}

/* Of this batch: another one may make its outputs in the same folder. */
static bool is_attempt(const struct batch *batch, const char *token)
{
	for (size_t i = 0; i < batch->count; i++)
		if (json_object_get(batch->vms[i].attempts, token))
			return true;
	return false;
}

/* "TOKEN.gone", which somebody was about to remove. */
static void cut_gone(char *name)
{
	char *dot = strchr(name, '.');

	if (dot && strcmp(dot, STAGE_GONE) == 0)
		*dot = '\0';
}

static void sweep_work(const struct batch *batch, const char *work)
{
	DIR *listing = opendir(work);
	struct dirent *entry;

	while (listing && (entry = readdir(listing))) {
		CLEANUP_FREE char *stage = NULL;

		cut_gone(entry->d_name);
		if (!is_token(entry->d_name) || !is_attempt(batch, entry->d_name) ||
		    holds_claim(batch, entry->d_name))
			continue;
		if (asprintf(&stage, "%s/%s", work, entry->d_name) < 0)
			stage = NULL;
		else
			publish_remove_stage(stage);
	}
	if (listing)
		closedir(listing);
	rmdir(work); /* when it is empty: somebody may have been killed before he made a stage in it */
}

/* Outputs mostly go to one folder. */
void sweep_stages(const struct batch *batch)
{
	CLEANUP_FREE char *last = NULL;

	for (size_t i = 0; i < batch->count; i++) {
		CLEANUP_FREE char *disk = batch_vm_output(&batch->vms[i], "disk"), *work = NULL;

		if (!disk || asprintf(&work, "%s/work", dirname(disk)) < 0) {
			work = NULL;
			continue;
		}
		if (last && strcmp(last, work) == 0)
			continue;
		sweep_work(batch, work);
		free(last);
		last = TAKE(work);
	}
}

static void sweep_folder(int folder)
{
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (listing && (entry = readdir(listing)))
		if (is_temporary(entry->d_name))
			unlinkat(folder, entry->d_name, 0);
	if (listing)
		closedir(listing);
}

void sweep_state(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (*batch->vms[i].claim.token)
			return;
	sweep_folder(batch->fd);
	sweep_folder(batch->vm_fd);
	sweep_folder(batch->claim_fd);
	sweep_folder(batch->attempt_fd);
}

uint64_t sweep_progress(const struct batch_vm *vm)
{
	CLEANUP_FREE char *disk = batch_vm_output(vm, "disk");
	CLEANUP_FREE char *stage =
		disk && *vm->claim.token ? publish_stage(disk, vm->claim.token) : NULL;

	return stage ? publish_progress(stage) : 0;
}
