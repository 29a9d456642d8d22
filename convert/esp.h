/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The EFI system partition. */
#ifndef HVGEN2_CONVERT_ESP_H
#define HVGEN2_CONVERT_ESP_H

#include "convert/guest/guest.h"
#include "convert/plan.h"

/*
 * Make its file system at the place that the plan gives it on 'target', with the files of 'boot',
 * whose data are taken; their names and sizes stay. *ret_used is how many bytes its clusters in use
 * have. An optional file whose name FAT cannot hold, or holds already, is left out with a warning,
 * and taken from what 'boot' reports. Errors: ERROR_DAMAGED for other files that FAT cannot hold;
 * those of fat32_write(),
 * REFUSAL_ESP_TOO_SMALL among them.
 */
int esp_write(const struct plan *plan, struct guest_boot *boot, struct disk *target,
	      struct note_list *warnings, uint64_t *ret_used, struct error *err);

#endif
