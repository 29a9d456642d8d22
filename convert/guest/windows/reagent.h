/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ReAgent.xml, in which Windows notes where its recovery environment is:
 * '\Windows\System32\Recovery\ReAgent.xml', with a copy beside the environment. Places are named by
 * a folder and three numbers:
 *
 *              id                               offset                             guid
 *   MBR disk   signature of the disk, decimal   start of the partition, in bytes   zero
 *   GPT disk   0                                the same                           of the disk
 *
 * The file is edited byte by byte: everything but the numbers stays as it is, the encoding too.
 */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_REAGENT_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_REAGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/error.h"
#include "common/guid.h"
#include "common/moved.h"
#include "common/notes.h"

/* Real files have about one KiB. */
#define REAGENT_MAX_SIZE ((size_t)1 << 20)

/* What the file says about the recovery environment. Embedded; memory belongs to it. */
struct reagent {
	bool is_enabled;
	bool has_loader;
	struct guid loader;	/* of its entry in the boot store */
	char *path;		/* "\\Recovery\\WindowsRE"; NULL when there is none */
	uint64_t offset;	/* of the partition */
	uint32_t mbr_signature; /* 0 on a GPT disk */
	struct guid gpt_disk;
};

#define REAGENT_INIT                                                                               \
	{                                                                                          \
		.path = NULL                                                                       \
	}
void reagent_done(struct reagent *reagent);
#define CLEANUP_REAGENT CLEANUP(reagent_done)

/* Errors: ERROR_DAMAGED when it is not such a file. */
int reagent_read(const struct file_bytes *file, struct reagent *ret, struct error *err);

/*
 * Give all places on the old disk their new numbers. *ret_bytes is new memory, to be freed, or NULL
 * when nothing had to change. One sentence per place goes to notes->changed; places that name the
 * old disk but no partition of it go to notes->warnings and stay. 'notes' may be NULL. Errors:
 * ERROR_DAMAGED when it is not such a file.
 */
int reagent_convert(const struct file_bytes *file, const struct moved_disk *disk,
		    uint8_t **ret_bytes, size_t *ret_size, struct edit_notes *notes,
		    struct error *err);

/*
 * Note that the recovery environment is off and has no boot entry, for when it cannot be kept:
 * 'reagentc /enable' in the guest then turns it on again. *ret_bytes as above.
 */
int reagent_disable(const struct file_bytes *file, uint8_t **ret_bytes, size_t *ret_size,
		    struct error *err);

#endif
