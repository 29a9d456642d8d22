/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boot stores as JSON: the keys are described in hvgen2-bcd(1). */
#ifndef HVGEN2_CONVERT_CMD_BCD_JSON_H
#define HVGEN2_CONVERT_CMD_BCD_JSON_H

#include <jansson.h>

#include "bcd/diff.h"
#include "bcd/store.h"

/* New references; NULL when out of memory. The documents begin with bcd_json_root(), which has the
 * version of schema/bcd.schema.json. */
json_t *bcd_json_root(void);
json_t *bcd_json_store(const struct bcd_store *store);
json_t *bcd_json_findings(const struct bcd_notes *notes);
json_t *bcd_json_difference(const struct bcd_difference *difference);

#endif
