/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making new stores from parts of others; internal to the library. */
#ifndef HVGEN2_BCD_REBUILD_H
#define HVGEN2_BCD_REBUILD_H

#include "bcd/store.h"

/*
 * Copy an object into another store under the identifier 'id'. Elements that only templates have
 * (class 4, but for the mark of a recovery environment) and those that the boot library would
 * refuse are left out; integers get eight bytes.
 */
int bcd_copy_object(const struct bcd_object *from, struct bcd_store *to, const struct guid *id,
		    struct bcd_object **ret, struct error *err);

/* Copy all objects whose settings others inherit. */
int bcd_copy_settings(const struct bcd_store *from, struct bcd_store *to, struct error *err);

#endif
