/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first pass: take over the tables of the last checkpoint, and follow the log from its start to
 * the end. What then stands in the table of pages need not have reached the disk; transactions that
 * are still active have to be undone.
 */
#include <inttypes.h>

#include "convert/ntfs/journal/internal.h"

int journal_spend(struct journal *journal, uint64_t steps, struct error *err)
{
	journal->work += steps;
	return journal->work <= JOURNAL_MAX_WORK
		       ? 0
		       : journal_refuse(err,
					"the NTFS journal asks for more work than any real one");
}

static int refuse_change(uint64_t lsn, const char *wrong, struct error *err)
{
	return journal_refuse(err,
			      "the NTFS journal is damaged: the record at LSN 0x%" PRIx64 " %s",
			      lsn, wrong);
}

/*
 * The data of one side; NULL where they are not within the record. Whoever needs them refuses that:
 * Server 2003 leaves lengths of other records behind in sides that have no data.
 */
static const uint8_t *side(const struct journal_record *record, uint32_t offset, uint32_t length,
			   uint16_t absent)
{
	if ((record->flags & absent) || !range_within(offset, length, record->length))
		return NULL;
	return record->data + offset;
}

int journal_parse_change(const struct journal_record *record, struct journal_change *ret,
			 struct error *err)
{
	const uint8_t *data = record->data;

	if (record->length < REC_LCNS)
		return refuse_change(record->lsn, "is too short", err);
	*ret = (struct journal_change){
		.lsn = record->lsn,
		.redo_op = get_le16(data + REC_REDO_OP),
		.undo_op = get_le16(data + REC_UNDO_OP),
		.redo_length = get_le16(data + REC_REDO_LENGTH),
		.undo_length = get_le16(data + REC_UNDO_LENGTH),
		.target = get_le16(data + REC_TARGET),
		.lcn_count = get_le16(data + REC_LCN_COUNT),
		.record_offset = get_le16(data + REC_RECORD_OFFSET),
		.attr_offset = get_le16(data + REC_ATTR_OFFSET),
		.cluster_offset = get_le16(data + REC_CLUSTER_OFFSET) * 512U,
		.block_size = get_le16(data + REC_BLOCK_SIZE),
		.vcn = get_le64(data + REC_VCN),
		.lcns = data + REC_LCNS,
	};
	if (ret->redo_op >= OP_MAX || ret->undo_op >= OP_MAX)
		return journal_refuse(err,
				      "the NTFS journal holds an operation that is not known: "
				      "0x%x with 0x%x at LSN 0x%" PRIx64,
				      ret->redo_op, ret->undo_op, record->lsn);
	if (REC_LCNS + 8 * (uint32_t)ret->lcn_count > record->length || ret->vcn > INT64_MAX)
		return refuse_change(record->lsn, "names more clusters than it has", err);
	ret->redo =
		side(record, get_le16(data + REC_REDO_OFFSET), ret->redo_length, LFS_NO_REDO_DATA);
	ret->undo =
		side(record, get_le16(data + REC_UNDO_OFFSET), ret->undo_length, LFS_NO_UNDO_DATA);
	return 0;
}

/* Read the dump at 'lsn', one of a checkpoint; 0: there is none. */
static int load_dump(struct journal *journal, uint64_t lsn, unsigned int op,
		     int (*load)(struct journal_tables *tables, const struct journal_dump *dump,
				 struct error *err),
		     struct error *err)
{
	struct journal_record record;
	struct journal_change change;
	struct journal_dump dump;
	int r;

	if (lsn == 0)
		return 0;
	r = journal_log_read(&journal->log, lsn, &record, err);
	if (r < 0)
		return r;
	if (record.type != LFS_IS_RECORD || record.length < REC_LCNS ||
	    get_le16(record.data + REC_REDO_OP) != op)
		return refuse_change(lsn, "is not the table that the checkpoint names", err);
	r = journal_parse_change(&record, &change, err);
	if (r < 0)
		return r;
	if (!change.redo)
		return refuse_change(lsn, "has no table", err);
	/* A table may be longer than the field for its length can say: it is what the record holds. */
	dump = (struct journal_dump){
		.data = change.redo,
		.length = record.length - (uint32_t)(change.redo - record.data),
		.lsn = lsn,
	};
	return load(&journal->tables, &dump, err);
}

static bool has_clusters(const struct journal_tables *tables, uint32_t page)
{
	for (uint32_t i = 0; i < tables->page_clusters; i++)
		if (journal_lcn_is_known(tables->lcns[(size_t)page * tables->page_clusters + i]))
			return true;
	return false;
}

