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

#include "common/notes.h"
#include "convert/boot_sectors.h"
#include "convert/edit.h"
#include "convert/firmware.h"
#include "convert/guest/guest.h"
#include "convert/plan.h"
#include "convert/survey.h"

struct build_options {
	struct guest_options guest;
	struct firmware_options firmware;
};

/*
 * Open what the guest may need of this machine, while its paths can be opened; to be released with
 * build_close_host_files(), also after a failure. Errors: those of guest_open_host_files().
 */
int build_open_host_files(struct build_options *options, struct error *err);
void build_close_host_files(struct build_options *options);

struct build {
	struct disk *target; /* the whole target disk, to be written; its source must stay open */
	struct guest_boot boot;
	uint64_t esp_used; /* bytes of the ESP in use */
	struct boot_sectors boot_sectors;
	struct edits edits;
	struct firmware firmware;
	bool is_elsewhere; /* what failed: in the store's template or keys, or in files for the ESP
			      that are this machine's, not in the source */
	struct note_list warnings; /* of all parts, but for those of boot.store.notes */
};

/*
 * Build. 'source' is borrowed and must outlive *ret, which is to be released with build_done() in
 * every case. Errors: the refusals of the boot files, the BCD and the hives; ERROR_DAMAGED; I/O.
 */
int build_target(struct disk *source, const struct survey *survey, const struct plan *plan,
		 const struct build_options *options, struct build *ret, struct error *err);

void build_done(struct build *build);
#define CLEANUP_BUILD CLEANUP(build_done)

#endif
