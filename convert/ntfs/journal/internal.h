/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of this room share: the volume as far as it can be read without mounting it, the
 * log, the tables of recovery, and what has been touched.
 */
#ifndef HVGEN2_CONVERT_NTFS_JOURNAL_INTERNAL_H
#define HVGEN2_CONVERT_NTFS_JOURNAL_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/cleanup.h"
#include "convert/ntfs/journal/format.h"
#include "convert/ntfs/journal/journal.h"

/* Microsoft makes records of 1 and 4 KiB and index blocks of 4 KiB or a cluster. */
#define JOURNAL_MAX_BLOCK	(64 * KIB)
#define JOURNAL_MAX_FILE_RECORD 4096
#define JOURNAL_MAX_LOG		(64 * MIB)
#define JOURNAL_MAX_RECORDS	1000000
#define JOURNAL_MAX_RUNS	262144 /* of one attribute: 6 MiB of memory */
#define JOURNAL_MAX_CHANGES	(64 * MIB)
/* Elementary steps, each some ns: what no real log comes near and what ends in a second. */
#define JOURNAL_MAX_WORK (UINT64_C(1) << 30)

/* Refuse: error_refused() of this room. The reason is a clause that needs no subject. */
#define journal_refuse(err, ...)                                                                   \
	error_refused((err), REFUSAL_NTFS_DIRTY, JOURNAL_ADVICE, __VA_ARGS__)

/* fixups.c: multi-sector protection. */

/* Check a protected block of 'size' bytes (a multiple of 512) and put its own bytes back. False,
 * with nothing changed, for a torn one and for an array that is not where it can be. */
bool journal_fixups_take(uint8_t *block, size_t size);
/* Is the array of a block, with its own bytes in it, where it can be? */
bool journal_fixups_fit(const uint8_t *block, size_t size);
/* Protect it again, with the next number. The array must fit. */
void journal_fixups_put(uint8_t *block, size_t size);

/* runs.c: mapping pairs. */

#define JOURNAL_HOLE UINT64_MAX
/* In the table of pages: the cluster was given away. JOURNAL_HOLE there: none was ever named. */
#define JOURNAL_FREED (UINT64_MAX - 1)

/* Is it a number of a cluster, sound or not? */
static inline bool journal_lcn_is_known(uint64_t lcn)
{
	return lcn < JOURNAL_FREED;
}

struct journal_run {
	uint64_t vcn, lcn; /* 'lcn' is JOURNAL_HOLE where nothing is stored */
	uint64_t count;	   /* clusters, not 0 */
};

/* Sorted by VCN, without gaps. All zero is empty. */
struct journal_runs {
	struct journal_run *list;
	size_t count, room;
};

/*
 * Append the runs of a non-resident attribute that has been checked by journal_record_check().
 * Returns 0, -ENOMEM, -EFBIG for more than JOURNAL_MAX_RUNS, or -EUCLEAN for pairs that are cut short, leave the volume of 'clusters'
 * clusters, do not begin where the runs so far end, or do not end at the highest VCN.
 */
int journal_runs_add(struct journal_runs *runs, const uint8_t *attribute, uint64_t clusters);
/* The clusters that pairs of 'size' bytes name, up to their end mark. False when cut short. */
bool journal_pairs_count(const uint8_t *pairs, size_t size, uint64_t *ret);
/* The LCN of a VCN; JOURNAL_HOLE when there is none. */
uint64_t journal_runs_find(const struct journal_runs *runs, uint64_t vcn);
/* The same, and how many clusters stand together from there on; 0 behind the last run. */
uint64_t journal_runs_find_span(const struct journal_runs *runs, uint64_t vcn, uint64_t *ret_count);
void journal_runs_done(struct journal_runs *runs);

/* record.c: FILE records without protection. */

/* Is it a FILE record of 'size' bytes whose attributes are whole? NULL, or what is wrong. */
const char *journal_record_check(const uint8_t *record, size_t size);
/* The next attribute behind 'attribute', the first for NULL; NULL at the end. Of a checked one. */
const uint8_t *journal_attribute_next(const uint8_t *record, const uint8_t *attribute);
/* The first attribute of a type with this name (of 'length' UTF-16 units; "" for none). */
const uint8_t *journal_attribute_find(const uint8_t *record, uint32_t type, const uint8_t *name,
				      size_t length);
/* The value of a resident attribute of a checked record. */
const uint8_t *journal_attribute_value(const uint8_t *attribute, uint32_t *ret_length);

/* volume.c */

struct journal_volume {
	struct disk *disk;
	uint32_t cluster; /* bytes; a power of two */
	uint32_t record;  /* bytes of a FILE record */
	uint64_t clusters;
	uint64_t mft_lcn;
	struct journal_runs mft, mirror, log;
	uint64_t log_size; /* of the stream */
};

