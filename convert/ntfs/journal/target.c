/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a change acts on: a FILE record, an index block, or clusters of raw data, at the clusters
 * where its attribute had them. Redo goes by the table of pages alone: it says which clusters were
 * given away since. All writes go through here, and are remembered for the checks afterwards.
 */
#include <errno.h>
#include <inttypes.h>

#include "convert/ntfs/journal/internal.h"

#define CHANGE_PAGE 4096 /* the unit of what a change set keeps in memory */

enum journal_kind journal_operation_kind(unsigned int op)
{
	static const uint8_t kinds[OP_MAX] = {
		[OP_INITIALIZE_RECORD] = KIND_FILE,
		[OP_DEALLOCATE_RECORD] = KIND_FILE,
		[OP_WRITE_END_OF_RECORD] = KIND_FILE,
		[OP_CREATE_ATTRIBUTE] = KIND_FILE,
		[OP_DELETE_ATTRIBUTE] = KIND_FILE,
		[OP_UPDATE_RESIDENT] = KIND_FILE,
		[OP_UPDATE_NONRESIDENT] = KIND_RAW, /* or an index block, by the attribute */
		[OP_UPDATE_PAIRS] = KIND_FILE,
		[OP_SET_SIZES] = KIND_FILE,
		[OP_ADD_ROOT_ENTRY] = KIND_FILE,
		[OP_DELETE_ROOT_ENTRY] = KIND_FILE,
		[OP_ADD_ENTRY] = KIND_INDEX,
		[OP_DELETE_ENTRY] = KIND_INDEX,
		[OP_WRITE_END_OF_INDEX] = KIND_INDEX,
		[OP_SET_ROOT_VCN] = KIND_FILE,
		[OP_SET_VCN] = KIND_INDEX,
		[OP_UPDATE_ROOT_NAME] = KIND_FILE,
		[OP_UPDATE_NAME] = KIND_INDEX,
		[OP_SET_BITS] = KIND_BITS,
		[OP_CLEAR_BITS] = KIND_BITS,
		[OP_UPDATE_ROOT_DATA] = KIND_FILE,
		[OP_UPDATE_DATA] = KIND_INDEX,
		[OP_RELATIVE_ROOT_DATA] = KIND_FILE,
		[OP_RELATIVE_DATA] = KIND_INDEX,
		[OP_ZERO_END_OF_RECORD] = KIND_FILE,
	};

	return kinds[op];
}

static int refuse_target(const struct journal_change *change, const char *wrong, struct error *err)
{
	return journal_refuse(err,
			      "the NTFS journal cannot be replayed: operation 0x%x with 0x%x "
			      "at LSN 0x%" PRIx64 " %s",
			      change->redo_op, change->undo_op, change->lsn, wrong);
}

static bool is_mft(const struct journal_attribute *attribute)
{
	return REFERENCE_RECORD(attribute->reference) == MFT_MFT && attribute->type == AT_DATA &&
	       attribute->name_length == 0;
}

static bool is_bitmap(const struct journal_attribute *attribute)
{
	return attribute->type == AT_BITMAP ||
	       (REFERENCE_RECORD(attribute->reference) == MFT_BITMAP && attribute->type == AT_DATA);
}

/* Does the operation suit the attribute? Sets kind and block size. */
static const char *suit_attribute(const struct journal *journal, struct journal_target *target)
{
	const struct journal_attribute *attribute = target->attribute;

	if (target->kind == KIND_RAW && attribute->type == AT_ALLOCATION)
		target->kind = KIND_INDEX;
	if (REFERENCE_RECORD(attribute->reference) == MFT_LOG ||
	    REFERENCE_RECORD(attribute->reference) == MFT_BOOT)
		return "acts on $LogFile or $Boot";
	if (is_mft(attribute) != (target->kind == KIND_FILE))
		return "does not fit what its attribute holds";
	if ((attribute->type == AT_ALLOCATION) != (target->kind == KIND_INDEX))
		return "does not fit what its attribute holds";
	if (target->kind == KIND_BITS && !is_bitmap(attribute))
		return "does not fit what its attribute holds";
	if (target->kind == KIND_FILE)
		target->size = journal->volume.record;
	if (target->kind == KIND_INDEX)
		target->size = attribute->block_size;
	if (target->kind == KIND_INDEX && (!is_power_of_two(target->size) || target->size < 512 ||
					   target->size > JOURNAL_MAX_BLOCK))
		return "acts on an index whose blocks have a size that cannot be";
	return NULL;
}

