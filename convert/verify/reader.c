/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process of 'verify' that opens the image and looks into it: see reader.h. */
#include "convert/verify/reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/grub_reader/reader.h"
#include "convert/verify/channel.h"
#include "convert/verify/checks.h"

/* A check after another may need what that one learnt. */
static void (*const checks[])(struct verify *verify) = {
	verify_image, verify_libvhdi,	 verify_gpt,  verify_source, verify_several_esps,
	verify_esp,   verify_boot_files, verify_ntfs, verify_bcd,    verify_nvram,
};

/* How often it is told how far the checks are. */
#define STATES 400

static void say_result(void *opaque, const struct verify_result *result)
{
	struct verify *verify = opaque;

	channel_say(verify->channel, CHANNEL_RESULT, result, sizeof(*result));
}

/* As seldom as anybody looks: a record takes two calls. */
struct teller {
	int channel;
	uint64_t told;
};

static void say_state(void *opaque, enum progress_phase phase, uint64_t done, uint64_t total)
{
	struct teller *teller = opaque;
	struct channel_state state = {done, total};

	(void)phase;
	if (done != 0 && done < total && done - teller->told < total / STATES)
		return;
	teller->told = done;
	channel_say(teller->channel, CHANNEL_STATE, &state, sizeof(state));
}

static void say_files(struct verify *verify)
{
	struct channel_file file;
	const char *path;

	for (unsigned int i = 0; (path = vhd_member_path(verify->disk, i)); i++) {
		memset(&file, 0, sizeof(file));
		snprintf(file.path, sizeof(file.path), "%s", path);
		channel_say(verify->channel, CHANNEL_FILE, &file, sizeof(file));
	}
}

static bool say_learnt(struct verify *verify)
{
	CLEANUP_FREE struct channel_learnt *learnt = malloc(sizeof(*learnt));
	char done;

	if (!learnt)
		return false;
	channel_fill_learnt(verify, learnt);
	return channel_say(verify->channel, CHANNEL_LEARNT, learnt, sizeof(*learnt)) &&
	       channel_hear(verify->channel, &done, 1);
}

static void add_all(struct lockdown_places *places, const char *const *paths, enum lockdown_use use)
{
	for (; paths && *paths; paths++)
		lockdown_add(places, *paths, use);
}

/* What is read beside the chain, and the folders in which that is looked for. */
static void add_places(const struct verify *verify, enum lockdown_use folders,
		       struct lockdown_places *places)
{
	CLEANUP_FREE char *store = verify_sister(verify->path, ".vmgs");
	CLEANUP_FREE char *report = verify_sister(verify->path, ".report.json");

	lockdown_add(places, verify->store_path ? verify->store_path : store, LOCKDOWN_READ);
	lockdown_add(places, verify->report_path ? verify->report_path : report, LOCKDOWN_READ);
	lockdown_add_folder(places, verify->path, folders);
	add_all(places, verify->open_options->parent_dirs, folders);
}

/* While the chain is looked for. */
static void limit_paths(struct verify *verify)
{
	CLEANUP_PLACES struct lockdown_places places = {.count = 0};

	lockdown_add(&places, verify->path, LOCKDOWN_READ);
	add_all(&places, verify->open_options->parents, LOCKDOWN_READ);
	add_places(verify, LOCKDOWN_READ, &places);
	sandbox_limit_paths(&verify->sandbox, &places);
}

/* From now on: what is open already, for libvhdi and those of ours that open it again. */
static int lock_in(struct verify *verify, struct error *err)
{
	CLEANUP_PLACES struct lockdown_places places = {.count = 0};
	const char *path;

	for (unsigned int i = 0; (path = vhd_member_path(verify->disk, i)); i++)
		lockdown_add(&places, path, LOCKDOWN_READ);
	add_places(verify, LOCKDOWN_LIST, &places);
	return sandbox_enter(&verify->sandbox, verify->disk->size, &places, err);
}

static int check_all(struct verify *verify, struct error *err)
{
	int r;

	verify->info = vhd_info(verify->disk);
	say_files(verify);
	r = lock_in(verify, err);
	if (r < 0)
		return r;
	verify_expect(verify, ARRAY_SIZE(checks) + verify_libvhdi_work(verify));
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		checks[i](verify);
		verify_advance(verify, 1);
	}
	verify_advance(verify, verify->to_read - verify->read_back); /* what was not looked at */
	grub_reader_end(&verify->grub);
	if (!say_learnt(verify))
		return error_failed(err, ENOMEM, "no memory");
	r = vhd_check_unchanged(verify->disk, err);
	return r < 0 ? r : vhd_check_reads(verify->disk, err);
}

void reader_run(struct verify *verify)
{
	struct teller teller = {.channel = verify->channel};
	const struct progress progress = {say_state, &teller};
	CLEANUP_DISK struct disk *disk = NULL;
	struct error err = ERROR_INIT;

	verify->report = say_result;
	verify->opaque = verify;
	verify->progress = &progress;
	limit_paths(verify);
	if (vhd_open(verify->path, verify->open_options, &disk, &err) == 0) {
		verify->disk = disk;
		check_all(verify, &err);
	}
	channel_say(verify->channel, CHANNEL_END, &err, sizeof(err));
}
