/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SYSTEM hives made by tests, a line a value. Every function ends the test when it fails. */
#ifndef HVGEN2_TESTS_CONVERT_GUEST_WINDOWS_SYSTEM_SYSTEM_HIVE_H
#define HVGEN2_TESTS_CONVERT_GUEST_WINDOWS_SYSTEM_SYSTEM_HIVE_H

#include <stdbool.h>

#include "common/hive/hive.h"
#include "common/notes.h"
#include "convert/guest/windows/system/owner.h"
#include "tests/support/real_hive.h"

/* Server 2019 on a disk without partitions, whose files are not known. */
extern const struct hive_owner server_2019;

struct hive *hive_made(void);
hive_node_h made_key(struct hive *hive, const char *path);
void made_dword(struct hive *hive, const char *path, const char *value, uint32_t number);
void made_text(struct hive *hive, const char *path, const char *value, const char *text);
/* REG_MULTI_SZ of texts that are separated by '|'. */
void made_multi(struct hive *hive, const char *path, const char *value, const char *texts);
/* A text of the hive, to be freed. */
char *text_at(struct hive *hive, const char *path, const char *value);
uint32_t dword_at(struct hive *hive, const char *path, const char *value); /* or 99 */

/* Edit; NULL when nothing had to change. The same hive gives the same bytes, as is seen here. */
struct hive *edited(struct hive *hive, const struct hive_owner *owner, struct edit_notes *notes);

/* Is a text among the sentences? */
bool noted(const struct note_list *list, const char *text);

#endif