static const char *check_place(const struct journal *journal, const struct journal_change *change,
			       struct journal_target *target)
{
	uint32_t cluster = journal->volume.cluster;
	uint64_t at;

	target->vcn = change->vcn;
	target->offset = change->cluster_offset;
	target->lcn_count = change->lcn_count;
	if (target->offset >= cluster)
		return "begins behind its first cluster";
	if (target->kind == KIND_RAW || target->kind == KIND_BITS) {
		target->size = target->lcn_count * cluster - target->offset;
		return NULL;
	}
	if (change->block_size && change->block_size * 512U != target->size)
		return "acts on a block of another size than its attribute has";
	target->lcn_count = (uint32_t)div_round_up(target->offset + target->size, cluster);
	if (target->lcn_count > change->lcn_count)
		return "names fewer clusters than its block has";
	if (!mul_u64(change->vcn, cluster, &at) || (at + target->offset) % target->size)
		return "does not begin where a block begins";
	return NULL;
}

static int check_lcns(struct journal *journal, const struct journal_change *change,
		      const struct journal_target *target, struct error *err)
{
	int r = journal_spend(journal, target->lcn_count * (1 + journal->volume.log.count), err);

	for (uint32_t i = 0; r == 0 && i < target->lcn_count; i++)
		if (journal_lcn_is_known(target->lcns[i]) &&
		    journal_volume_protects(&journal->volume, target->lcns[i]))
			return journal_refuse(
				err,
				"the NTFS journal cannot be replayed: the record at LSN 0x%" PRIx64
				" concerns cluster %" PRIu64
				", which is in $Boot, in $LogFile or beyond the volume",
				change->lsn, target->lcns[i]);
	return r;
}

/* Clusters to be redone: those of pages that may be older than the change, at their places. */
static void find_redo_lcns(const struct journal *journal, const struct journal_change *change,
			   struct journal_target *target)
{
	for (uint32_t i = 0; i < target->lcn_count; i++) {
		const struct journal_page *page =
			journal_page_find(&journal->tables, change->target, change->vcn + i);

		target->lcns[i] =
			page && change->lsn >= page->oldest
				? *journal_page_lcn(&journal->tables, page, change->vcn + i)
				: JOURNAL_HOLE;
	}
}

static int find_undo_lcns(const struct journal *journal, const struct journal_change *change,
			  struct journal_target *target, struct error *err)
{
	for (uint32_t i = 0; i < target->lcn_count; i++) {
		const struct journal_page *page =
			journal_page_find(&journal->tables, change->target, change->vcn + i);

		target->lcns[i] = page ? *journal_page_lcn(&journal->tables, page, change->vcn + i)
				       : JOURNAL_HOLE;
		if (target->lcns[i] == JOURNAL_HOLE)
			target->lcns[i] = min_u64(get_le64(change->lcns + 8 * i), INT64_MAX);
		if (target->lcns[i] == JOURNAL_FREED)
			return refuse_target(change,
					     "is to be undone, but its cluster was given away",
					     err);
	}
	return 0;
}

/* A block is redone as a whole or, when its clusters were given away, not at all. */
static int check_whole(const struct journal_change *change, const struct journal_target *target,
		       uint32_t found, struct error *err)
{
	if (found && found < target->lcn_count &&
	    (target->kind == KIND_FILE || target->kind == KIND_INDEX))
		return refuse_target(change, "acts on a block of which a part was given away", err);
	return 0;
}

