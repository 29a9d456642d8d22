/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * New variables in an existing OVMF store, as the firmware itself would write them: what changes is
 * marked deleted and written anew behind the last record; when there is no room left, or something
 * stands in it, the living records move together. Records that do not change keep every byte, their
 * monotonic counts too.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"
#include "nvram/container.h"
#include "nvram/internal.h"
#include "nvram/ovmf.h"

struct update {
	uint8_t *bytes;
	size_t size;
	const char *name;
	struct ovmf ovmf;
	const struct nvram *wanted;
	bool *is_kept; /* for each wanted variable: there is a living record that says the same */
};

/* The index of the wanted variable that the record already holds; count when there is none. */
static int find_wanted(const struct update *update, const struct ovmf_record *record, size_t *ret,
		       struct error *err)
{
	CLEANUP_NVRAM struct nvram one = NVRAM_INIT;
	int r = ovmf_record_load(record, &one, err);
	size_t i = 0;

	if (r < 0)
		return r;
	while (i < update->wanted->count &&
	       (update->is_kept[i] ||
		!nvram_variable_equal(&one.variables[0], &update->wanted->variables[i])))
		i++;
	*ret = i;
	return 0;
}

/* Delete the living records that are not wanted, note those that are. */
static int sort_records(struct update *update, struct error *err)
{
	size_t offset = update->ovmf.first, index;
	struct ovmf_record record;
	int r;

	while ((r = ovmf_next(update->bytes, &update->ovmf, update->name, &offset, &record, err)) >
	       0) {
		if (!ovmf_record_lives(update->bytes, &update->ovmf, &record))
			continue;
		r = find_wanted(update, &record, &index, err);
		if (r < 0)
			return r;
		if (index < update->wanted->count)
			update->is_kept[index] = true;
		else
			ovmf_record_delete(update->bytes, &record);
	}
	return r;
}

static bool is_erased(const uint8_t *bytes, size_t from, size_t to)
{
	while (from < to && bytes[from] == 0xff)
		from++;
	return from == to;
}

/* Move the living records to the front. The destination never overtakes the source. */
static int compact_records(struct update *update, struct error *err)
{
	struct ovmf *ovmf = &update->ovmf;
	CLEANUP_FREE uint8_t *packed = malloc(update->size);
	size_t offset = ovmf->first, used = ovmf->first;
	struct ovmf_record record;
	int r;

	if (!packed)
		return error_failed(err, ENOMEM, "'%s': out of memory", update->name);
	memcpy(packed, update->bytes, update->size);
	memset(packed + ovmf->first, 0xff, ovmf->end - ovmf->first);
	while ((r = ovmf_next(update->bytes, ovmf, update->name, &offset, &record, err)) > 0) {
		if (!ovmf_record_lives(update->bytes, ovmf, &record))
			continue;
		memcpy(packed + used, update->bytes + record.offset, record.size);
		used = min_u64(used + div_round_up(record.size, OVMF_ALIGNMENT) * OVMF_ALIGNMENT,
			       ovmf->end);
	}
	if (r < 0)
		return r;
	memcpy(update->bytes, packed, update->size);
	ovmf->free = used;
	return 0;
}

static int append_new_records(struct update *update, struct error *err)
{
	for (size_t i = 0; i < update->wanted->count; i++) {
		int r;

		if (update->is_kept[i])
			continue;
		r = ovmf_append(update->bytes, &update->ovmf, update->size,
				&update->wanted->variables[i], err);
		if (r < 0)
			return r;
		update->is_kept[i] = true;
	}
	return 0;
}

static int rewrite_store(struct update *update, struct error *err)
{
	int r = sort_records(update, err);

	if (r < 0)
		return r;
	if (is_erased(update->bytes, update->ovmf.free, update->ovmf.end))
		r = append_new_records(update, NULL);
	else
		r = -ENOSPC;
	if (r != -ENOSPC) /* again, for the message */
		return r < 0 ? append_new_records(update, err) : 0;
	r = compact_records(update, err);
	return r < 0 ? r : append_new_records(update, err);
}

static int ovmf_update(const struct file_bytes *old, const struct nvram *nvram, uint8_t **ret,
		       size_t *ret_size, struct error *err)
{
	CLEANUP_FREE uint8_t *bytes = malloc(old->size);
	CLEANUP_FREE bool *is_kept = calloc(nvram->count + 1, sizeof(*is_kept));
	struct update update = {bytes, old->size, old->name, {.first = 0}, nvram, is_kept};
	int r = ovmf_parse(old, &update.ovmf, err);

	if (r < 0)
		return r;
	if (!bytes || !is_kept)
		return error_failed(err, ENOMEM, "'%s': out of memory", old->name);
	memcpy(bytes, old->data, old->size);
	r = rewrite_store(&update, err);
	if (r < 0)
		return r;
	*ret = TAKE(bytes);
	*ret_size = old->size;
	return 0;
}

static int ovmf_encode(const struct nvram *nvram, const struct guid *vhd_id, uint8_t **ret,
		       size_t *ret_size, struct error *err)
{
	(void)vhd_id;
	return nvram_encode_ovmf(nvram, ret, ret_size, err);
}

const struct nvram_container nvram_ovmf_container = {
	.text = "OVMF variable store",
	.is_store = ovmf_is_store,
	.decode = ovmf_decode,
	.update = ovmf_update,
	.encode = ovmf_encode,
};
