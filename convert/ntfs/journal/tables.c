/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The tables of recovery: which attributes were open, which of their pages may not have reached the
 * disk, which transactions had not ended. A checkpoint dumps them; analysis brings them up to date.
 *
 * Attributes and transactions are named by the offset of their entry in the table as it stood in
 * memory, so that an offset divided by the size of an entry finds them here too.
 */
#include <errno.h>
#include <inttypes.h>

#include "convert/ntfs/journal/internal.h"

#define ATTRIBUTE_SIZE_0 0x2c /* client 0.0 */
#define ATTRIBUTE_SIZE_1 0x28
#define PAGE_ENTRY_1	 0x20 /* without LCNs; 4 more in client 0.0 */
#define CACHE_PAGE	 4096
#define MAX_PAGES	 131072
#define MAX_PROBES	 1000 /* of the hash, which is half full at most */
#define MAX_TRANSACTIONS 65536

int journal_tables_init(struct journal_tables *tables, unsigned int client_major, uint32_t cluster,
			struct error *err)
{
	*tables = (struct journal_tables){
		.entry_size = client_major == 0 ? ATTRIBUTE_SIZE_0 : ATTRIBUTE_SIZE_1,
		.page_clusters = (uint32_t)max_u64(CACHE_PAGE / cluster, 1),
		.hash_size = 1024,
	};
	tables->hash = calloc(tables->hash_size, sizeof(*tables->hash));
	return tables->hash ? 0 : error_failed(err, ENOMEM, "out of memory");
}

void journal_tables_done(struct journal_tables *tables)
{
	free(tables->attributes);
	free(tables->pages);
	free(tables->lcns);
	free(tables->hash);
	free(tables->transactions);
	*tables = (struct journal_tables){.pages = NULL};
}

/* The entry that begins at an offset of a table; UINT32_MAX when none does. */
static uint32_t slot_of(uint32_t offset, uint32_t entry_size)
{
	if (offset < TABLE_HEADER || (offset - TABLE_HEADER) % entry_size)
		return UINT32_MAX;
	return (offset - TABLE_HEADER) / entry_size;
}

struct journal_attribute *journal_attribute_slot(const struct journal_tables *tables,
						 uint32_t target)
{
	uint32_t slot = slot_of(target, tables->entry_size);

	if (slot >= tables->attribute_count || !tables->attributes[slot].is_open)
		return NULL;
	return &tables->attributes[slot];
}

int journal_attribute_make(struct journal_tables *tables, uint32_t target,
			   struct journal_attribute **ret, struct error *err)
{
	uint32_t slot = slot_of(target, tables->entry_size);

	if (slot == UINT32_MAX || target > UINT16_MAX)
		return journal_refuse(err,
				      "the NTFS journal names an attribute at 0x%" PRIx32
				      ", where none can be",
				      target);
	if (slot >= tables->attribute_count) {
		uint32_t count = slot + 16;
		struct journal_attribute *list =
			reallocarray(tables->attributes, count, sizeof(*list));

		if (!list)
			return error_failed(err, ENOMEM, "out of memory");
		memset(list + tables->attribute_count, 0,
		       (count - tables->attribute_count) * sizeof(*list));
		tables->attributes = list;
		tables->attribute_count = count;
	}
	*ret = &tables->attributes[slot];
	return 0;
}

int journal_transaction_make(struct journal_tables *tables, uint32_t id,
			     struct journal_transaction **ret, struct error *err)
{
	uint32_t slot = slot_of(id, TRANSACTION_SIZE);

	if (slot >= MAX_TRANSACTIONS)
		return journal_refuse(err,
				      "the NTFS journal names a transaction 0x%" PRIx32
				      ", which cannot be",
				      id);
	if (slot >= tables->transaction_count) {
		uint32_t count = slot + slot / 2 + 16;
		struct journal_transaction *list =
			reallocarray(tables->transactions, count, sizeof(*list));

		if (!list)
			return error_failed(err, ENOMEM, "out of memory");
		memset(list + tables->transaction_count, 0,
		       (count - tables->transaction_count) * sizeof(*list));
		tables->transactions = list;
		tables->transaction_count = count;
	}
	*ret = &tables->transactions[slot];
	return 0;
}