static uint32_t count_known(const struct journal_target *target)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < target->lcn_count; i++)
		found += journal_lcn_is_known(target->lcns[i]);
	return found;
}

int journal_target_resolve(struct journal *journal, const struct journal_action *action,
			   bool is_redo, struct journal_target *ret, bool *ret_skip,
			   struct error *err)
{
	const struct journal_change *change = action->change;
	const char *wrong;
	int r = 0;

	ret->kind = journal_operation_kind(action->op);
	ret->slot = change->target;
	ret->attribute = journal_attribute_slot(&journal->tables, change->target);
	ret->lcn_count = change->lcn_count;
	*ret_skip = false;
	if (ret->lcn_count > JOURNAL_MAX_LCNS)
		return refuse_target(change, "names more clusters than can be", err);
	if (is_redo) {
		find_redo_lcns(journal, change, ret);
		*ret_skip = count_known(ret) == 0;
		if (*ret_skip)
			return 0;
	}
	if (!ret->attribute)
		return refuse_target(change, "acts on an attribute that is not open", err);
	wrong = suit_attribute(journal, ret);
	if (!wrong)
		wrong = check_place(journal, change, ret);
	if (wrong)
		return refuse_target(change, wrong, err);
	if (!is_redo)
		r = find_undo_lcns(journal, change, ret, err);
	if (r < 0)
		return r;
	*ret_skip = count_known(ret) == 0;
	r = check_whole(change, ret, count_known(ret), err);
	return r < 0 ? r : check_lcns(journal, change, ret, err);
}

/* What of a target stands in one cluster. */
struct piece {
	uint32_t first; /* cluster of the target */
	uint32_t length;
	uint64_t at; /* bytes from the start of the volume; of a cluster that is known */
	bool is_known;
};

/* The first piece of [offset, offset + length) of a target. */
static struct piece find_piece(const struct journal *journal, const struct journal_target *target,
			       uint32_t length, uint64_t offset)
{
	uint32_t cluster = journal->volume.cluster;
	uint64_t at = target->offset + offset, lcn = target->lcns[at / cluster];

	return (struct piece){
		.first = (uint32_t)(at / cluster),
		.length = (uint32_t)min_u64(length, cluster - at % cluster),
		.at = lcn * cluster + at % cluster,
		.is_known = journal_lcn_is_known(lcn),
	};
}

/* A set of keys that are not 0. True when the key is new. */
static bool set_add(uint64_t *hash, uint32_t size, uint64_t key)
{
	uint64_t i = key * UINT64_C(0x9e3779b97f4a7c15) >> 20;

	for (;; i++) {
		uint64_t *place = &hash[i & (size - 1)];

		if (*place == key)
			return false;
		if (*place == 0) {
			*place = key;
			return true;
		}
	}
}

/* Make sure that a set has room for one more; at most half of it is used. */
static int set_grow(uint64_t **hash, uint32_t *size, uint32_t count, struct error *err)
{
	uint32_t room = *size ? 2 * *size : 1024;
	uint64_t *larger;

	if (count < *size / 2)
		return 0;
	larger = calloc(room, sizeof(*larger));
	if (!larger)
		return error_failed(err, ENOMEM, "out of memory");
	for (uint32_t i = 0; i < *size; i++)
		if ((*hash)[i])
			set_add(larger, room, (*hash)[i]);
	free(*hash);
	*hash = larger;
	*size = room;
	return 0;
}

/* Count what a change set keeps. */
static int count_pages(struct journal *journal, uint64_t at, uint32_t length, struct error *err)
{
	for (uint64_t page = at / CHANGE_PAGE; page <= (at + length - 1) / CHANGE_PAGE; page++) {
		int r = set_grow(&journal->pages_hash, &journal->pages_hash_size,
				 journal->pages_count, err);

		if (r < 0)
			return r;
		journal->pages_count +=
			set_add(journal->pages_hash, journal->pages_hash_size, page + 1);
		if (journal->pages_count > JOURNAL_MAX_CHANGES / CHANGE_PAGE)
			return journal_refuse(err, "the NTFS journal changes more than 64 MiB");
	}
	return 0;
}