/* Another attribute gets the slot: pages of the one that had it must be done. */
static int leave_slot(struct journal *journal, const struct journal_change *change,
		      struct error *err)
{
	struct journal_tables *tables = &journal->tables;
	int r = journal_spend(journal, tables->page_count, err);

	for (uint32_t i = 0; r == 0 && i < tables->page_count; i++) {
		struct journal_page *page = &tables->pages[i];

		if (page->target != change->target || page->oldest >= change->lsn)
			continue;
		if (has_clusters(tables, i))
			return refuse_change(change->lsn,
					     "opens an attribute where another one has pages that "
					     "are not written",
					     err);
		page->oldest = 0;
	}
	return r;
}

/* An attribute is opened at a slot of the table. */
static int open_attribute(struct journal *journal, const struct journal_change *change,
			  struct error *err)
{
	struct journal_tables *tables = &journal->tables;
	struct journal_attribute opened, *slot;
	int r;

	if (!change->redo || change->redo_length < tables->entry_size ||
	    (change->undo_length && !change->undo) || change->undo_length % 2 ||
	    change->undo_length > sizeof(opened.name))
		return refuse_change(change->lsn, "opens no attribute", err);
	journal_parse_attribute(tables, change->redo, &opened);
	opened.lsn = change->lsn;
	opened.name_length = (uint16_t)(change->undo_length / 2);
	if (change->undo_length)
		memcpy(opened.name, change->undo, change->undo_length);
	r = journal_attribute_make(tables, change->target, &slot, err);
	if (r < 0 || (slot->is_open && slot->lsn >= opened.lsn && slot->lsn <= journal->log.end))
		return r;
	if (slot->is_open && (slot->reference != opened.reference || slot->type != opened.type ||
			      slot->name_length != opened.name_length ||
			      memcmp(slot->name, opened.name, 2U * opened.name_length) != 0))
		r = leave_slot(journal, change, err);
	if (r == 0)
		*slot = opened;
	return r;
}

/* Clusters were given away: what of them was not written never will be. */
static int forget_clusters(struct journal *journal, const struct journal_change *change,
			   struct error *err)
{
	struct journal_tables *tables = &journal->tables;
	uint64_t count = (uint64_t)tables->page_count * tables->page_clusters;
	int r = 0;

	if (!change->redo || change->redo_length % 16)
		return refuse_change(change->lsn, "frees clusters that it does not name", err);
	for (uint32_t at = 0; r == 0 && at < change->redo_length; at += 16) {
		uint64_t lcn = get_le64(change->redo + at);
		uint64_t length = get_le64(change->redo + at + 8);

		if (!range_within(lcn, length, journal->volume.clusters))
			return refuse_change(change->lsn, "frees clusters beyond the volume", err);
		r = journal_spend(journal, count, err);
		if (r == 0)
			journal_pages_forget(tables, lcn, length);
	}
	return r;
}

/* The pages that a change concerns, and where they stand. What is no cluster is refused where it is
 * used. */
static int note_pages(struct journal *journal, const struct journal_change *change,
		      struct error *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < change->lcn_count; i++) {
		uint64_t lcn = get_le64(change->lcns + 8 * i);
		struct journal_page *page;

		r = journal_page_make(&journal->tables, change->target, change->vcn + i,
				      change->lsn, &page, err);
		if (r == 0)
			*journal_page_lcn(&journal->tables, page, change->vcn + i) =
				min_u64(lcn, INT64_MAX);
	}
	return r;
}

static int note_transaction(struct journal *journal, const struct journal_record *record,
			    const struct journal_change *change, struct error *err)
{
	struct journal_transaction *transaction;
	int r = journal_transaction_make(&journal->tables, record->transaction, &transaction, err);

	if (r < 0)
		return r;
	if (!transaction->is_known)
		*transaction = (struct journal_transaction){.is_known = true,
							    .state = TRANSACTION_ACTIVE,
							    .first = record->lsn};
	transaction->undo_next = record->lsn;
	if (change->undo_op == OP_COMPENSATION || change->redo_op == OP_END_TOP_LEVEL)
		transaction->undo_next = record->undo_next;
	if (change->redo_op == OP_PREPARE)
		transaction->state = TRANSACTION_PREPARED;
	else if (change->redo_op == OP_COMMIT)
		transaction->state = TRANSACTION_COMMITTED;
	else if (change->redo_op == OP_FORGET)
		transaction->is_known = false;
	return 0;
}

static int analyse_record(struct journal *journal, const struct journal_record *record,
			  struct error *err)
{
	struct journal_change change;
	int r;

