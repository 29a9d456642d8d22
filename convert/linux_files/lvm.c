/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A group that has been read, and its volumes as disks: see lvm.h. */
#include "convert/linux_files/lvm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/linux_files/lvm_group.h"

struct lvm_disk {
	struct disk disk;
	const struct lvm_volume *volume;
	char *name;
};

void lvm_cleanup(struct lvm_group **group)
{
	for (size_t i = 0; *group && i < (*group)->count; i++) {
		free((*group)->volumes[i].name);
		free((*group)->volumes[i].parts);
	}
	if (*group) {
		free((*group)->volumes);
		free((*group)->name);
	}
	free(*group);
	*group = NULL;
}

const char *lvm_group_name(const struct lvm_group *group)
{
	return group->name;
}

const char *lvm_group_id(const struct lvm_group *group)
{
	return group->id;
}

uint64_t lvm_group_seqno(const struct lvm_group *group)
{
	return group->seqno;
}

static bool has_pv(const struct lvm_group *group, const struct disk *pv)
{
	for (size_t i = 0; i < group->pv_count; i++)
		if (group->pvs[i] == pv)
			return true;
	return false;
}

bool lvm_group_is_told_by(const struct lvm_group *group, const struct lvm_group *other)
{
	if (!group->id[0] || strcmp(group->id, other->id) != 0 || other->seqno < group->seqno)
		return false;
	return has_pv(other, group->own) ||
	       (other->seqno > group->seqno && has_pv(group, other->own));
}

size_t lvm_volume_count(const struct lvm_group *group)
{
	return group->count;
}

struct lvm_volume_info lvm_volume_info(const struct lvm_group *group, size_t index)
{
	const struct lvm_volume *volume = &group->volumes[index];
	bool is_readable = *volume->why_not == '\0';

	return (struct lvm_volume_info){
		.name = volume->name,
		.is_readable = is_readable,
		.why_not = is_readable ? NULL : volume->why_not,
		.size = volume->size,
		.pv = is_readable ? volume->parts[0].pv : NULL,
		.needs_other_disks = volume->needs_other_disks,
	};
}

/* The part that holds 'offset', which is within the volume. */
static const struct lvm_part *part_at(const struct lvm_volume *volume, uint64_t offset)
{
	size_t low = 0, high = volume->part_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (volume->parts[middle].start <= offset)
			low = middle;
		else
			high = middle;
	}
	return &volume->parts[low];
}

static int lvm_disk_read(struct disk *disk, void *buffer, size_t length, uint64_t offset,
			 struct error *err)
{
	const struct lvm_disk *lvm = (const struct lvm_disk *)disk;
	uint8_t *to = buffer;
	int r = 0;

	while (r == 0 && length) {
		const struct lvm_part *part = part_at(lvm->volume, offset);
		uint64_t within = offset - part->start;
		size_t step = min_u64(length, part->length - within);

		r = disk_read(part->pv, to, step, part->at + within, err);
		to += step;
		offset += step;
		length -= step;
	}
	return r;
}

static int lvm_disk_extent(struct disk *disk, uint64_t offset, struct disk_extent *ret,
			   struct error *err)
{
	const struct lvm_disk *lvm = (const struct lvm_disk *)disk;
	const struct lvm_part *part = part_at(lvm->volume, offset);
	uint64_t within = offset - part->start;
	int r = disk_extent(part->pv, part->at + within, ret, err);

	if (r == 0)
		ret->length = min_u64(ret->length, part->length - within);
	return r;
}

static void lvm_disk_close(struct disk *disk)
{
	struct lvm_disk *lvm = (struct lvm_disk *)disk;

	free(lvm->name);
	free(lvm);
}

static const struct disk_ops lvm_disk_ops = {
	.read = lvm_disk_read,
	.extent = lvm_disk_extent,
	.close = lvm_disk_close,
};

int lvm_open(struct lvm_group *group, size_t index, struct disk **ret, struct error *err)
{
	const struct lvm_volume *volume = &group->volumes[index];
	const struct disk *pv;
	struct lvm_disk *lvm;

	if (*volume->why_not)
		return error_failed(err, EINVAL, "the logical volume '%s/%s': %s", group->name,
				    volume->name, volume->why_not);
	pv = volume->parts[0].pv;
	lvm = calloc(1, sizeof(*lvm));
	if (!lvm || asprintf(&lvm->name, "%s, logical volume %s/%s", pv->name, group->name,
			     volume->name) < 0) {
		free(lvm);
		return error_failed(err, ENOMEM, "out of memory");
	}
	lvm->disk = (struct disk){.ops = &lvm_disk_ops,
				  .name = lvm->name,
				  .size = volume->size,
				  .sector_size = pv->sector_size};
	lvm->volume = volume;
	*ret = &lvm->disk;
	return 0;
}
