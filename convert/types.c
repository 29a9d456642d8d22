/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From MBR types to GPT types: see types.h. */
#include "convert/types.h"

#include <stdio.h>
#include <string.h>

bool types_is_plain(uint8_t type)
{
	static const uint8_t types[] = {0x01, 0x04, 0x06, 0x07, 0x0b, 0x0c, 0x0e};

	return memchr(types, type, sizeof(types));
}

static void make_recovery(struct gpt_partition *gpt)
{
	gpt->type = GPT_TYPE_RECOVERY;
	gpt->attributes = GPT_ATTRIBUTE_REQUIRED | GPT_ATTRIBUTE_NO_DRIVE_LETTER;
	snprintf(gpt->name, sizeof(gpt->name), "Recovery");
}

static void make_basic_data(struct gpt_partition *gpt)
{
	gpt->type = GPT_TYPE_BASIC_DATA;
	snprintf(gpt->name, sizeof(gpt->name), "Basic data partition");
}

/* "3", or "3 ('Archive')" where the volume has a label. */
static const char *partition_text(const struct survey_partition *partition, char buffer[160])
{
	const char *label = partition->label;

	snprintf(buffer, 160, "%u%s%s%s", partition->mbr.number, *label ? " ('" : "", label,
		 *label ? "')" : "");
	return buffer;
}

/* A data partition that the guest does not see, under the GPT as under the MBR. */
static void note_hidden(const struct survey_partition *old, struct note_list *warnings,
			const char *why)
{
	char text[160];

	note_add(warnings, "partition %s has the MBR type 0x%02x%s", partition_text(old, text),
		 old->mbr.type, why);
}

void types_set_of_linux(const struct survey_partition *old, struct gpt_partition *gpt,
			struct note_list *warnings)
{
	switch (old->mbr.type) {
	case 0x82:
		gpt->type = GPT_TYPE_LINUX_SWAP;
		gpt->attributes = GPT_ATTRIBUTE_NO_AUTO;
		break;
	case 0x83:
		gpt->type = GPT_TYPE_LINUX;
		break;
	case 0x8e:
		gpt->type = GPT_TYPE_LINUX_LVM;
		break;
	case 0xfd:
		gpt->type = GPT_TYPE_LINUX_RAID;
		break;
	default:
		gpt->type = old->contents.contents == LINUX_NOTHING ? GPT_TYPE_BASIC_DATA
								    : GPT_TYPE_LINUX;
		if (!types_is_plain(old->mbr.type))
			note_hidden(old, warnings,
				    ", for which there is no GPT type; the guest sees what is in "
				    "it all the same");
		break;
	}
}

/* MBR2GPT documentation; Linux: its own type GUIDs. */
void types_set_other(const struct survey_partition *old, struct gpt_partition *gpt,
		     struct note_list *warnings)
{
	make_basic_data(gpt);
	if (types_is_plain(old->mbr.type))
		return;
	switch (old->mbr.type) {
	case MBR_TYPE_RECOVERY:
		make_recovery(gpt);
		if (!old->guest.has_recovery)
			note_hidden(old, warnings,
				    " of a recovery partition but holds no Windows recovery "
				    "environment; it stays hidden");
		break;
	case 0x82:
		gpt->type = GPT_TYPE_LINUX_SWAP;
		snprintf(gpt->name, sizeof(gpt->name), "Linux swap");
		break;
	case 0x83:
		gpt->type = GPT_TYPE_LINUX;
		snprintf(gpt->name, sizeof(gpt->name), "Linux filesystem");
		break;
	case 0x8e:
		gpt->type = GPT_TYPE_LINUX_LVM;
		snprintf(gpt->name, sizeof(gpt->name), "Linux LVM");
		break;
	default: /* hidden and vendor types were invisible to Windows, and stay so */
		gpt->attributes = GPT_ATTRIBUTE_HIDDEN | GPT_ATTRIBUTE_NO_DRIVE_LETTER;
		note_hidden(old, warnings,
			    ", for which there is no GPT type; it becomes a hidden basic data "
			    "partition");
	}
}

/* Windows and what starts it are as in any VM, whatever the table calls them. */
static void note_type(const struct survey_partition *old, struct note_list *warnings)
{
	char text[160];

	if (!types_is_plain(old->mbr.type))
		note_add(
			warnings,
			"partition %s belongs to Windows, and its MBR type 0x%02x is not carried over: "
			"it becomes what its place needs",
			partition_text(old, text), old->mbr.type);
}

/* The old system partition has no letter, and must not get one now that it is an ordinary
 * partition. */
static void hide_old_system(const struct survey_partition *partition, struct gpt_partition *gpt)
{
	if (partition->guest.has_recovery) {
		make_recovery(gpt);
	} else {
		make_basic_data(gpt);
		gpt->attributes = GPT_ATTRIBUTE_NO_DRIVE_LETTER;
		snprintf(gpt->name, sizeof(gpt->name), "System Reserved (BIOS)");
	}
}

void types_set_windows(const struct survey_partition *old, struct gpt_partition *gpt,
		       struct note_list *warnings)
{
	note_type(old, warnings);
	make_basic_data(gpt);
}

void types_set_system(const struct survey_partition *old, struct gpt_partition *gpt,
		      struct note_list *warnings)
{
	note_type(old, warnings);
	hide_old_system(old, gpt);
}
