/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recovery by parts, on a small volume in memory: the table of pages, what a change acts on, what is
 * remembered of it, and the checks afterwards. */
#include <criterion/criterion.h>
#include <errno.h>

#include "small_volume.h"

#define MFT_SLOT  0x18
#define DATA_SLOT (0x18 + 0x28)
#define TWIN_SLOT (0x18 + 2 * 0x28)

static struct small_volume volume;
static struct journal journal;
static struct error err;

static void open_attribute(uint32_t target, uint64_t number, uint32_t type)
{
	struct journal_attribute *slot;

	cr_assert_eq(journal_attribute_make(&journal.tables, target, &slot, &err), 0);
	*slot = (struct journal_attribute){.is_open = true,
					   .type = type,
					   .reference =
						   number | (number ? number << 48 : 1ULL << 48)};
}

/* A journal that ends at LSN 0x9000, with $MFT open twice and the file of record 24. */
static void set_up_geometry(unsigned int geometry)
{
	small_volume_make(&volume, geometry);
	err = (struct error)ERROR_INIT;
	journal = (struct journal){.log = {.end = 0x9000}};
	cr_assert_eq(journal_volume_open(&volume.memory.disk, &journal.volume, &err), 0, "%s",
		     err.message);
	cr_assert_eq(journal_tables_init(&journal.tables, 1, volume.at.cluster, &err), 0);
	open_attribute(MFT_SLOT, MFT_MFT, AT_DATA);
	open_attribute(DATA_SLOT, 24, AT_DATA);
	open_attribute(TWIN_SLOT, MFT_MFT, AT_DATA);
}

static void set_up(void)
{
	set_up_geometry(0);
}

static void tear_down(void)
{
	journal_volume_done(&journal.volume);
	journal_tables_done(&journal.tables);
	free(journal.touched);
	free(journal.touched_hash);
	free(journal.pages_hash);
}

static void note_page(uint32_t target, uint64_t vcn, uint64_t lsn, uint64_t lcn)
{
	struct journal_page *page;

	cr_assert_eq(journal_page_make(&journal.tables, target, vcn, lsn, &page, &err), 0);
	*journal_page_lcn(&journal.tables, page, vcn) = lcn;
}

/* What is written after a page was given away is a page of its own: older changes are not for it. */
Test(journal_recovery, forgets_pages_that_were_given_away, .init = set_up, .fini = tear_down)
{
	struct journal_page *page;

	note_page(DATA_SLOT, 0, 0x1000, 24);
	note_page(DATA_SLOT, 1, 0x1100, 25);
	journal_pages_forget(&journal.tables, 24, 1);
	page = journal_page_find(&journal.tables, DATA_SLOT, 0);
	cr_assert_eq(page->oldest, 0);
	cr_assert_eq(*journal_page_lcn(&journal.tables, page, 0), JOURNAL_FREED);
	cr_assert_eq(journal_page_find(&journal.tables, DATA_SLOT, 1)->oldest, 0x1100);
	note_page(DATA_SLOT, 0, 0x3000, 30);
	cr_assert_eq(journal_page_find(&journal.tables, DATA_SLOT, 0)->oldest, 0x3000);
}

/* Of a page with several clusters the others stay. */
Test(journal_recovery, forgets_parts_of_pages, .fini = tear_down)
{
	set_up_geometry(1);
	note_page(DATA_SLOT, 0, 0x1000, 128);
	note_page(DATA_SLOT, 1, 0x1100, 129);
	journal_pages_forget(&journal.tables, 128, 1);
	cr_assert_eq(journal_page_find(&journal.tables, DATA_SLOT, 0)->oldest, 0x1000);
	journal_pages_forget(&journal.tables, 129, 1);
	cr_assert_eq(journal_page_find(&journal.tables, DATA_SLOT, 0)->oldest, 0);
}

/* Resolve a raw change of one cluster, 'vcn' of the file, which its record says is 'lcn'. */
static int resolve(uint64_t vcn, uint64_t lcn, bool is_redo, struct journal_target *ret,
		   bool *ret_skip)
{
	uint8_t lcns[8];
	const struct journal_change change = {.lsn = 0x2000,
					      .redo_op = OP_UPDATE_NONRESIDENT,
					      .undo_op = OP_UPDATE_NONRESIDENT,
					      .target = DATA_SLOT,
					      .lcn_count = 1,
					      .vcn = vcn,
					      .lcns = lcns};
	const struct journal_action action = {.change = &change, .op = OP_UPDATE_NONRESIDENT};

	put_le64(lcns, lcn);
	err = (struct error)ERROR_INIT;
	return journal_target_resolve(&journal, &action, is_redo, ret, ret_skip, &err);
}

