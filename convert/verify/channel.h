/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Between the two processes of 'verify': the reader, which is locked in and says what it saw, and
 * the process that started it, which prints that and starts other people's programs. Records of
 * fixed sizes, each behind its kind; what comes from the reader is believed to be nothing but
 * bytes, which these functions make valid or refuse.
 */
#ifndef HVGEN2_CONVERT_VERIFY_CHANNEL_H
#define HVGEN2_CONVERT_VERIFY_CHANNEL_H

#include "convert/verify/verify.h"

enum channel_kind {
	CHANNEL_FILE,	/* struct channel_file: one of the chain, the first first */
	CHANNEL_RESULT, /* struct verify_result */
	CHANNEL_HELPER, /* struct helper_request (helper.h), which is answered */
	CHANNEL_STATE,	/* struct channel_state: how far it is */
	CHANNEL_LEARNT, /* struct channel_learnt, answered by one byte when libguestfs is done */
	CHANNEL_END,	/* struct error: ERROR_NONE when all could be read */
	CHANNEL_KIND_MAX,
};

struct channel_file {
	char path[4096];
};

/* Of PROGRESS_CHECKS. */
struct channel_state {
	uint64_t done, total;
};

/* What the checks have learnt that those outside the sandbox need. */
struct channel_learnt {
	struct vhd_info info;
	enum sandbox_state sandbox;
	bool have_table;
	size_t partition_count, bcd_size;
	size_t esp, windows; /* indexes of partitions; past the last one: none */
	char loader_path[260];
	char linux_folder[64];
	struct verify_partition partitions[VERIFY_MAX_PARTITIONS];
};

/* In the reader. False when nobody listens any more. */
bool channel_say(int fd, enum channel_kind kind, const void *record, size_t size);

/* Outside: to the reader, which may be gone: then false. */
bool channel_answer(int fd, const void *bytes, size_t size);

/* All of 'size' bytes; false at the end. */
bool channel_hear(int fd, void *bytes, size_t size);

void channel_fill_learnt(const struct verify *verify, struct channel_learnt *ret);

/* Outside: 'verify' as far as 'learnt' says, which it points into; false when that cannot be. */
bool channel_take_learnt(const struct channel_learnt *learnt, struct verify *verify);

/* Outside: end the texts, and make an unknown kind a failure. */
void channel_clean_error(struct error *err);

#endif
