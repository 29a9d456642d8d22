/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plan: the geometry of the target, its partitions, where each byte comes from, and every GUID.
 * A pure function of the survey and the options; it reads no disk, and nothing decides after it.
 */
#ifndef HVGEN2_CONVERT_PLAN_H
#define HVGEN2_CONVERT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/moved.h"
#include "common/notes.h"
#include "convert/changes.h"
#include "convert/survey.h"
#include "convert/table/gpt.h"
#include "vhd/vhd.h"

enum layout {
	LAYOUT_AUTO,
	LAYOUT_FRONT, /* the old disk moves up by whole blocks, ESP and MSR come in front of it */
	LAYOUT_REUSE, /* the old system partition becomes the ESP, or an ESP is there and is kept */
	LAYOUT_END,   /* the disk grows, ESP and MSR come behind the old end */
	LAYOUT_MAX,
};

enum plan_role {
	PLAN_ESP, /* new, also where it takes the place of the old system partition; or kept */
	PLAN_MSR,
	PLAN_BIOS_BOOT, /* of a Linux; new: empty, for a GRUB that the guest installs for the BIOS */
	PLAN_WINDOWS,	/* the Windows that starts by default */
	PLAN_LINUX,	/* holds /boot of the Linux that starts */
	PLAN_OLD_SYSTEM, /* the partition of the BIOS boot manager; keeps its contents */
	PLAN_RECOVERY,
	PLAN_DATA,
	PLAN_ROLE_MAX,
};

struct plan_options {
	enum layout layout;
	enum vhd_format format; /* of the output */
	enum vhd_type type; /* of the output; VHD_TYPE_MAX: as the source is, checkpoints merged */
	uint64_t esp_size;  /* bytes */
	bool random_guids;
	/* When the source was written last, in ns; 0: unknown. Another time is another conversion:
	 * its disk has other write GUIDs, by which a report is known to belong to it. */
	uint64_t source_time;
	/* Likewise of what was asked for and does not show in the plan. */
	unsigned int choices;
	/* Of a Linux: there are other boot files for it than those on an ESP that starts it already, so
	 * that LAYOUT_AUTO is a new one beside that, and LAYOUT_REUSE is not possible. */
	bool has_other_boot_files;
	/* The new VM gets no boot entry, in a store or otherwise: its firmware takes the first ESP with
	 * \EFI\BOOT\BOOTX64.EFI. */
	bool has_no_boot_entry;
};

#define PLAN_DEFAULT_ESP_SIZE (UINT64_C(260) << 20)
#define PLAN_MAX_ESP_SIZE     (UINT64_C(32) << 30) /* Windows makes no larger FAT32 */

/* What the partition of the same index in plan.gpt is. */
struct plan_partition {
	enum plan_role role;
	size_t source;	 /* index in the survey; SURVEY_NONE for a new one */
	uint64_t offset; /* bytes, on the target */
	uint64_t length;
};

struct plan {
	enum layout layout; /* never LAYOUT_AUTO */
	enum vhd_format
		format; /* of the output; of VHD and raw only the type and GUIDs of 'vhdx' count */
	struct vhdx_spec vhdx; /* 'parent' is left to the writer, which knows the source and the
				  place of the output */
	uint64_t source_time;  /* of the options */
	uint64_t disk_size;
	uint64_t shift; /* bytes by which the old partitions move up */
	struct changes_range ranges[2];
	size_t range_count;
	struct gpt gpt;
	struct plan_partition partitions[GPT_MAX_PARTITIONS];
	struct moved_partition moved[MBR_MAX_PARTITIONS]; /* the old partitions that are kept */
	size_t moved_count;
	size_t esp, start; /* indexes in gpt.partitions */
	bool keeps_esp;	   /* with what is on it: nothing is written there */
	uint32_t fat_volume_id;
	struct guid nvram_id; /* unique id in the footer of the VMGS file */
	struct note_list dropped, warnings;
};

/*
 * Decide. LAYOUT_AUTO is front for an output of its own, else reuse, else end; of a disk that has a
 * GPT already it is reuse where an ESP starts the guest (and no other boot files were given), else
 * end. 'survey' must be of a disk that was not refused. Errors: REFUSAL_LAYOUT_IMPOSSIBLE,
 * REFUSAL_ESP_TOO_SMALL, REFUSAL_SECTOR_SIZE for a VHD, ERROR_USAGE for values out of range. *ret is
 * to be released with plan_done() in every case.
 */
int plan_make(const struct survey *survey, const struct plan_options *options, struct plan *ret,
	      struct error *err);

void plan_done(struct plan *plan);
#define CLEANUP_PLAN CLEANUP(plan_done)

/* Where partition 'index' of the new table stands, under its old number (0 when it is new). */
struct volume_place plan_place(const struct survey *survey, const struct plan *plan, size_t index);

/* What the guest must be told of its disk. Borrows from 'plan'. */
struct moved_disk plan_moved_disk(const struct survey *survey, const struct plan *plan);

/* "front", "reuse", "end", "auto"; false for any other word. */
const char *layout_text(enum layout layout);
bool layout_parse(const char *text, enum layout *ret);
const char *plan_role_text(enum plan_role role);

/* The unique GUID that Windows 10 and later derives for an MBR volume:
 * {SSSSSSSS-0000-0000-OOOO-OOOOOOOOOOOO}. */
struct guid plan_mbr_volume_guid(uint32_t signature, uint64_t offset);

#endif