	if (record->type == LFS_IS_RESTART)
		return 0;
	r = journal_parse_change(record, &change, err);
	if (r < 0)
		return r;
	/* Tables are dumped outside of any transaction. */
	if (change.redo_op >= OP_DUMP_ATTRIBUTES && change.redo_op <= OP_DUMP_TRANSACTIONS)
		return 0;
	if (change.redo_op == OP_HOT_FIX)
		return refuse_change(record->lsn, "replaces a bad cluster", err);
	if (change.redo_op == OP_OPEN_ATTRIBUTE)
		return open_attribute(journal, &change, err);
	r = note_transaction(journal, record, &change, err);
	if (r == 0 && change.redo_op == OP_DELETE_DIRTY)
		return forget_clusters(journal, &change, err);
	if (r == 0 && (journal_operation_kind(change.redo_op) != KIND_NONE ||
		       journal_operation_kind(change.undo_op) != KIND_NONE))
		r = note_pages(journal, &change, err);
	return r;
}

static int follow_log(struct journal *journal, uint64_t lsn, struct error *err)
{
	struct journal_record record;
	int r = 0;

	for (record.next = lsn; r == 0 && record.next <= journal->log.end;) {
		if (++journal->info.records > JOURNAL_MAX_RECORDS)
			return journal_refuse(err, "the NTFS journal holds more than %d records",
					      JOURNAL_MAX_RECORDS);
		r = journal_log_read(&journal->log, record.next, &record, err);
		if (r == 0)
			r = analyse_record(journal, &record, err);
	}
	if (r == 0 && record.lsn != journal->log.end)
		return refuse_change(journal->log.end, "is the last one, but none leads to it",
				     err);
	journal->log.end_length = record.length;
	return r;
}

static int load_tables(struct journal *journal, const uint8_t *checkpoint, struct error *err)
{
	int r = load_dump(journal, get_le64(checkpoint + CHECK_ATTRIBUTES), OP_DUMP_ATTRIBUTES,
			  journal_load_attributes, err);

	if (r == 0)
		r = load_dump(journal, get_le64(checkpoint + CHECK_NAMES), OP_DUMP_NAMES,
			      journal_load_names, err);
	if (r == 0)
		r = load_dump(journal, get_le64(checkpoint + CHECK_PAGES), OP_DUMP_PAGES,
			      journal_load_pages, err);
	if (r == 0)
		r = load_dump(journal, get_le64(checkpoint + CHECK_TRANSACTIONS),
			      OP_DUMP_TRANSACTIONS, journal_load_transactions, err);
	return r;
}

/* The least LSN of a page not written or a transaction not ended; 0 when there is neither. */
static uint64_t redo_start(const struct journal_tables *tables)
{
	uint64_t least = UINT64_MAX;

	for (uint32_t i = 0; i < tables->page_count; i++)
		if (tables->pages[i].oldest)
			least = min_u64(least, tables->pages[i].oldest);
	for (uint32_t i = 0; i < tables->transaction_count; i++)
		if (tables->transactions[i].is_known && tables->transactions[i].first)
			least = min_u64(least, tables->transactions[i].first);
	return least == UINT64_MAX ? 0 : least;
}

int journal_analyse(struct journal *journal, uint64_t *ret_redo, struct error *err)
{
	uint8_t checkpoint[CHECK_SIZE];
	struct journal_record record;
	uint64_t start;
	int r;

	if (journal->restart.restart == 0)
		return journal_refuse(err, "the NTFS journal is in use, but has no checkpoint");
	r = journal_log_read(&journal->log, journal->restart.restart, &record, err);
	if (r < 0)
		return r;
	if (record.type != LFS_IS_RESTART || record.length < CHECK_SIZE)
		return refuse_change(record.lsn, "is not the checkpoint that it should be", err);
	memcpy(checkpoint, record.data, sizeof(checkpoint));
	journal->info.client_major = get_le32(checkpoint + CHECK_MAJOR);
	journal->info.client_minor = get_le32(checkpoint + CHECK_MINOR);
	if (journal->info.client_major > 1 || journal->info.client_minor != 0)
		return journal_refuse(err,
				      "the NTFS journal is of client version %u.%u, which is "
				      "not known",
				      journal->info.client_major, journal->info.client_minor);
	r = journal_tables_init(&journal->tables, journal->info.client_major,
				journal->volume.cluster, err);
	if (r == 0)
		r = load_tables(journal, checkpoint, err);
	start = get_le64(checkpoint + CHECK_START);
	start = start ? start : record.lsn;
	if (r == 0 && start > record.lsn)
		return refuse_change(record.lsn, "names a start behind itself", err);
	if (r == 0)
		r = follow_log(journal, start, err);
	if (r == 0)
		*ret_redo = redo_start(&journal->tables);
	return r;
}