/* Remember a block, or clusters, for the checks. */
static int remember(struct journal *journal, const struct journal_target *target, uint32_t first,
		    struct error *err)
{
	uint64_t lcn = target->lcns[first];
	uint64_t at = lcn * journal->volume.cluster + (first ? 0 : target->offset);
	struct journal_touched *touched = journal->touched;
	int r = set_grow(&journal->touched_hash, &journal->touched_hash_size,
			 journal->touched_count, err);

	if (r < 0)
		return r;
	/* Blocks begin at multiples of 512: the rest of the key tells the kind and the attribute. A
	 * FILE record is the same one, at whatever slots $MFT was opened. */
	if (!set_add(journal->touched_hash, journal->touched_hash_size,
		     (at / 512) << 18 |
			     (target->kind == KIND_FILE ? 0 : (uint64_t)target->slot << 2) |
			     target->kind))
		return 0;
	if (journal->touched_count == journal->touched_room) {
		uint32_t room = journal->touched_room ? 2 * journal->touched_room : 256;

		touched = reallocarray(touched, room, sizeof(*touched));
		if (!touched)
			return error_failed(err, ENOMEM, "out of memory");
		journal->touched = touched;
		journal->touched_room = room;
	}
	touched[journal->touched_count++] = (struct journal_touched){
		.kind = target->kind,
		.target = target->slot,
		.vcn = target->vcn + first,
		.offset = first ? 0 : target->offset,
		.lcn = lcn,
	};
	return 0;
}

/* A part of a block that is not the first is remembered with it. */
static int write_piece(struct journal *journal, const struct journal_target *target,
		       const struct piece *piece, const uint8_t *data, struct error *err)
{
	int r = count_pages(journal, piece->at, piece->length, err);

	if (r == 0 && (piece->first == 0 || target->kind == KIND_RAW || target->kind == KIND_BITS))
		r = remember(journal, target, piece->first, err);
	return r < 0 ? r : disk_write(journal->volume.disk, data, piece->length, piece->at, err);
}

int journal_target_write_raw(struct journal *journal, const struct journal_target *target,
			     const uint8_t *data, uint32_t length, uint64_t offset,
			     struct error *err)
{
	struct piece piece;
	int r = 0;

	for (uint32_t done = 0; r == 0 && done < length; done += piece.length) {
		piece = find_piece(journal, target, length - done, offset + done);
		if (piece.is_known)
			r = write_piece(journal, target, &piece, data + done, err);
	}
	return r;
}

int journal_target_read_raw(struct journal *journal, const struct journal_target *target,
			    uint8_t *data, uint32_t length, uint64_t offset, struct error *err)
{
	struct piece piece;
	int r = 0;

	for (uint32_t done = 0; r == 0 && done < length; done += piece.length) {
		piece = find_piece(journal, target, length - done, offset + done);
		if (piece.is_known)
			r = disk_read(journal->volume.disk, data + done, piece.length, piece.at,
				      err);
	}
	return r;
}

int journal_target_read(struct journal *journal, struct journal_target *target, bool *ret_sound,
			uint64_t *ret_lsn, struct error *err)
{
	const char *mark = target->kind == KIND_FILE ? "FILE" : "INDX";
	int r = journal_target_read_raw(journal, target, target->block, target->size, 0, err);

	if (r < 0)
		return r;
	*ret_sound = memcmp(target->block, mark, 4) == 0 &&
		     journal_fixups_take(target->block, target->size);
	*ret_lsn = *ret_sound ? get_le64(target->block + BLOCK_LSN) : 0;
	return 0;
}

int journal_target_write(struct journal *journal, struct journal_target *target, struct error *err)
{
	journal_fixups_put(target->block, target->size);
	return journal_target_write_raw(journal, target, target->block, target->size, 0, err);
}
