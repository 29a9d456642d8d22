/* SPDX-License-Identifier: GPL-3.0-or-later */
/* File systems by their UUID: see linux_find.h. */
#include "convert/verify/linux_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/verify/menu/words.h"

#define MAX_LINE (64 * KIB)

/* Checks without which nothing of the disk is shown to another reader. */
static const char *const structures[] = {"image", "structure", "gpt", "partitions"};

const char *verify_linux_no_grub(const struct verify *verify)
{
	if (!verify->grub)
		return "there is no process that asks GRUB";
	if (verify->disk->sector_size != 512)
		return "grub-fstest reads disks with 512-byte sectors only";
	for (size_t i = 0; i < ARRAY_SIZE(structures); i++)
		if (verify_has_failed(verify, structures[i]))
			return "what it would read is damaged";
	return NULL;
}

enum grub_answer verify_linux_probe(struct verify *verify, const char *device, char **ret_line,
				    struct grub_file *ret)
{
	return verify_grub_text(verify, GRUB_READER_PROBE, device, "", MAX_LINE, ret_line, ret);
}

/* Is it on 'device'? GRUB_FAULT when it is not. */
static enum grub_answer probe_for(struct verify *verify, const char *uuid, const char *device,
				  struct grub_file *ret)
{
	CLEANUP_FREE char *line = NULL;
	enum grub_answer answer = verify_linux_probe(verify, device, &line, ret);

	return answer == GRUB_ANSWER && !verify_words_has_uuid(line, uuid) ? GRUB_FAULT : answer;
}

static enum grub_answer find_partition(struct verify *verify, const char *uuid,
				       char device[GRUB_DEVICE], struct grub_file *ret)
{
	enum grub_answer answer = GRUB_FAULT;

	for (size_t i = 0; i < verify->partition_count && answer == GRUB_FAULT; i++) {
		if (&verify->partitions[i] == verify->esp)
			continue;
		snprintf(device, GRUB_DEVICE, "(loop0,gpt%u)", verify->partitions[i].number);
		answer = probe_for(verify, uuid, device, ret);
	}
	return answer;
}

enum grub_answer verify_linux_find_volume(struct verify *verify, const char *uuid,
					  char device[GRUB_DEVICE], size_t *ret_count,
					  struct grub_file *ret)
{
	CLEANUP_FREE struct volumes *volumes = calloc(1, sizeof(*volumes));
	enum grub_answer answer = GRUB_FAULT;

	*ret_count = 0;
	for (size_t i = 0; volumes && i < verify->partition_count; i++)
		verify_volumes_add(verify, &verify->partitions[i], volumes);
	for (size_t i = 0; volumes && i < volumes->count && answer != GRUB_SILENT; i++) {
		answer = probe_for(verify, uuid, volumes->names[i], ret);
		if (answer == GRUB_ANSWER && (*ret_count)++ == 0)
			memcpy(device, volumes->names[i], GRUB_DEVICE);
	}
	if (answer == GRUB_SILENT)
		return answer;
	if (*ret_count == 0 && (!volumes || volumes->is_partial)) {
		snprintf(ret->words, sizeof(ret->words),
			 "not all arrays and logical volumes are known");
		return GRUB_SILENT;
	}
	return *ret_count ? GRUB_ANSWER : GRUB_FAULT;
}

enum grub_answer verify_linux_find(struct verify *verify, const char *uuid,
				   char device[GRUB_DEVICE], struct grub_file *ret)
{
	enum grub_answer answer = find_partition(verify, uuid, device, ret);
	size_t count;

	return answer == GRUB_FAULT ? verify_linux_find_volume(verify, uuid, device, &count, ret)
				    : answer;
}
