/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which of the systems of a disk starts: see choose.h. */
#include "convert/choose.h"

#include <stdio.h>

#include "common/size.h"
#include "convert/guest/kinds.h"

#define ADVICE_VOLUME                                                                               \
	"let the VM check it (chkdsk /f), shut it down and convert again, or take the disk from a " \
	"backup"

int choose_refuse_partition(const struct disk *disk, const struct survey_partition *partition,
			    struct error *err)
{
	*err = partition->problem;
	error_prefix(err, "partition %u", partition->mbr.number);
	error_advise(err, partition->is_readable ? SURVEY_ADVICE_GUEST : ADVICE_VOLUME);
	return error_prefix(err, "'%s'", disk->name);
}

static bool has_windows(const struct survey_partition *partition)
{
	return partition->guest.windows.root[0];
}

static bool has_linux(const struct survey_partition *partition)
{
	return partition->guest.linux_system;
}

static bool is_unknown(const struct survey_partition *partition)
{
	return partition->filesystem == FILESYSTEM_UNKNOWN &&
	       partition->contents.contents == LINUX_NOTHING;
}

/* The list of "2, 5" for messages: of the partitions that are so. */
static const char *numbers_of(const struct survey *survey,
			      bool (*is_so)(const struct survey_partition *partition),
			      char text[128])
{
	text[0] = '\0';
	for (size_t i = 0; i < survey->count; i++)
		if (is_so(&survey->partitions[i]))
			list_number(text, 128, survey->partitions[i].mbr.number);
	return text;
}

/* A disk with a boot manager is no data disk: where may its Windows be? */
static int refuse_with_boot_manager(const struct disk *disk, const struct survey *survey,
				    const struct survey_partition *system, struct error *err)
{
	char numbers[128];

	if (*numbers_of(survey, is_unknown, numbers))
		return error_refused(
			err, REFUSAL_NO_WINDOWS,
			"if third-party software encrypts the guest's disk, decrypt it in the "
			"guest, shut the guest down and convert again; if the VM does not start "
			"either, take the disk from a backup",
			"'%s': the VM starts from partition %u, but no Windows is found, and "
			"partition %s cannot be read: it holds no file system that is known, so "
			"that it is encrypted or damaged",
			disk->name, system->mbr.number, numbers);
	return error_refused(
		err, REFUSAL_NO_WINDOWS,
		"convert the disk of the VM that holds Windows; what starts it is rebuilt there",
		"'%s': partition %u holds the boot manager, but no partition of this disk holds a "
		"Windows installation",
		disk->name, system->mbr.number);
}

/*
 * The partition with a boot store, the active one if that has one; or the active one when it cannot
 * be read.
 */
static const struct survey_partition *find_boot_manager(const struct survey *survey)
{
	const struct survey_partition *found = NULL;

	for (size_t i = 0; i < survey->count; i++) {
		const struct survey_partition *partition = &survey->partitions[i];
		bool is_active = partition->mbr.active && !partition->mbr.logical;

		if (partition->guest.has_boot_store && (!found || is_active))
			found = partition;
		if (!found && is_active && is_unknown(partition))
			found = partition;
	}
	return found;
}

static int refuse_without_system(const struct disk *disk, const struct survey *survey,
				 const struct error *why_none, struct error *err)
{
	const struct survey_partition *system = find_boot_manager(survey);

	for (size_t i = 0; i < survey->count; i++)
		if (survey->partitions[i].problem.kind != ERROR_NONE)
			return choose_refuse_partition(disk, &survey->partitions[i], err);
	if (why_none->kind != ERROR_NONE) {
		*err = *why_none;
		return error_prefix(err, "'%s'", disk->name);
	}
	if (system)
		return refuse_with_boot_manager(disk, survey, system, err);
	return error_refused(
		err, REFUSAL_NO_WINDOWS,
		"convert the disk that the VM starts from; data disks need no conversion",
		"'%s': no partition holds a Windows installation, and none a Linux", disk->name);
}

/* "3f2a..., 0c11..." of what starts the Linux systems. */
static const char *uuids_of(const struct survey *survey, char text[256])
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < survey->count && used + 40 < 256; i++)
		if (has_linux(&survey->partitions[i]))
			used += (size_t)
				sprintf(text + used, "%s%s", used ? ", " : "",
					survey->partitions[i].guest.linux_system->boot.id.uuid);
	return text;
}

static bool is_wanted(const struct survey_partition *partition,
		      const struct survey_options *options)
{
	if (options && options->windows_number)
		return has_windows(partition) && partition->mbr.number == options->windows_number;
	return options && options->boot_uuid ? has_linux(partition) : partition->guest.kind != NULL;
}

