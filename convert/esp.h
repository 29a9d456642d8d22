/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contents of the EFI system partition: what bcdboot puts there. */
#ifndef HVGEN2_CONVERT_ESP_H
#define HVGEN2_CONVERT_ESP_H

#include "convert/guest/windows/boot_store.h"
#include "convert/guest/windows/bootfiles.h"
#include "convert/guest/files.h"

/* Embedded; all zero is empty. */
struct esp {
	struct guest_files files; /* gone when they are written */
	int64_t time;		  /* of the newest boot file, and of all that is new */
	uint64_t used;		  /* bytes of the partition in use */
	struct bootfiles_report boot_files;
	struct boot_store store; /* its bytes are among the files */
};

/*
 * Make the files: boot files of the guest's own Windows, the converted BCD, BOOTSTAT.DAT. *ret is to
 * be released with esp_done() in every case. Errors: refusals of boot files and BCD, ERROR_DAMAGED,
 * I/O.
 */
int esp_make(struct disk *source, const struct survey *survey, const struct plan *plan,
	     enum bootfiles_set boot_files, struct esp *ret, struct error *err);

/* Write them to their place on 'target'. Errors: REFUSAL_ESP_TOO_SMALL. */
int esp_write(struct esp *esp, const struct plan *plan, struct disk *target, struct error *err);

void esp_done(struct esp *esp);

#endif