/* Where the index of a page is kept in the hash, or would be; NULL: it is not there, and keys that
 * are made to meet leave no room for it near its place. */
static uint32_t *hash_place(const struct journal_tables *tables, uint32_t target, uint64_t number)
{
	uint64_t hash =
		(number * UINT64_C(0x9e3779b97f4a7c15)) ^ (target * UINT64_C(0xc2b2ae3d27d4eb4f));

	hash ^= hash >> 29;
	hash *= UINT64_C(0xbf58476d1ce4e5b9);
	hash >>= 32;
	for (uint32_t i = 0; i < MAX_PROBES; i++) {
		uint32_t *place = &tables->hash[(hash + i) & (tables->hash_size - 1)];

		if (*place == 0 || (tables->pages[*place - 1].target == target &&
				    tables->pages[*place - 1].number == number))
			return place;
	}
	return NULL;
}

struct journal_page *journal_page_find(const struct journal_tables *tables, uint32_t target,
				       uint64_t vcn)
{
	const uint32_t *place = hash_place(tables, target, vcn / tables->page_clusters);

	return place && *place ? &tables->pages[*place - 1] : NULL;
}

uint64_t *journal_page_lcn(const struct journal_tables *tables, const struct journal_page *page,
			   uint64_t vcn)
{
	return &tables->lcns[(size_t)(page - tables->pages) * tables->page_clusters +
			     vcn % tables->page_clusters];
}

static int refuse_hash(struct error *err)
{
	return journal_refuse(err, "the NTFS journal concerns pages that are chosen to take long");
}

static int grow_hash(struct journal_tables *tables, struct error *err)
{
	uint32_t size = tables->hash_size * 2;
	uint32_t *hash = calloc(size, sizeof(*hash));

	if (!hash)
		return error_failed(err, ENOMEM, "out of memory");
	free(tables->hash);
	tables->hash = hash;
	tables->hash_size = size;
	for (uint32_t i = 0; i < tables->page_count; i++) {
		uint32_t *place =
			hash_place(tables, tables->pages[i].target, tables->pages[i].number);

		if (!place)
			return refuse_hash(err);
		*place = i + 1;
	}
	return 0;
}

static int grow_pages(struct journal_tables *tables, struct error *err)
{
	uint32_t room = tables->page_room ? 2 * tables->page_room : 256;
	struct journal_page *pages = reallocarray(tables->pages, room, sizeof(*pages));
	uint64_t *lcns;

	if (!pages)
		return error_failed(err, ENOMEM, "out of memory");
	tables->pages = pages;
	lcns = reallocarray(tables->lcns, (size_t)room * tables->page_clusters, sizeof(*lcns));
	if (!lcns)
		return error_failed(err, ENOMEM, "out of memory");
	tables->lcns = lcns;
	tables->page_room = room;
	return 0;
}

int journal_page_make(struct journal_tables *tables, uint32_t target, uint64_t vcn, uint64_t lsn,
		      struct journal_page **ret, struct error *err)
{
	uint64_t number = vcn / tables->page_clusters;
	uint32_t *place = hash_place(tables, target, number);
	int r = 0;

	if (place && *place) {
		*ret = &tables->pages[*place - 1];
		if ((*ret)->oldest == 0)
			(*ret)->oldest = lsn;
		return 0;
	}
	if (tables->page_count == MAX_PAGES)
		return journal_refuse(err, "the NTFS journal concerns more than %d pages",
				      MAX_PAGES);
	if (tables->page_count == tables->page_room)
		r = grow_pages(tables, err);
	if (r == 0 && tables->page_count >= tables->hash_size / 2)
		r = grow_hash(tables, err);
	if (r < 0)
		return r;
	place = hash_place(tables, target, number); /* the hash may be another one */
	if (!place)
		return refuse_hash(err);
	*ret = &tables->pages[tables->page_count++];
	**ret = (struct journal_page){.target = target, .number = number, .oldest = lsn};
	for (uint32_t i = 0; i < tables->page_clusters; i++)
		*journal_page_lcn(tables, *ret, i) = JOURNAL_HOLE;
	*place = tables->page_count;
	return 0;
}