/* A cluster that was given away is no cluster that was never named, and neither is cluster 0. */
Test(journal_recovery, tells_clusters_apart, .fini = tear_down)
{
	static struct journal_target target;
	bool skip;

	set_up_geometry(1);
	note_page(DATA_SLOT, 0, 0x1000, 128);
	cr_assert_eq(resolve(1, 129, false, &target, &skip), 0, "%s", err.message);
	cr_assert_eq(target.lcns[0], 129, "of a page in the table, but not this cluster of it");
	note_page(DATA_SLOT, 1, 0x1000, 129);
	journal_pages_forget(&journal.tables, 129, 1);
	cr_assert_lt(resolve(1, 129, false, &target, &skip), 0);
	cr_assert(strstr(err.message, "given away"), "%s", err.message);
	cr_assert_eq(resolve(1, 129, true, &target, &skip), 0);
	cr_assert(skip, "nothing to redo where it is not any more");
	note_page(DATA_SLOT, 2, 0x1000, 0);
	cr_assert_lt(resolve(2, 0, true, &target, &skip), 0, "cluster 0 is $Boot");
	cr_assert(strstr(err.message, "$Boot"), "%s", err.message);
}

/* The runs of the log are gone through for each cluster: that is counted. */
Test(journal_recovery, counts_the_work_of_protecting, .init = set_up, .fini = tear_down)
{
	static struct journal_target target;
	bool skip;

	note_page(DATA_SLOT, 0, 0x1000, 24);
	journal.work = JOURNAL_MAX_WORK;
	cr_assert_lt(resolve(0, 24, true, &target, &skip), 0);
	cr_assert(strstr(err.message, "more work"), "%s", err.message);
}

/* One FILE record is checked once, at however many slots $MFT was opened. */
Test(journal_recovery, remembers_a_record_once, .init = set_up, .fini = tear_down)
{
	static struct journal_target target;
	static const uint32_t slots[] = {MFT_SLOT, TWIN_SLOT};

	for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
		target = (struct journal_target){.kind = KIND_FILE,
						 .slot = slots[i],
						 .vcn = 6,
						 .size = volume.at.record,
						 .lcns = {volume.at.mft + 6U},
						 .lcn_count = 1};
		memcpy(target.block, small_volume_record(&volume, 24), volume.at.record);
		cr_assert(journal_fixups_take(target.block, target.size));
		cr_assert_eq(journal_target_write(&journal, &target, &err), 0);
	}
	cr_assert_eq(journal.touched_count, 1);
	cr_assert_eq(journal_check(&journal, &err), 0, "%s", err.message);
}

/* A file that replay gives the clusters of one of the file system's own, which it has not touched. */
Test(journal_recovery, refuses_clusters_of_system_files, .init = set_up, .fini = tear_down)
{
	static struct journal_target target;
	uint8_t *data;

	target = (struct journal_target){.kind = KIND_FILE,
					 .slot = MFT_SLOT,
					 .vcn = 6,
					 .size = volume.at.record,
					 .lcns = {volume.at.mft + 6U},
					 .lcn_count = 1};
	memcpy(target.block, small_volume_record(&volume, 24), volume.at.record);
	cr_assert(journal_fixups_take(target.block, target.size));
	data = target.block + get_le16(target.block + FILE_ATTRIBUTES);
	cr_assert_eq(get_le16(data + 0x43), volume.at.data);
	put_le16(data + 0x43, volume.at.upcase);
	cr_assert_eq(journal_target_write(&journal, &target, &err), 0);
	cr_assert_lt(journal_check(&journal, &err), 0);
	cr_assert(strstr(err.message, "belongs to two files"), "%s", err.message);
}

struct patch {
	uint16_t at, value; /* from the start of the attribute */
};

