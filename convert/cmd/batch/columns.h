/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The options of 'convert' as the columns of a list. */
#ifndef HVGEN2_CONVERT_CMD_BATCH_COLUMNS_H
#define HVGEN2_CONVERT_CMD_BATCH_COLUMNS_H

#include "convert/batch/plan/inputs.h"

extern const struct conversion_options batch_columns;

#endif
