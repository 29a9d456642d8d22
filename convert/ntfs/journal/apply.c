/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One change, done or undone. A block carries the LSN of its last change: what is older than that
 * has been done. Raw data and bits carry none and are written again, which is harmless in order.
 */
#include <inttypes.h>

#include "convert/ntfs/journal/internal.h"

static int refuse_action(const struct journal_action *action, const char *wrong, struct error *err)
{
	return journal_refuse(
		err, "the NTFS journal cannot be replayed: operation 0x%x at LSN 0x%" PRIx64 " %s",
		action->op, action->change->lsn, wrong);
}

static bool makes_block(const struct journal_action *action, const struct journal_target *target)
{
	return action->op == OP_INITIALIZE_RECORD ||
	       (action->op == OP_UPDATE_NONRESIDENT && action->data &&
		action->change->record_offset == 0 && action->change->attr_offset == 0 &&
		action->length >= INDX_HEADER + INDEX_HEADER &&
		memcmp(action->data, "INDX", 4) == 0 &&
		action->length >=
			INDX_HEADER + (uint64_t)get_le32(action->data + INDX_HEADER + INDEX_USED) &&
		action->length <= target->size);
}

/* Is the block whole after the change? */
static const char *check_block(const struct journal_target *target)
{
	const char *wrong;

	if (target->kind == KIND_FILE)
		return journal_record_check(target->block, target->size);
	wrong = journal_index_check(target->block + INDX_HEADER, target->size - INDX_HEADER);
	if (wrong)
		return wrong;
	return memcmp(target->block, "INDX", 4) == 0 &&
			       journal_fixups_fit(target->block, target->size)
		       ? NULL
		       : "it is no index block";
}

static int apply_to_block(struct journal *journal, struct journal_target *target,
			  const struct journal_action *action, bool is_redo, bool *ret_done,
			  struct error *err)
{
	uint64_t lsn;
	bool sound;
	const char *wrong;
	int r = journal_target_read(journal, target, &sound, &lsn, err);

	if (r < 0)
		return r;
	if (sound && lsn > journal->log.end)
		return journal_refuse(
			err,
			"the NTFS journal does not belong to the volume: LSN 0x%" PRIx64
			" stands in cluster %" PRIu64 ", the journal ends at 0x%" PRIx64,
			lsn, target->lcns[0], journal->log.end);
	if (is_redo && sound && lsn >= action->change->lsn)
		return 0;
	if (!sound && !makes_block(action, target))
		return refuse_action(action, "concerns a block that is torn or none", err);
	if (!is_redo && lsn < action->change->lsn)
		return refuse_action(action, "is to be undone, but is not in its block", err);
	if (sound && !makes_block(action, target))
		wrong = check_block(target);
	else
		wrong = NULL;
	if (!wrong)
		wrong = target->kind == KIND_FILE
				? journal_apply_file(target->block, target->size, action)
				: journal_apply_index(target->block, target->size, action);
	if (!wrong)
		wrong = check_block(target);
	if (wrong)
		return refuse_action(action, wrong, err);
	put_le64(target->block + BLOCK_LSN, is_redo ? action->change->lsn : lsn);
	*ret_done = true;
	return journal_target_write(journal, target, err);
}

static int apply_to_raw(struct journal *journal, const struct journal_target *target,
			const struct journal_action *action, bool *ret_done, struct error *err)
{
	uint64_t at = (uint64_t)action->change->record_offset + action->change->attr_offset;

	if (!action->data || !range_within(at, action->length, target->size))
		return refuse_action(action, "does not fit into its clusters", err);
	*ret_done = true;
	return journal_target_write_raw(journal, target, action->data, action->length, at, err);
}

static void change_bits(uint8_t *bytes, uint64_t first, uint64_t count, bool set)
{
	for (uint64_t i = first; i < first + count; i++)
		if (set)
			bytes[i / 8] |= (uint8_t)(1U << i % 8);
		else
			bytes[i / 8] &= (uint8_t) ~(1U << i % 8);
}

static int apply_to_bits(struct journal *journal, const struct journal_target *target,
			 const struct journal_action *action, bool *ret_done, struct error *err)
{
	uint64_t at = (uint64_t)action->change->record_offset + action->change->attr_offset;
	uint64_t first, count;
	uint8_t bytes[4096];
	int r = 0;

	if (!action->data || action->length != 8)
		return refuse_action(action, "does not name its bits", err);
	first = get_le32(action->data);
	count = get_le32(action->data + 4);
	if (!range_within(at, (first + count + 7) / 8, target->size))
		return refuse_action(action, "does not fit into its clusters", err);
	*ret_done = true;
	while (r == 0 && count > 0) {
		uint64_t now = min_u64(count, 8 * sizeof(bytes) - first % 8);
		uint32_t length = (uint32_t)((first % 8 + now + 7) / 8);
		uint64_t from = at + first / 8;

		r = journal_spend(journal, now, err);
		if (r == 0)
			r = journal_target_read_raw(journal, target, bytes, length, from, err);
		if (r < 0)
			return r;
		change_bits(bytes, first % 8, now, action->op == OP_SET_BITS);
		r = journal_target_write_raw(journal, target, bytes, length, from, err);
		first += now;
		count -= now;
	}
	return r;
}

static int apply_action(struct journal *journal, const struct journal_action *action, bool is_redo,
			bool *ret_done, struct error *err)
{
	struct journal_target target;
	bool skip;
	int r;

	*ret_done = false;
	if (journal_operation_kind(action->op) == KIND_NONE)
		return 0;
	if (action->op == OP_RELATIVE_ROOT_DATA || action->op == OP_RELATIVE_DATA)
		return refuse_action(action, "is not known", err);
	if (action->change->lcn_count == 0)
		return is_redo ? 0 : refuse_action(action, "names no cluster to be undone in", err);
	r = journal_target_resolve(journal, action, is_redo, &target, &skip, err);
	if (r < 0 || skip)
		return r;
	r = journal_spend(journal, target.size / 16, err);
	if (r < 0)
		return r;
	if (target.kind == KIND_RAW)
		return apply_to_raw(journal, &target, action, ret_done, err);
	if (target.kind == KIND_BITS)
		return apply_to_bits(journal, &target, action, ret_done, err);
	return apply_to_block(journal, &target, action, is_redo, ret_done, err);
}

int journal_redo(struct journal *journal, const struct journal_change *change, bool *ret_done,
		 struct error *err)
{
	const struct journal_action action = {
		.change = change,
		.op = change->redo_op,
		.data = change->redo,
		.length = change->redo_length,
		.other_length = change->undo_length,
	};

	return apply_action(journal, &action, true, ret_done, err);
}

int journal_undo(struct journal *journal, const struct journal_change *change, bool *ret_done,
		 struct error *err)
{
	const struct journal_action action = {
		.change = change,
		.op = change->undo_op,
		.data = change->undo,
		.length = change->undo_length,
		.other_length = change->redo_length,
	};

	return apply_action(journal, &action, false, ret_done, err);
}