/* Find $MFT and $LogFile. Release with journal_volume_done() in every case. */
int journal_volume_open(struct disk *disk, struct journal_volume *ret, struct error *err);
/* Find $MFT and $MFTMirr again: replay may have changed them. */
int journal_volume_find_mft(struct journal_volume *volume, struct error *err);
/* After replay: is $LogFile where it was? Refuses. */
int journal_volume_check_log(const struct journal_volume *volume, struct error *err);
/* Is a cluster in $Boot or in $LogFile, or beyond the volume? */
bool journal_volume_protects(const struct journal_volume *volume, uint64_t lcn);
void journal_volume_done(struct journal_volume *volume);

/* Bytes of a file that stand in 'runs'. ERROR_DAMAGED for what is not stored. */
int journal_volume_read(const struct journal_volume *volume, const struct journal_runs *runs,
			void *buffer, size_t length, uint64_t offset, struct error *err);
int journal_volume_write(const struct journal_volume *volume, const struct journal_runs *runs,
			 const void *buffer, size_t length, uint64_t offset, struct error *err);
/* A record of the MFT, checked, without protection. ERROR_DAMAGED when it is torn or not one. */
int journal_volume_record(const struct journal_volume *volume, uint64_t number, uint8_t *buffer,
			  struct error *err);
/* Which attribute of a file. */
struct journal_name {
	uint32_t type;
	const uint8_t *text;
	size_t length; /* in UTF-16 units */
};
extern const struct journal_name journal_data; /* $DATA without a name */
/* All runs of an attribute of a record, those in its extension records as well. */
int journal_volume_runs(const struct journal_volume *volume, const uint8_t *record,
			const struct journal_name *name, struct journal_runs *ret,
			struct error *err);
/* The first part of an attribute: in the record, or in an extension record, which is read to
 * 'other'. *ret is NULL when there is none. */
int journal_volume_attribute(const struct journal_volume *volume, const uint8_t *record,
			     const struct journal_name *name, uint8_t *other, const uint8_t **ret,
			     struct error *err);

/* restart.c */

struct journal_restart {
	enum journal_state state;
	unsigned int major, minor;
	uint64_t current; /* LSN */
	uint64_t restart; /* LSN of the client's restart record */
	uint64_t file_size;
	unsigned int offset_bits; /* of an LSN: what is not its sequence */
	uint8_t page[LOG_PAGE];	  /* the one that counts, without protection */
};

/* Read the restart pages. *ret is filled in every case. Errors as journal_look(). */
int journal_restart_read(const struct journal_volume *volume, struct journal_restart *ret,
			 struct error *err);

/* pages.c and log.c */

enum page_state { PAGE_UNSEEN, PAGE_GOOD, PAGE_TORN };

struct journal_log {
	const struct journal_volume *volume;
	uint8_t *pages;	   /* room for all; those that were looked at are without protection */
	uint8_t *is_read;  /* of each chunk of pages */
	uint8_t *state;	   /* enum page_state of each page */
	uint8_t *is_newer; /* the page came from a tail or fast page */
	uint32_t count;	   /* pages */
	uint32_t first;	   /* of the circular area */
	unsigned int offset_bits;
	uint64_t end;	     /* LSN of the last record */
	uint32_t end_length; /* of its data */
	uint8_t *scratch;    /* a record that spans pages */
	uint32_t scratch_room;
};

struct journal_record {
	uint64_t lsn, undo_next;
	uint32_t type, transaction;
	uint16_t flags;
	const uint8_t *data; /* belongs to the log; until the next record is read */
	uint32_t length;
	uint64_t next; /* where the following record would be */
};

/* pages.c: lay over the log what stands in its tail or fast pages; find its end. 'volume' is borrowed:
 * pages are read when they are asked for. */
int journal_log_open(const struct journal_volume *volume, const struct journal_restart *restart,
		     struct journal_log *ret, struct error *err);
void journal_log_done(struct journal_log *log);
/* A page without its protection; *ret is NULL for one that is torn or no record page. I/O errors. */
int journal_log_page(struct journal_log *log, uint32_t index, uint8_t **ret, struct error *err);
uint64_t journal_lsn_offset(const struct journal_log *log, uint64_t lsn);

/* log.c: read the record at 'lsn', which must be no later than the end. */
int journal_log_read(struct journal_log *log, uint64_t lsn, struct journal_record *ret,
		     struct error *err);

/* tables.c */

