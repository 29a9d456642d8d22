/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Texts that come from guests and file systems as JSON, which holds nothing but Unicode, and JSON as text
 * that no terminal minds (safe_text.h). libjansson refuses what is not UTF-8.
 */
#ifndef HVGEN2_COMMON_JSON_TEXT_JSON_H
#define HVGEN2_COMMON_JSON_TEXT_JSON_H

#include <jansson.h>

#include "common/error.h"

/* The text, in which what is no UTF-8 (unpaired surrogates, other bytes) is shown as \u{D800} or
 * \xNN. NULL when out of memory, also for NULL. */
json_t *text_json(const char *text);

/*
 * Set a path, whose bytes need not be text: object[key], and, when it is not UTF-8, its bytes in
 * base64 as object[key + "_bytes"], which opens the file when the shown form does not. Returns 0 or
 * -1 when out of memory.
 */
int text_json_set_path(json_t *object, const char *key, const char *path);

/* The JSON text, whole and with a newline at its end: a new string, to be freed; NULL when out of
 * memory. */
char *text_json_dump(const json_t *root);

/* Print that on standard output, and release 'root', which may be NULL: -ENOMEM. */
int text_json_print(json_t *root, struct error *err);

#endif
