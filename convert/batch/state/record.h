/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records: JSON files in the state folder, that several hosts read and write at once. A record is whole or absent
 * (temporary name, fsync, final name, fsync of the folder), also after a crash of the machine.
 */
#ifndef HVGEN2_CONVERT_BATCH_STATE_RECORD_H
#define HVGEN2_CONVERT_BATCH_STATE_RECORD_H

#include <jansson.h>
#include <stdbool.h>

#include "common/error.h"

/* Of a token: 16 hexadecimal digits and a NUL. */
#define TOKEN_SIZE 17

/* On a stage whose owner has begun to replace files and has not ended (convert/batch/replace.h). */
#define STAGE_JOURNAL "replaces.json"

/* A new random one. -1 when the system has no random numbers. */
int token_make(char ret[TOKEN_SIZE]);

/* Why link() failed, which set errno to 'code': that somebody else has the name, EEXIST, is EPERM from sshfs, to which its server says
 * no more than that it failed. */
int link_error(int folder, const char *name, int code);

/*
 * Write 'root' as the file 'name' of the open folder. 'once': a file that is there stays, and the result is -EEXIST,
 * without a message. Errors: ERROR_FAILED.
 */
int record_write(int folder, const char *name, const json_t *root, bool once, struct error *err);

/*
 * Read it; *ret is a new reference, an object. -ENOENT, without a message, when there is none; ERROR_FAILED when it is
 * none of ours.
 */
int record_read(int folder, const char *name, json_t **ret, struct error *err);

/* The same of a file that is open. 'name' is for messages. */
int record_read_fd(int fd, const char *name, json_t **ret, struct error *err);

/* The text of object[key], or a string that JSON could not hold as it is, object[key + "_bytes"]: a new string, to be
 * freed. NULL when there is none, or no memory. */
char *record_path(const json_t *object, const char *key);

/* The outputs of a plan have roles, "disk" and others, under which their paths stand, and under which they are made. The one at
 * 'index' in the order in which they get their names, the disk last, which says that all are there; NULL behind that. */
const char *record_role(const json_t *outputs, size_t index);

/* The names of the outputs of a plan, "'a', 'b', 'c'": a new string, to be freed; NULL when out of memory. */
char *record_outputs_text(const json_t *outputs);

/* The text of object[key]; "" when there is none. */
const char *record_text(const json_t *object, const char *key);

/* The number; 0 when there is none, or it is negative. */
uint64_t record_number(const json_t *object, const char *key);

static inline void record_release(json_t **record)
{
	json_decref(*record);
}
#define CLEANUP_JSON CLEANUP(record_release)

#endif
