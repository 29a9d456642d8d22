/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a grub.cfg on an ESP leads to: see grub_handover.h. */
#include "convert/guest/linux/parse/grub_handover.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/grub_script.h"
#include "convert/guest/linux/parse/lines.h"

struct reading {
	const struct grub_target *target;
	bool finds_boot, names_menu, hands_over, has_entries, has_bls, names_kernel;
};

/* The name of a kernel is that of one version. */
static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The folder, or the menu in it, behind a device or "prefix=": from the top of a Btrfs the system's
 * own paths have a subvolume in front. */
static bool is_menu(const char *word, const char *prefix)
{
	static const char menu[] = "/grub.cfg";
	const char *path = strchr(word, '/');
	size_t length = path ? strlen(path) : 0, end = strlen(menu), size = strlen(prefix);

	if (length > end && strcmp(path + length - end, menu) == 0)
		length -= end;
	if (length < size || strncmp(path + length - size, prefix, size) != 0)
		return false;
	return length == size || path[1] == '@' || strncmp(path, "/root/", 6) == 0;
}

static void take_word(struct reading *reading, const char *word, bool is_search)
{
	if (is_search && strcasecmp(word, reading->target->uuid) == 0)
		reading->finds_boot = true;
	if (is_menu(word, reading->target->prefix))
		reading->names_menu = true;
	if (strcmp(file_name(word), file_name(reading->target->kernel)) == 0)
		reading->names_kernel = true;
}

/* Its name may stand behind 'then'. */
static void take_command(struct reading *reading, const struct grub_command *command)
{
	static const char *const loaders[] = {"configfile", "source", "normal", "."};
	bool is_search = false;

	for (size_t i = 0; i < command->count; i++) {
		const char *word = command->words[i].text;

		is_search |= i < 2 && strncmp(word, "search", 6) == 0;
		reading->has_entries |= i < 2 && strcmp(word, "menuentry") == 0;
		reading->has_bls |= i < 2 && strcmp(word, "blscfg") == 0;
		for (size_t j = 0; i < 2 && j < ARRAY_SIZE(loaders); j++)
			reading->hands_over |= strcmp(word, loaders[j]) == 0;
		take_word(reading, word, is_search);
	}
}

static const char *trouble_of(const struct reading *reading)
{
	if (!reading->finds_boot)
		return "its grub.cfg does not look for the file system with /boot";
	if ((reading->names_menu && reading->hands_over) || reading->has_bls ||
	    (reading->has_entries && reading->names_kernel))
		return NULL;
	if (reading->has_entries)
		return "its grub.cfg is a menu of its own, which does not have the kernel that the "
		       "guest's menu starts";
	return "its grub.cfg does not hand over to the guest's menu";
}

const char *grub_handover_trouble(const struct file_bytes *file, const struct grub_target *target)
{
	CLEANUP_GRUB_SCRIPT struct grub_script script;
	struct grub_command command = {.end = GRUB_END_COMMAND};
	struct reading reading = {.target = target};

	grub_script_init(&script, file);
	if (text_file_check(file, SIZE_MAX, NULL) < 0)
		return "its grub.cfg is no text";
	while (command.end != GRUB_END_FILE) {
		if (grub_script_next(&script, &command, NULL) < 0)
			return "its grub.cfg is no script that ends";
		take_command(&reading, &command);
	}
	return trouble_of(&reading);
}