/* Change the index root of record 9, as replay would, and check. */
static int check_secure(const struct patch patches[], size_t count)
{
	static struct journal_target target;
	uint8_t *root;

	target = (struct journal_target){.kind = KIND_FILE,
					 .slot = MFT_SLOT,
					 .vcn = 2,
					 .offset = volume.at.record,
					 .size = volume.at.record,
					 .lcns = {volume.at.mft + 2U},
					 .lcn_count = 1};
	memcpy(target.block, small_volume_record(&volume, 9), volume.at.record);
	cr_assert(journal_fixups_take(target.block, target.size));
	root = target.block + get_le16(target.block + FILE_ATTRIBUTES);
	for (size_t i = 0; i < count; i++)
		put_le16(root + patches[i].at, patches[i].value);
	cr_assert_eq(journal_target_write(&journal, &target, &err), 0);
	return journal_check(&journal, &err);
}

#define ROOT_VALUE 0x20
#define ROOT_INDEX (ROOT_VALUE + ROOT_HEADER)
#define ROOT_ENTRY (ROOT_INDEX + INDEX_HEADER)

Test(journal_recovery, walks_indexes_without_names, .init = set_up, .fini = tear_down)
{
	const struct patch damage = {ROOT_INDEX + INDEX_USED, 0x28};

	cr_assert_eq(check_secure(NULL, 0), 0, "%s", err.message);
	cr_assert_lt(check_secure(&damage, 1), 0);
	cr_assert(strstr(err.message, "index root"), "%s", err.message);
	cr_assert_eq(err.refusal, REFUSAL_NTFS_DIRTY);
}

/* What it leads to must be a node: a last entry with one below it, of an index without blocks. */
Test(journal_recovery, follows_indexes_without_names, .init = set_up, .fini = tear_down)
{
	static const struct patch leads[] = {
		{ATTR_VALUE_LENGTH, 0x38},
		{ROOT_INDEX + INDEX_USED, 0x28},
		{ROOT_INDEX + INDEX_ALLOCATED, 0x28},
		{ROOT_ENTRY + ENTRY_LENGTH, ENTRY_KEY + 8},
		{ROOT_ENTRY + ENTRY_FLAGS, ENTRY_IS_LAST | ENTRY_HAS_NODE},
	};

	cr_assert_lt(check_secure(leads, ARRAY_SIZE(leads)), 0);
	cr_assert_not(strstr(err.message, "index root"), "%s", err.message);
	cr_assert_eq(err.refusal, REFUSAL_NTFS_DIRTY);
}

/* Nothing is copied to where $MFTMirr would be in $Boot. */
Test(journal_recovery, keeps_the_mirror_off_the_boot_sector, .init = set_up, .fini = tear_down)
{
	uint8_t *record = small_volume_record(&volume, MFT_MIRROR);
	uint8_t before[512];

	put_le16(record + get_le16(record + FILE_ATTRIBUTES) + 0x43, 0);
	put_le64(volume.bytes + BOOT_MIRROR_LCN, 0);
	memcpy(before, volume.bytes, sizeof(before));
	cr_assert_lt(journal_check(&journal, &err), 0);
	cr_assert(strstr(err.message, "$MFTMirr is in $Boot"), "%s", err.message);
	cr_assert_arr_eq(volume.bytes, before, sizeof(before));
}

/* The log is closed where it was read. */
Test(journal_recovery, refuses_a_log_that_moves_itself, .init = set_up, .fini = tear_down)
{
	uint8_t *record = small_volume_record(&volume, MFT_LOG);
	uint8_t *data = record + get_le16(record + FILE_ATTRIBUTES);

	put_le16(data + 0x43, (uint16_t)(volume.at.log + 1));
	cr_assert_lt(journal_check(&journal, &err), 0);
	cr_assert(strstr(err.message, "moves itself"), "%s", err.message);
}

Test(journal_recovery, bounds_the_runs_of_an_attribute)
{
	uint64_t count = JOURNAL_MAX_RUNS + 1;
	uint32_t size = (uint32_t)(0x40 + 3 * count + 8);
	uint8_t *attribute = calloc(1, size);
	struct journal_runs runs = {.list = NULL};

	put_le32(attribute + ATTR_LENGTH, size);
	put_le16(attribute + ATTR_PAIRS, 0x40);
	put_le64(attribute + ATTR_HIGHEST, count - 1);
	for (uint64_t i = 0; i < count; i++)
		memcpy(attribute + 0x40 + 3 * i, i % 2 ? "\x11\x01\xff" : "\x11\x01\x01", 3);
	cr_assert_eq(journal_runs_add(&runs, attribute, 1000), -EFBIG);
	cr_assert_eq(runs.count, JOURNAL_MAX_RUNS);
	journal_runs_done(&runs);
	free(attribute);
}
