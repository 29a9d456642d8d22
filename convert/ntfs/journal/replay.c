/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recovery: see journal.h. Redo repeats history from the oldest change that may be missing to the
 * end, committed or not. Undo then takes back what belongs to transactions that had not ended, the
 * latest change first, over all of them.
 */
#include <errno.h>
#include <inttypes.h>

#include "convert/ntfs/journal/internal.h"

const char *journal_state_text(enum journal_state state)
{
	static const char *const texts[] = {
		[JOURNAL_UNKNOWN] = "unknown", [JOURNAL_CLOSED] = "closed",
		[JOURNAL_EMPTY] = "empty",     [JOURNAL_VOID] = "void",
		[JOURNAL_OPEN] = "open",
	};

	return texts[state];
}

/* Records between two words of how far it is. */
#define TELL_RECORDS 16

/* LSNs rise with the bytes of the log. */
static void tell_redone(const struct journal *journal, uint64_t first, uint64_t lsn)
{
	const struct journal_progress *progress = journal->progress;
	uint64_t all = journal->log.end - first;
	double share = all ? (double)min_u64(lsn - first, all) / (double)all : 0;

	if (progress)
		progress_tell(progress->progress, PROGRESS_JOURNAL,
			      progress->before +
				      (uint64_t)(share * (double)journal->volume.log_size),
			      progress->total);
}

static int redo_all(struct journal *journal, uint64_t lsn, struct error *err)
{
	struct journal_record record = {.next = lsn};
	struct journal_change change;
	uint64_t count = 0;
	bool done;
	int r = 0;

	while (r == 0 && record.next <= journal->log.end) {
		if (++count > JOURNAL_MAX_RECORDS)
			return journal_refuse(err, "the NTFS journal holds more than %d records",
					      JOURNAL_MAX_RECORDS);
		if (count % TELL_RECORDS == 0)
			tell_redone(journal, lsn, record.next);
		r = journal_log_read(&journal->log, record.next, &record, err);
		if (r < 0 || record.type == LFS_IS_RESTART)
			continue;
		r = journal_parse_change(&record, &change, err);
		if (r == 0)
			r = journal_redo(journal, &change, &done, err);
		if (r == 0)
			journal->info.redone += done;
	}
	if (r == 0 && record.lsn != journal->log.end)
		return journal_refuse(err,
				      "the NTFS journal is damaged: the record at LSN 0x%" PRIx64
				      " is the last one, but redo from LSN 0x%" PRIx64
				      " does not lead to it",
				      journal->log.end, lsn);
	return r;
}

/* The active transaction whose next change to undo is the latest; NULL when all are undone. */
static struct journal_transaction *latest(struct journal *journal, uint32_t *ret_id)
{
	struct journal_transaction *found = NULL;

	for (uint32_t i = 0; i < journal->tables.transaction_count; i++) {
		struct journal_transaction *one = &journal->tables.transactions[i];

		if (!one->is_known || one->state == TRANSACTION_COMMITTED || one->undo_next == 0 ||
		    (found && one->undo_next <= found->undo_next))
			continue;
		found = one;
		*ret_id = TABLE_HEADER + i * TRANSACTION_SIZE;
	}
	return found;
}

static int undo_one(struct journal *journal, struct journal_transaction *transaction, uint32_t id,
		    struct error *err)
{
	struct journal_record record;
	struct journal_change change;
	bool done = false;
	int r = journal_log_read(&journal->log, transaction->undo_next, &record, err);

	if (r == 0) /* it may have been gathered from many pages, again and again */
		r = journal_spend(journal, record.length / 8, err);
	if (r == 0 && (record.type != LFS_IS_RECORD || record.transaction != id ||
		       record.undo_next >= record.lsn))
		return journal_refuse(err,
				      "the NTFS journal is damaged: the record at LSN 0x%" PRIx64
				      " does not belong to transaction 0x%" PRIx32
				      ", which has to be undone",
				      record.lsn, id);
	if (r == 0)
		r = journal_parse_change(&record, &change, err);
	if (r == 0 && change.undo_op != OP_COMPENSATION)
		r = journal_undo(journal, &change, &done, err);
	transaction->undo_next = record.undo_next;
	journal->info.undone += done;
	return r;
}

static int undo_all(struct journal *journal, struct error *err)
{
	struct journal_tables *tables = &journal->tables;
	struct journal_transaction *transaction;
	uint32_t id;
	int r = 0;

	for (uint32_t i = 0; i < tables->transaction_count; i++) {
		const struct journal_transaction *one = &tables->transactions[i];

		if (!one->is_known || one->state == TRANSACTION_COMMITTED)
			continue;
		if (one->state != TRANSACTION_ACTIVE)
			return journal_refuse(err,
					      "the NTFS journal holds a transaction that is "
					      "neither active nor committed (state %u)",
					      one->state);
		journal->info.transactions += one->undo_next != 0;
	}
	while (r == 0 && (transaction = latest(journal, &id))) {
		r = journal_spend(journal, tables->transaction_count, err);
		if (r == 0)
			r = undo_one(journal, transaction, id, err);
	}
	return r;
}

static int recover(struct journal *journal, struct error *err)
{
	uint64_t redo_lsn;
	int r = journal_analyse(journal, &redo_lsn, err);

	if (r == 0 && redo_lsn) {
		r = redo_all(journal, redo_lsn, err);
		if (r == 0)
			r = undo_all(journal, err);
		if (r == 0)
			r = journal_check(journal, err);
	}
	return r < 0 ? r : journal_close(journal, err);
}

static void journal_done(struct journal *journal)
{
	journal_volume_done(&journal->volume);
	journal_log_done(&journal->log);
	journal_tables_done(&journal->tables);
	free(journal->touched);
	free(journal->touched_hash);
	free(journal->pages_hash);
}

static void fill_info(const struct journal_volume *volume, const struct journal_restart *restart,
		      struct journal_info *ret)
{
	ret->log_bytes = volume->log_size;
	ret->state = restart->state;
	ret->major = restart->major;
	ret->minor = restart->minor;
}

int journal_look(struct disk *volume, struct journal_info *ret, struct error *err)
{
	struct journal_volume found;
	struct journal_restart restart = {.state = JOURNAL_UNKNOWN};
	int r = journal_volume_open(volume, &found, err);

	if (r == 0)
		r = journal_restart_read(&found, &restart, err);
	*ret = (struct journal_info){.state = JOURNAL_UNKNOWN};
	fill_info(&found, &restart, ret);
	journal_volume_done(&found);
	return r;
}

int journal_replay(struct disk *volume, const struct journal_progress *progress,
		   struct journal_info *ret, struct error *err)
{
	struct journal journal = {.progress = progress};
	int r = journal_volume_open(volume, &journal.volume, err);

	if (r == 0)
		r = journal_restart_read(&journal.volume, &journal.restart, err);
	fill_info(&journal.volume, &journal.restart, &journal.info);
	if (r == 0 && journal.restart.state == JOURNAL_OPEN) {
		r = journal_log_open(&journal.volume, &journal.restart, &journal.log, err);
		if (r == 0)
			r = recover(&journal, err);
	}
	if (r == 0 && journal.restart.state == JOURNAL_VOID)
		r = journal_close_void(&journal.volume, err);
	*ret = journal.info;
	journal_done(&journal);
	return r;
}