struct journal_attribute {
	bool is_open;
	uint32_t type;
	uint32_t block_size; /* of an index; else 0 */
	uint64_t reference;
	uint64_t lsn;	      /* of its open */
	uint16_t name_length; /* in UTF-16 units */
	uint8_t name[2 * 255];
};

static inline struct journal_name journal_name_of(const struct journal_attribute *attribute)
{
	return (struct journal_name){attribute->type, attribute->name, attribute->name_length};
}

/* A page of an attribute that may not have reached the disk; its LCNs stand in the table. */
struct journal_page {
	uint32_t target; /* offset of the attribute in its table */
	uint64_t number; /* VCN / clusters of a page */
	uint64_t oldest; /* LSN; 0: all of it was given away, and nothing written since */
};

struct journal_transaction {
	bool is_known;
	uint8_t state;
	uint64_t first, undo_next;
};

enum { TRANSACTION_ACTIVE = 1, TRANSACTION_PREPARED = 2, TRANSACTION_COMMITTED = 3 };

struct journal_tables {
	uint32_t entry_size; /* of the open attribute table: 0x28 or 0x2c */
	struct journal_attribute *attributes;
	uint32_t attribute_count;
	struct journal_page *pages;
	uint64_t *lcns; /* page_clusters of each page; or JOURNAL_FREED, JOURNAL_HOLE */
	uint32_t *hash; /* index + 1 of a page, by its key */
	uint32_t page_count, page_room, hash_size;
	uint32_t page_clusters;
	struct journal_transaction *transactions;
	uint32_t transaction_count;
};

int journal_tables_init(struct journal_tables *tables, unsigned int client_major, uint32_t cluster,
			struct error *err);
void journal_tables_done(struct journal_tables *tables);

/* Take over the table of a dump record. Refusals. */
struct journal_dump {
	const uint8_t *data;
	uint32_t length;
	uint64_t lsn; /* for messages */
};
int journal_load_attributes(struct journal_tables *tables, const struct journal_dump *dump,
			    struct error *err);
int journal_load_names(struct journal_tables *tables, const struct journal_dump *dump,
		       struct error *err);
int journal_load_pages(struct journal_tables *tables, const struct journal_dump *dump,
		       struct error *err);
int journal_load_transactions(struct journal_tables *tables, const struct journal_dump *dump,
			      struct error *err);
/* One entry, as it stands in a dump and in a record of OP_OPEN_ATTRIBUTE. */
void journal_parse_attribute(const struct journal_tables *tables, const uint8_t *entry,
			     struct journal_attribute *ret);

/* The attribute at an offset of the table; NULL when none is open there. */
struct journal_attribute *journal_attribute_slot(const struct journal_tables *tables,
						 uint32_t target);
/* Where its entry is, open or not. Grows the table. Refuses an offset that is none. */
int journal_attribute_make(struct journal_tables *tables, uint32_t target,
			   struct journal_attribute **ret, struct error *err);
/* The page with a cluster; NULL when it is not in the table. */
struct journal_page *journal_page_find(const struct journal_tables *tables, uint32_t target,
				       uint64_t vcn);
int journal_page_make(struct journal_tables *tables, uint32_t target, uint64_t vcn, uint64_t lsn,
		      struct journal_page **ret, struct error *err);
/* Where the LCN of a cluster of a page is kept. */
uint64_t *journal_page_lcn(const struct journal_tables *tables, const struct journal_page *page,
			   uint64_t vcn);
/* The clusters [lcn, lcn + count) were given away: what of their pages was not written never will
 * be. */
void journal_pages_forget(struct journal_tables *tables, uint64_t lcn, uint64_t count);
/* Grows the table. Refuses an id that is none. */
int journal_transaction_make(struct journal_tables *tables, uint32_t id,
			     struct journal_transaction **ret, struct error *err);

/* The whole recovery. */

enum journal_kind { KIND_NONE, KIND_FILE, KIND_INDEX, KIND_RAW, KIND_BITS };

/* A record of NTFS, parsed. */
struct journal_change {
	uint64_t lsn;
	uint16_t redo_op, undo_op;
	const uint8_t *redo, *undo; /* NULL when the record comes without these data */
	uint32_t redo_length, undo_length;
	uint32_t target;
	uint16_t lcn_count, record_offset, attr_offset, block_size;
	uint32_t cluster_offset; /* bytes */
	uint64_t vcn;
	const uint8_t *lcns;
};

/* One side of a change. */
struct journal_action {
	const struct journal_change *change;
	unsigned int op;
	const uint8_t *data;
	uint32_t length;
	uint32_t other_length; /* of the other side */
};

/* A block, or a piece of raw data, that replay has written. */
struct journal_touched {
	enum journal_kind kind;
	uint32_t target;
	uint64_t vcn;
	uint32_t offset; /* in its first cluster */
	uint64_t lcn;
};