void journal_pages_forget(struct journal_tables *tables, uint64_t lcn, uint64_t count)
{
	uint32_t clusters = tables->page_clusters;

	for (uint32_t i = 0; i < tables->page_count; i++) {
		uint64_t *lcns = &tables->lcns[(size_t)i * clusters];
		bool is_hit = false, has_more = false;

		for (uint32_t j = 0; j < clusters; j++) {
			if (lcns[j] - lcn < count) {
				lcns[j] = JOURNAL_FREED;
				is_hit = true;
			}
			has_more |= journal_lcn_is_known(lcns[j]);
		}
		if (is_hit && !has_more)
			tables->pages[i].oldest = 0;
	}
}

static int refuse_table(const struct journal_dump *dump, const char *what, struct error *err)
{
	return journal_refuse(err, "the NTFS journal is damaged: the table at LSN 0x%" PRIx64 " %s",
			      dump->lsn, what);
}

/* Follow the list of free entries: each once, none of them in use. */
static bool free_list_ends(const struct journal_dump *dump, uint32_t entry_size, uint32_t entries)
{
	uint32_t at = get_le32(dump->data + TABLE_FIRST_FREE);

	for (uint32_t i = 0; at != 0; i++) {
		if (i == entries || slot_of(at, entry_size) >= entries)
			return false;
		at = get_le32(dump->data + at);
	}
	return true;
}

/* Check the header of a table. *ret_entries: how many entries of *ret_size bytes follow. */
static int check_table(const struct journal_dump *dump, uint32_t least_size, uint32_t *ret_size,
		       uint32_t *ret_entries, struct error *err)
{
	uint32_t in_use = 0;

	if (dump->length < TABLE_HEADER)
		return refuse_table(dump, "has no header", err);
	*ret_size = get_le16(dump->data + TABLE_ENTRY_SIZE);
	*ret_entries = get_le16(dump->data + TABLE_ENTRIES);
	if (*ret_size < least_size || *ret_size % 4 ||
	    TABLE_HEADER + (uint64_t)*ret_size * *ret_entries > dump->length)
		return refuse_table(dump, "is larger than its record, or its entries are small",
				    err);
	if (!free_list_ends(dump, *ret_size, *ret_entries))
		return refuse_table(dump, "has a list of free entries that has no end", err);
	for (uint32_t i = 0; i < *ret_entries; i++)
		in_use += get_le32(dump->data + TABLE_HEADER + i * *ret_size) == TABLE_ALLOCATED;
	if (in_use != get_le16(dump->data + TABLE_IN_USE))
		return refuse_table(dump, "has another number of entries in use than it says", err);
	return 0;
}

static const uint8_t *entry_in_use(const struct journal_dump *dump, uint32_t size, uint32_t index)
{
	const uint8_t *entry = dump->data + TABLE_HEADER + (size_t)index * size;

	return get_le32(entry) == TABLE_ALLOCATED ? entry : NULL;
}

void journal_parse_attribute(const struct journal_tables *tables, const uint8_t *entry,
			     struct journal_attribute *ret)
{
	bool is_old = tables->entry_size == ATTRIBUTE_SIZE_0;

	*ret = (struct journal_attribute){
		.is_open = true,
		.type = get_le32(entry + (is_old ? 0x1c : 0x08)),
		.block_size = get_le32(entry + (is_old ? 0x28 : 0x04)),
		.reference = get_le64(entry + (is_old ? 0x08 : 0x10)),
		.lsn = get_le64(entry + (is_old ? 0x10 : 0x18)),
	};
}

int journal_load_attributes(struct journal_tables *tables, const struct journal_dump *dump,
			    struct error *err)
{
	uint32_t size, entries;
	int r = check_table(dump, tables->entry_size, &size, &entries, err);

