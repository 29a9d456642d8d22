/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The hives of the guest follow it to the new disk. */
#ifndef HVGEN2_CONVERT_GUEST_WINDOWS_HIVES_H
#define HVGEN2_CONVERT_GUEST_WINDOWS_HIVES_H

#include "convert/edit.h"
#include "convert/guest/guest.h"

/*
 * Edit the SYSTEM hive of every Windows on 'new', see registry.h and owner.h. Errors: those of
 * windows_hive_read() and registry_convert().
 */
int hives_convert(const struct guest_disk *new, const struct moved_disk *moved,
		  const struct guest_options *options, struct edits *edits, struct error *err);

#endif
