/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the containers that are JSON share, inside nvram/. */
#ifndef HVGEN2_NVRAM_JSON_TEXT_H
#define HVGEN2_NVRAM_JSON_TEXT_H

#include <jansson.h>

#include "common/bytes.h"
#include "common/error.h"

void nvram_json_release(json_t **json);
#define CLEANUP_JSON CLEANUP(nvram_json_release)

/* Does it begin as an object does? */
bool nvram_json_is_object(const uint8_t *bytes, size_t size);

/* The file as JSON, in which no key is there twice; to be released. */
int nvram_json_parse(const struct file_bytes *file, json_t **ret, struct error *err);

/* The text of 'root' (NULL: -ENOMEM), indented, as a file; *ret is to be freed. */
int nvram_json_print(const json_t *root, uint8_t **ret, size_t *ret_size, struct error *err);

#endif
