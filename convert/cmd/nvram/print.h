/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the actions of hvgen2 nvram print. */
#ifndef HVGEN2_CONVERT_CMD_NVRAM_PRINT_H
#define HVGEN2_CONVERT_CMD_NVRAM_PRINT_H

#include <jansson.h>

#include "common/error.h"

/* Text of a guest for a terminal: control characters become '?'. */
void cmd_nvram_print_clean(const char *text);

/* Print and release; a failure to print is an error. */
int cmd_nvram_print_json(json_t *json, struct error *err);

#endif
