/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an old partition is in the GPT: type, attributes and name. What is hidden or not carried over
 * goes to 'warnings'.
 */
#ifndef HVGEN2_CONVERT_TYPES_H
#define HVGEN2_CONVERT_TYPES_H

#include "common/notes.h"
#include "convert/survey.h"
#include "convert/table/gpt.h"

/* Is it one of the MBR types that Windows shows: FAT12, FAT16, NTFS (exFAT, ReFS), FAT32? */
bool types_is_plain(uint8_t mbr_type);

/* Windows and what starts it, by their place, whatever the MBR calls them. */
void types_set_windows(const struct survey_partition *old, struct gpt_partition *gpt,
		       struct note_list *warnings);
void types_set_system(const struct survey_partition *old, struct gpt_partition *gpt,
		      struct note_list *warnings);

/* All others, by the MBR type alone. */
void types_set_other(const struct survey_partition *old, struct gpt_partition *gpt,
		     struct note_list *warnings);

/*
 * Of a Linux: its own types, none of those by which systemd mounts or switches on what the guest did
 * not (Discoverable Partitions Specification).
 */
void types_set_of_linux(const struct survey_partition *old, struct gpt_partition *gpt,
			struct note_list *warnings);

#endif
