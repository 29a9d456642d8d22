/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contents of the EFI system partition: what bcdboot puts there. */
#ifndef HVGEN2_CONVERT_ESP_H
#define HVGEN2_CONVERT_ESP_H

#include "convert/build.h"

/*
 * Make the ESP on build->target: boot files of the guest's own Windows, the converted BCD,
 * BOOTSTAT.DAT. Fills boot_files, esp_used, bcd_default and bcd of 'build'. Errors: refusals of
 * boot files and BCD, REFUSAL_ESP_TOO_SMALL, ERROR_DAMAGED, I/O.
 */
int esp_build(struct disk *source, const struct survey *survey, const struct plan *plan,
	      enum bootfiles_set boot_files, struct build *build, struct error *err);

#endif
