/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of devices in a Linux guest: see names.h. */
#include "convert/guest/linux/names.h"

#include <stdio.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/devices.h"

#define ADVICE_PARTUUID                                                                              \
	"use UUID= (of 'blkid') in its place in the guest, in /etc/fstab and in the boot menu, and " \
	"convert again"
#define ADVICE_PATH "use UUID= in its place in the guest, and convert again"
#define ADVICE_OLD                                                                                 \
	"let the guest find its disk by UUID= with the driver hv_storvsc, start it so once, and "  \
	"convert again"

/* A name, and where it stands. */
struct use {
	const char *device;
	char where[160];
	bool is_needed;	      /* the guest does not start without it */
	bool keeps_partuuids; /* as the names have them */
};

static int check(const struct use *use, struct note_list *warnings, struct error *err)
{
	enum device_name name = device_name_of(use->device);

	switch (name) {
	case DEVICE_PARTUUID:
	case DEVICE_BY_PARTUUID:
		if (use->keeps_partuuids)
			return 0;
		if (use->is_needed)
			return error_refused(err, REFUSAL_LINUX_PARTUUID, ADVICE_PARTUUID,
					     "%s has '%s', and partitions of a GPT have other "
					     "PARTUUIDs",
					     use->where, use->device);
		note_add(warnings, "%s has '%s', which no partition of the new disk has: use UUID=",
			 use->where, use->device);
		return 0;
	case DEVICE_BY_PATH:
	case DEVICE_BY_OLD_ID:
		if (use->is_needed)
			return error_refused(
				err, REFUSAL_LINUX_DEVICE_PATH, ADVICE_PATH,
				"%s has '%s', and the disk is on another controller in "
				"generation 2",
				use->where, use->device);
		note_add(warnings,
			 "%s has '%s', which is another one in generation 2: use UUID=", use->where,
			 use->device);
		return 0;
	case DEVICE_OLD:
		if (use->is_needed)
			return error_refused(err, REFUSAL_NO_HYPERV_DRIVERS, ADVICE_OLD,
					     "%s has '%s', a name that no disk has in generation 2",
					     use->where, use->device);
		note_add(warnings, "%s has '%s', a name that no disk has in generation 2",
			 use->where, use->device);
		return 0;
	case DEVICE_BY_ID:
		note_add(warnings,
			 "%s has '%s': the disk keeps its id on Hyper-V where a VHDX is made of a "
			 "VHDX, but not elsewhere",
			 use->where, use->device);
		return 0;
	case DEVICE_OTHER_SD:
		note_add(
			warnings,
			"%s has '%s': give the new VM its data disks in the old order, or use UUID=",
			use->where, use->device);
		return 0;
	case DEVICE_FLOPPY:
		note_add(warnings, "%s has '%s', and generation 2 has no floppy drive", use->where,
			 use->device);
		return 0;
	default:
		return 0;
	}
}

/* "console=ttyS0,115200" of a VM that has no COM port by itself. */
static void note_console(const char *word, struct note_list *warnings)
{
	if (strncmp(word, "console=ttyS", strlen("console=ttyS")) == 0)
		note_add(
			warnings,
			"the guest writes to a serial port ('%s'), which a generation 2 VM has only "
			"when it is given one (Set-VMComPort)",
			word);
}

/* Is there such a name in the word, which names the controller? */
static bool has_path(const char *word)
{
	const char *id = strstr(word, "/dev/disk/by-id/");

	return strstr(word, "/by-path/") || (id && device_name_of(id) == DEVICE_BY_OLD_ID);
}

/* Names within other words: "cryptdevice=PARTUUID=...:root". */
static int check_word(const char *word, bool keeps_partuuids, struct error *err)
{
	if (!keeps_partuuids && (strstr(word, "PARTUUID=") || strstr(word, "/by-partuuid/")))
		return error_refused(err, REFUSAL_LINUX_PARTUUID, ADVICE_PARTUUID,
				     "the boot menu has '%s', and partitions of a GPT have other "
				     "PARTUUIDs",
				     word);
	if (!has_path(word))
		return 0;
	return error_refused(err, REFUSAL_LINUX_DEVICE_PATH, ADVICE_PATH,
			     "the boot menu has '%s', and the disk is on another controller in "
			     "generation 2",
			     word);
}

/* Is there another root= behind this one? The kernel takes the last. */
static bool is_overridden(const char *word, const char *rest)
{
	if (strncmp(word, "root=", strlen("root=")) != 0)
		return false;
	for (; *rest; rest += strcspn(rest, " \t"), rest += strspn(rest, " \t"))
		if (strncmp(rest, "root=", strlen("root=")) == 0)
			return true;
	return false;
}

static int check_argument(const char *word, bool keeps_partuuids, struct note_list *warnings,
			  struct error *err)
{
	static const char *const options[] = {"root=", "resume="};
	int r = check_word(word, keeps_partuuids, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(options); i++) {
		struct use use = {.device = word + strlen(options[i]),
				  .is_needed = true,
				  .keeps_partuuids = keeps_partuuids};

		if (strncmp(word, options[i], strlen(options[i])) != 0)
			continue;
		snprintf(use.where, sizeof(use.where), "the boot menu's '%s'", options[i]);
		r = check(&use, warnings, err);
	}
	return r;
}

int linux_names_check_arguments(const char *arguments, bool keeps_partuuids,
				struct note_list *warnings, struct error *err)
{
	const char *at = arguments + strspn(arguments, " \t");
	char word[512];
	int r = 0;

	while (r == 0 && *at) {
		size_t length = strcspn(at, " \t");

		snprintf(word, sizeof(word), "%.*s", (int)min_u64(length, sizeof(word) - 1), at);
		at += length;
		at += strspn(at, " \t");
		note_console(word, warnings);
		if (!is_overridden(word, at))
			r = check_argument(word, keeps_partuuids, warnings, err);
	}
	return r;
}

static bool is_swap(const struct fstab_entry *entry)
{
	return strcmp(entry->type, "swap") == 0;
}

int linux_names_check_fstab(const struct fstab *fstab, bool keeps_partuuids,
			    struct note_list *warnings, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < fstab->count; i++) {
		const struct fstab_entry *entry = &fstab->list[i];
		bool is_optional = fstab_has_option(entry, "nofail") ||
				   fstab_has_option(entry, "noauto") || is_swap(entry);
		struct use use = {.device = entry->source,
				  .is_needed = !is_optional,
				  .keeps_partuuids = keeps_partuuids};

		if (device_name_of(entry->source) == DEVICE_FLOPPY &&
		    fstab_has_option(entry, "noauto"))
			continue;
		snprintf(use.where, sizeof(use.where), "/etc/fstab, line %u", entry->line);
		r = check(&use, warnings, err);
	}
	return r;
}