struct journal {
	struct journal_volume volume;
	struct journal_restart restart;
	struct journal_log log;
	struct journal_tables tables;
	struct journal_info info;
	const struct journal_progress *progress; /* or NULL */
	uint64_t work;				 /* steps done, see JOURNAL_MAX_WORK */
	struct journal_touched *touched;
	uint32_t touched_count, touched_room;
	uint64_t *touched_hash, *pages_hash; /* keys: 0 is empty */
	uint32_t touched_hash_size, pages_hash_size, pages_count;
};

/* Count steps. Refuses when there were too many. */
int journal_spend(struct journal *journal, uint64_t steps, struct error *err);

/* analysis.c: the tables as they were when the volume was left. *ret_redo: where to begin; 0 when
 * there is nothing to do. */
int journal_analyse(struct journal *journal, uint64_t *ret_redo, struct error *err);
int journal_parse_change(const struct journal_record *record, struct journal_change *ret,
			 struct error *err);

/* target.c: what a change acts on. */

#define JOURNAL_MAX_LCNS 256

struct journal_target {
	enum journal_kind kind;
	const struct journal_attribute *attribute;
	uint32_t slot;
	uint64_t vcn;
	uint32_t offset; /* of the block in its first cluster */
	uint32_t size;	 /* of the block; of raw data: up to the end of the clusters */
	/* JOURNAL_FREED, JOURNAL_HOLE: not to be written (raw data alone) */
	uint64_t lcns[JOURNAL_MAX_LCNS];
	uint32_t lcn_count;
	uint8_t block[JOURNAL_MAX_BLOCK];
};

/* The kind of what an operation acts on; KIND_NONE for one that acts on nothing. */
enum journal_kind journal_operation_kind(unsigned int op);
/*
 * Resolve the target of an operation. For redo (*ret_skip then says that it has nothing to do) the
 * table of pages decides, for undo it is asked first, then the record.
 */
int journal_target_resolve(struct journal *journal, const struct journal_action *action,
			   bool is_redo, struct journal_target *ret, bool *ret_skip,
			   struct error *err);
/* Read the block, without protection; *ret_sound says whether it is one, *ret_lsn its LSN. */
int journal_target_read(struct journal *journal, struct journal_target *target, bool *ret_sound,
			uint64_t *ret_lsn, struct error *err);
/* Write the block, protected again. */
int journal_target_write(struct journal *journal, struct journal_target *target, struct error *err);
/* Write bytes of raw data, 'offset' from the start of the first cluster's part. */
int journal_target_write_raw(struct journal *journal, const struct journal_target *target,
			     const uint8_t *data, uint32_t length, uint64_t offset,
			     struct error *err);
int journal_target_read_raw(struct journal *journal, const struct journal_target *target,
			    uint8_t *data, uint32_t length, uint64_t offset, struct error *err);

/* apply.c and below. */

/* Redo, or undo, one change. *ret_done: something was written. */
int journal_redo(struct journal *journal, const struct journal_change *change, bool *ret_done,
		 struct error *err);
int journal_undo(struct journal *journal, const struct journal_change *change, bool *ret_done,
		 struct error *err);

/* On a block in memory. NULL when it was done, else why it cannot be. */
const char *journal_apply_file(uint8_t *record, size_t size, const struct journal_action *action);
const char *journal_apply_index(uint8_t *block, size_t size, const struct journal_action *action);

/* Entries of an index: 'header' is its header, with 'room' bytes from there to the end. */
const char *journal_index_check(const uint8_t *header, size_t room);
/* The entry at 'offset' from the header of a checked index; NULL when none begins there. */
uint8_t *journal_index_entry(uint8_t *header, uint32_t offset);
/* What an operation on one entry does to it; NULL or why not. */
const char *journal_entry_set_vcn(uint8_t *entry, const struct journal_action *action);
const char *journal_entry_set_name(uint8_t *entry, const struct journal_action *action);
const char *journal_entry_set_data(uint8_t *entry, const struct journal_action *action);
/* Is there a whole entry in the data? */
const char *journal_entry_fits(const struct journal_action *action, uint32_t *ret_length);

/* check.c: is what was touched sound? Writes the copies in $MFTMirr first. */
int journal_check(struct journal *journal, struct error *err);

/* check_index.c: names and index entries agree. 'records': those touched that are in use. */
int journal_check_names(struct journal *journal, struct error *err);

/* close.c */
int journal_close(struct journal *journal, struct error *err);
/* The restart pages that chkdsk has marked. One that is damaged stays. */
int journal_close_void(const struct journal_volume *volume, struct error *err);

#endif
