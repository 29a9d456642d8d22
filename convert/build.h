/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Build all changes of a plan in memory: GPT, ESP with boot files and BCD, the guest's registry,
 * the NVRAM store. When this has succeeded, everything that can fail but writing has been done and
 * checked.
 */
#ifndef HVGEN2_CONVERT_BUILD_H
#define HVGEN2_CONVERT_BUILD_H

#include <stddef.h>
#include <stdint.h>

#include "bcd/bcd.h"
#include "common/notes.h"
#include "convert/bootfiles.h"
#include "convert/plan.h"
#include "convert/survey.h"
#include "nvram/nvram.h"

struct build_options {
	enum bootfiles_set boot_files;
	bool has_nvram; /* make a store; of nvram_format, or in the container of the template */
	enum nvram_format nvram_format; /* NVRAM_FORMAT_VMGS or NVRAM_FORMAT_OVMF */
	const char *nvram_template;	/* path of the store to start from, or NULL */
	bool drop_stale_entries; /* of the template: other "Windows Boot Manager" File entries */
};

/* A file of the guest, or a structure of its file system, that is not bit-identical afterwards. */
struct build_change {
	unsigned int partition; /* number in the old table */
	char *path; /* "\\Windows\\System32\\config\\SYSTEM"; "$Boot" for boot sectors */
	struct note_list details;
};

struct build {
	struct disk *target; /* the whole target disk, to be written; its source must stay open */
	struct bootfiles_report boot_files;
	uint64_t esp_used; /* bytes of the ESP in use */
	struct bcd_default_entry bcd_default;
	struct bcd_notes bcd;
	bool winre_is_lost; /* the rebuilt BCD has no entry for the recovery environment */
	struct build_change *changes;
	size_t change_count;
	struct note_list warnings;
	struct nvram nvram;  /* what the store holds */
	uint8_t *nvram_file; /* the store as a file; NULL when none is made */
	size_t nvram_size;
};

/*
 * Build. 'source' is borrowed and must outlive *ret, which is to be released with build_done() in
 * every case. Errors: the refusals of the boot files, the BCD and the hives; ERROR_DAMAGED; I/O.
 */
int build_target(struct disk *source, const struct survey *survey, const struct plan *plan,
		 const struct build_options *options, struct build *ret, struct error *err);

/* For the parts of the build: list a change. Takes what is in *details. Errors: ENOMEM. */
int build_add_change(struct build *build, unsigned int partition, const char *path,
		     struct note_list *details, struct error *err);

/*
 * For the parts of the build: mount the partition 'old' where it stands on the target, call 'edit'
 * and unmount. 'context' is handed on. Messages get "partition N: " in front. Errors: those of the
 * mount, of 'edit' and of writing back.
 */
typedef int build_edit(struct volume *volume, const struct survey_partition *old,
		       const void *context, struct build *build, struct error *err);
int build_edit_volume(struct build *build, const struct survey_partition *old,
		      const struct plan_partition *partition, build_edit *edit, const void *context,
		      struct error *err);

void build_done(struct build *build);
#define CLEANUP_BUILD CLEANUP(build_done)

#endif