static int describe_wish(const struct disk *disk, const struct survey *survey,
			 const struct survey_options *options, struct error *err)
{
	char numbers[128], uuids[256];

	if (options->boot_uuid)
		return error_refused(err, REFUSAL_NO_WINDOWS,
				     "name the UUID of the file system that holds /boot, or leave "
				     "--boot-uuid out",
				     "'%s': no Linux starts from a file system with the UUID %s",
				     disk->name, options->boot_uuid);
	if (*numbers_of(survey, has_windows, numbers))
		return error_refused(err, REFUSAL_NO_WINDOWS, "choose one of those with --windows",
				     "'%s': partition %u holds no Windows; partitions with one: %s",
				     disk->name, options->windows_number, numbers);
	return error_refused(err, REFUSAL_NO_WINDOWS, "leave --windows out",
			     "'%s': partition %u holds no Windows, only a Linux is installed (%s)",
			     disk->name, options->windows_number, uuids_of(survey, uuids));
}

static int refuse_wish(const struct disk *disk, const struct survey *survey,
		       const struct survey_options *options, struct error *err)
{
	describe_wish(disk, survey, options, err);
	return error_of_wish(err);
}

static int refuse_several(const struct disk *disk, const struct survey *survey, struct error *err)
{
	char numbers[128], uuids[256];

	numbers_of(survey, has_windows, numbers);
	if (!*uuids_of(survey, uuids))
		return error_refused(err, REFUSAL_SEVERAL_WINDOWS,
				     "choose the one to start by default with --windows NUMBER",
				     "'%s': Windows is installed on partitions %s", disk->name,
				     numbers);
	return error_refused(
		err, REFUSAL_SEVERAL_SYSTEMS,
		"choose the one to start with --windows NUMBER or --boot-uuid UUID",
		"'%s': several systems are installed:%s%s%s Linux with /boot on the file systems %s",
		disk->name, *numbers ? " Windows on partition " : "", numbers,
		*numbers ? ", and" : "", uuids);
}

int choose_start(const struct disk *disk, const struct survey_options *options,
		 const struct error *why_none, struct survey *survey, struct error *err)
{
	size_t found = 0, all = 0;

	for (size_t i = 0; i < survey->count; i++) {
		all += survey->partitions[i].guest.kind != NULL;
		if (!is_wanted(&survey->partitions[i], options))
			continue;
		survey->start = i;
		found++;
	}
	if (found == 1)
		return 0;
	survey->start = SURVEY_NONE;
	if (all == 0 && (!(options && options->boot_uuid) || why_none->kind != ERROR_NONE))
		return refuse_without_system(disk, survey, why_none, err);
	return found == 0 ? refuse_wish(disk, survey, options, err)
			  : refuse_several(disk, survey, err);
}

/* Does the boot store of a partition start the chosen Windows by default? */
static bool starts_windows(const struct survey *survey, size_t index)
{
	const struct guest_default *starts = &survey->partitions[index].guest.starts;

	return starts->is_known && starts->mbr_signature == survey->mbr_signature &&
	       starts->mbr_offset == survey->partitions[survey->start].offset;
}

/*
 * The boot store of the active partitions, or of all: the only one, else the first that starts the
 * chosen Windows by default. SURVEY_NONE when there is none, or when it cannot be told.
 */
static size_t pick_store(const struct survey *survey, bool only_active)
{
	size_t first = SURVEY_NONE, fitting = SURVEY_NONE, count = 0;

	for (size_t i = survey->count; i-- > 0;) {
		const struct survey_partition *partition = &survey->partitions[i];

		if (!partition->guest.has_boot_store || (only_active && !partition->mbr.active))
			continue;
		first = i;
		fitting = starts_windows(survey, i) ? i : fitting;
		count++;
	}
	return count == 1 ? first : fitting;
}

static size_t find_active(const struct survey *survey)
{
	size_t active = SURVEY_NONE;

	for (size_t i = 0; i < survey->count; i++)
		if (survey->partitions[i].mbr.active)
			active = i;
	return active;
}

int choose_system(const struct disk *disk, struct survey *survey, struct error *err)
{
	size_t active = find_active(survey), other = pick_store(survey, false);

	survey->system = pick_store(survey, true);
	if (survey->system != SURVEY_NONE)
		return 0;
	if (active != SURVEY_NONE && survey->partitions[active].problem.kind != ERROR_NONE &&
	    (other == SURVEY_NONE || !starts_windows(survey, other)))
		return choose_refuse_partition(disk, &survey->partitions[active], err);
	survey->system = other != SURVEY_NONE ? other : active;
	return 0;
}