	if (r == 0 && size != tables->entry_size)
		return refuse_table(dump, "has entries of another size than its version", err);
	for (uint32_t i = 0; r == 0 && i < entries; i++) {
		const uint8_t *entry = entry_in_use(dump, size, i);
		struct journal_attribute *attribute;

		if (!entry)
			continue;
		r = journal_attribute_make(tables, TABLE_HEADER + i * size, &attribute, err);
		if (r == 0)
			journal_parse_attribute(tables, entry, attribute);
	}
	return r;
}

/* Names: slot, length in bytes, text, a zero; ended by slot 0. */
int journal_load_names(struct journal_tables *tables, const struct journal_dump *dump,
		       struct error *err)
{
	for (uint32_t at = 0; at + 4 <= dump->length;) {
		uint32_t target = get_le16(dump->data + at);
		uint32_t length = get_le16(dump->data + at + 2);
		struct journal_attribute *attribute;

		if (target == 0)
			return 0;
		attribute = journal_attribute_slot(tables, target);
		if (!attribute || length % 2 || length > sizeof(attribute->name) ||
		    length + 6 > dump->length - at)
			return refuse_table(dump, "names an attribute that is not open", err);
		memcpy(attribute->name, dump->data + at + 4, length);
		attribute->name_length = (uint16_t)(length / 2);
		at += length + 6;
	}
	return refuse_table(dump, "of names has no end", err);
}

static int load_page(struct journal_tables *tables, const uint8_t *entry, uint32_t size,
		     const struct journal_dump *dump, struct error *err)
{
	uint32_t shift = tables->entry_size == ATTRIBUTE_SIZE_0 ? 4 : 0;
	uint32_t count = get_le32(entry + 0x0c);
	uint64_t vcn = get_le64(entry + 0x10 + shift), oldest = get_le64(entry + 0x18 + shift);
	uint32_t target = get_le32(entry + 0x04);
	struct journal_page *page;
	int r = 0;

	if (count == 0 || count > tables->page_clusters ||
	    PAGE_ENTRY_1 + shift + 8 * (uint64_t)count > size || vcn % tables->page_clusters ||
	    vcn > INT64_MAX || oldest > dump->lsn)
		return refuse_table(dump, "has a page that cannot be", err);
	r = journal_page_make(tables, target, vcn, oldest, &page, err);
	if (r < 0)
		return r;
	page->oldest = min_u64(page->oldest, oldest);
	/* Tables have 0 for a cluster that was given away: no page lies in $Boot. */
	for (uint32_t i = 0; i < count; i++) {
		uint64_t lcn = get_le64(entry + PAGE_ENTRY_1 + shift + 8 * i);

		*journal_page_lcn(tables, page, vcn + i) =
			lcn ? min_u64(lcn, INT64_MAX) : JOURNAL_FREED;
	}
	return 0;
}

int journal_load_pages(struct journal_tables *tables, const struct journal_dump *dump,
		       struct error *err)
{
	uint32_t size, entries;
	int r = check_table(dump, PAGE_ENTRY_1, &size, &entries, err);

	for (uint32_t i = 0; r == 0 && i < entries; i++) {
		const uint8_t *entry = entry_in_use(dump, size, i);

		if (entry)
			r = load_page(tables, entry, size, dump, err);
	}
	return r;
}

int journal_load_transactions(struct journal_tables *tables, const struct journal_dump *dump,
			      struct error *err)
{
	uint32_t size, entries;
	int r = check_table(dump, TRANSACTION_SIZE, &size, &entries, err);

	if (r == 0 && size != TRANSACTION_SIZE)
		return refuse_table(dump, "has transactions of another size", err);
	for (uint32_t i = 0; r == 0 && i < entries; i++) {
		const uint8_t *entry = entry_in_use(dump, size, i);
		struct journal_transaction *transaction;

		if (!entry)
			continue;
		r = journal_transaction_make(tables, TABLE_HEADER + i * size, &transaction, err);
		if (r == 0)
			*transaction = (struct journal_transaction){
				.is_known = true,
				.state = entry[4],
				.first = get_le64(entry + 0x08),
				.undo_next = get_le64(entry + 0x18),
			};
	}
	return r;
}
