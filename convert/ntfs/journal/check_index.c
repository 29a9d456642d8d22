/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names, both ways: every name of a touched file must stand in the index of its folder, and every
 * entry of a touched folder must lead to a file in use that has this name. Of the other indexes
 * ($SII, $SDH, $O, $Q, $R) the entries must be whole. What a touched root leads to must be a node.
 *
 * A name is looked up as NTFS does it, by the order of the volume's own $UpCase: a name that is in
 * the wrong place of the tree is as good as none.
 */
#include <errno.h>
#include <inttypes.h>

#include "convert/ntfs/journal/internal.h"

#define UPCASE_SIZE (2 * 65536)
#define MAX_DEPTH   32

static const uint8_t i30[8] = {'$', 0, 'I', 0, '3', 0, '0', 0};
static const struct journal_name folder_root = {AT_ROOT, i30, 4};
static const struct journal_name folder_nodes = {AT_ALLOCATION, i30, 4};

struct names {
	struct journal *journal;
	uint8_t *upcase;    /* little-endian */
	uint8_t *record;    /* the touched one */
	uint8_t *other;	    /* the one it is compared with */
	uint8_t *extension; /* of one of them */
	uint8_t *block;
};

static int refuse_name(struct error *err, uint64_t record, const char *wrong, uint64_t other)
{
	return journal_refuse(err,
			      "the volume is not sound after its NTFS journal was replayed: "
			      "MFT record %" PRIu64 " %s MFT record %" PRIu64,
			      record, wrong, other);
}

static uint16_t unit(const uint8_t *name, unsigned int i)
{
	return get_le16(name + NAME_TEXT + 2 * (size_t)i);
}

static uint16_t folded(const struct names *names, const uint8_t *name, unsigned int i)
{
	return get_le16(names->upcase + 2 * (size_t)unit(name, i));
}

/* The order of $FILE_NAME: regardless of case, then with it. */
static int compare_names(const struct names *names, const uint8_t *a, const uint8_t *b)
{
	unsigned int length = (unsigned int)min_u64(a[NAME_LENGTH], b[NAME_LENGTH]);

	for (unsigned int i = 0; i < length; i++)
		if (folded(names, a, i) != folded(names, b, i))
			return folded(names, a, i) < folded(names, b, i) ? -1 : 1;
	if (a[NAME_LENGTH] != b[NAME_LENGTH])
		return a[NAME_LENGTH] < b[NAME_LENGTH] ? -1 : 1;
	for (unsigned int i = 0; i < length; i++)
		if (unit(a, i) != unit(b, i))
			return unit(a, i) < unit(b, i) ? -1 : 1;
	return 0;
}

/* Is there a whole $FILE_NAME in 'length' bytes? */
static bool is_name(const uint8_t *name, uint32_t length)
{
	return length >= NAME_TEXT && NAME_TEXT + 2U * name[NAME_LENGTH] <= length;
}

static bool is_same_name(const uint8_t *a, const uint8_t *b)
{
	return get_le64(a + NAME_PARENT) == get_le64(b + NAME_PARENT) &&
	       a[NAME_LENGTH] == b[NAME_LENGTH] &&
	       memcmp(a + NAME_TEXT, b + NAME_TEXT, 2U * a[NAME_LENGTH]) == 0;
}

/* The entry with a name, or the one before which it would be. */
static const uint8_t *find_entry(const struct names *names, const uint8_t *header,
				 const uint8_t *name, bool *ret_equal)
{
	uint32_t at = get_le32(header + INDEX_ENTRIES);

	for (*ret_equal = false;; at += get_le16(header + at + ENTRY_LENGTH)) {
		const uint8_t *entry = header + at;
		int order;

		if (get_le16(entry + ENTRY_FLAGS) & ENTRY_IS_LAST)
			return entry;
		if (!is_name(entry + ENTRY_KEY, get_le16(entry + ENTRY_KEY_LENGTH)))
			continue;
		order = compare_names(names, entry + ENTRY_KEY, name);
		*ret_equal = order == 0;
		if (order >= 0)
			return entry;
	}
}

static int read_block(struct names *names, const struct journal_runs *runs, uint64_t vcn,
		      uint32_t size, struct error *err)
{
	uint32_t cluster = names->journal->volume.cluster;
	uint64_t at;
	int r;

	if (!mul_u64(vcn, cluster <= size ? cluster : 512, &at))
		return error_damaged(err, "an index entry leads beyond the volume");
	r = journal_spend(names->journal, size / 4, err);
	if (r == 0)
		r = journal_volume_read(&names->journal->volume, runs, names->block, size, at, err);
	if (r < 0)
		return r;
	if (memcmp(names->block, "INDX", 4) != 0 || !journal_fixups_take(names->block, size) ||
	    journal_index_check(names->block + INDX_HEADER, size - INDX_HEADER))
		return error_damaged(err, "an index block is damaged");
	return 0;
}

static const uint8_t *header_of_root(const uint8_t *root, uint32_t *ret_block_size)
{
	const uint8_t *value;
	uint32_t length;

	if (!root || root[ATTR_NON_RESIDENT])
		return NULL;
	value = journal_attribute_value(root, &length);
	if (length < ROOT_HEADER + INDEX_HEADER ||
	    journal_index_check(value + ROOT_HEADER, length - ROOT_HEADER))
		return NULL;
	*ret_block_size = get_le32(value + ROOT_BLOCK_SIZE);
	if (!is_power_of_two(*ret_block_size) || *ret_block_size < 512 ||
	    *ret_block_size > JOURNAL_MAX_BLOCK)
		return NULL;
	return value + ROOT_HEADER;
}

/* The header of a folder's index root; NULL when it is no folder. */
static int find_root(struct names *names, const uint8_t *record, const uint8_t **ret_header,
		     uint32_t *ret_block_size, struct error *err)
{
	const uint8_t *root;
	int r = journal_volume_attribute(&names->journal->volume, record, &folder_root,
					 names->extension, &root, err);

	*ret_header = r == 0 ? header_of_root(root, ret_block_size) : NULL;
	return r;
}

/* Find the reference that a name has in the folder names->other; 0 when it has none. */
static int look_up(struct names *names, const uint8_t *name, uint64_t *ret, struct error *err)
{
	struct journal_runs runs = {.list = NULL};
	uint32_t size = 0;
	const uint8_t *header, *entry;
	bool is_equal;
	int r = find_root(names, names->other, &header, &size, err);

	*ret = 0;
	for (unsigned int depth = 0; r == 0 && header; depth++) {
		entry = find_entry(names, header, name, &is_equal);
		header = NULL;
		if (is_equal)
			*ret = get_le64(entry + ENTRY_REFERENCE);
		if (is_equal || !(get_le16(entry + ENTRY_FLAGS) & ENTRY_HAS_NODE) ||
		    depth == MAX_DEPTH)
			break;
		if (runs.count == 0)
			r = journal_volume_runs(&names->journal->volume, names->other,
						&folder_nodes, &runs, err);
		if (r == 0)
			r = read_block(names, &runs,
				       get_le64(entry + get_le16(entry + ENTRY_LENGTH) - 8), size,
				       err);
		header = names->block + INDX_HEADER;
	}
	journal_runs_done(&runs);
	return r;
}

/* One name of a file: does its folder know it? */
static int check_name(struct names *names, uint64_t number, const uint8_t *name, struct error *err)
{
	uint64_t folder = REFERENCE_RECORD(get_le64(name + NAME_PARENT)), found;
	uint64_t base = get_le64(names->record + FILE_BASE);
	uint64_t file = base ? REFERENCE_RECORD(base) : number;
	int r = journal_volume_record(&names->journal->volume, folder, names->other, err);

	if (r < 0)
		return r;
	if (!(get_le16(names->other + FILE_FLAGS) & FILE_IN_USE) ||
	    get_le16(names->other + FILE_SEQUENCE) !=
		    REFERENCE_SEQUENCE(get_le64(name + NAME_PARENT)))
		return refuse_name(err, number, "names as its folder what is none:", folder);
	r = look_up(names, name, &found, err);
	if (r == 0 && (found == 0 || REFERENCE_RECORD(found) != file))
		return refuse_name(err, number, "has a name that is not in its folder,", folder);
	return r;
}

static int check_names_of(struct names *names, uint64_t number, struct error *err)
{
	const uint8_t *attribute = NULL;
	int r = 0;

	while (r == 0 && (attribute = journal_attribute_next(names->record, attribute))) {
		uint32_t length;
		const uint8_t *name;

		if (get_le32(attribute + ATTR_TYPE) != AT_NAME)
			continue;
		if (attribute[ATTR_NON_RESIDENT])
			return refuse_name(err, number, "has a name that is none:", number);
		name = journal_attribute_value(attribute, &length);
		if (!is_name(name, length))
			return refuse_name(err, number, "has a name that is none:", number);
		r = check_name(names, number, name, err);
	}
	return r;
}

static bool record_has_name(const uint8_t *record, const uint8_t *name)
{
	const uint8_t *attribute = NULL;

	while ((attribute = journal_attribute_next(record, attribute))) {
		uint32_t length;
		const uint8_t *value;

		if (get_le32(attribute + ATTR_TYPE) != AT_NAME || attribute[ATTR_NON_RESIDENT])
			continue;
		value = journal_attribute_value(attribute, &length);
		if (is_name(value, length) && is_same_name(value, name))
			return true;
	}
	return false;
}

/* One entry of a folder: does it lead to a file that has this name? One whose attributes fill
 * several records may have it in another one. */
static int check_entry(struct names *names, uint64_t folder, const uint8_t *entry,
		       struct error *err)
{
	uint64_t reference = get_le64(entry + ENTRY_REFERENCE);
	uint64_t number = REFERENCE_RECORD(reference);
	const uint8_t *name = entry + ENTRY_KEY;
	int r = journal_spend(names->journal, 512, err);

	if (r == 0)
		r = journal_volume_record(&names->journal->volume, number, names->other, err);
	if (r < 0)
		return r;
	if (!is_name(name, get_le16(entry + ENTRY_KEY_LENGTH)) ||
	    REFERENCE_RECORD(get_le64(name + NAME_PARENT)) != folder ||
	    !(get_le16(names->other + FILE_FLAGS) & FILE_IN_USE) ||
	    get_le16(names->other + FILE_SEQUENCE) != REFERENCE_SEQUENCE(reference))
		return refuse_name(err, folder, "has an entry that leads to what is none:", number);
	if (!record_has_name(names->other, name) &&
	    !journal_attribute_find(names->other, AT_LIST, NULL, 0))
		return refuse_name(err, folder, "has an entry with a name that is not that of",
				   number);
	return 0;
}

static bool is_folder_index(const struct journal_name *name)
{
	return name->length == 4 && memcmp(name->text, i30, sizeof(i30)) == 0;
}

/* One entry of an index that is no folder's: are its data within it? */
static int check_view_entry(uint64_t record, const uint8_t *entry, struct error *err)
{
	if (!range_within(get_le16(entry + ENTRY_DATA_OFFSET), get_le16(entry + ENTRY_DATA_LENGTH),
			  get_le16(entry + ENTRY_LENGTH)))
		return refuse_name(err, record, "has an index with an entry that is not whole,",
				   record);
	return 0;
}

/* The entries of one node of a checked index of the file 'record'. */
static int check_entries(struct names *names, uint64_t record, const struct journal_name *index,
			 const uint8_t *header, struct error *err)
{
	uint32_t at = get_le32(header + INDEX_ENTRIES);
	int r = 0;

	for (; r == 0 && !(get_le16(header + at + ENTRY_FLAGS) & ENTRY_IS_LAST);
	     at += get_le16(header + at + ENTRY_LENGTH))
		r = is_folder_index(index) ? check_entry(names, record, header + at, err)
					   : check_view_entry(record, header + at, err);
	return r;
}

/* The nodes that a root leads to: each must be one, and be where it says. */
static int check_nodes(struct names *names, const struct journal_name *index, const uint8_t *header,
		       uint32_t size, struct error *err)
{
	const struct journal_name nodes = {AT_ALLOCATION, index->text, index->length};
	struct journal_runs runs = {.list = NULL};
	const uint8_t *entry = header + get_le32(header + INDEX_ENTRIES);
	bool is_last = false;
	int r = 0;

	for (; r == 0 && !is_last; entry += get_le16(entry + ENTRY_LENGTH)) {
		uint64_t vcn = get_le64(entry + get_le16(entry + ENTRY_LENGTH) - 8);

		is_last = get_le16(entry + ENTRY_FLAGS) & ENTRY_IS_LAST;
		if (!(get_le16(entry + ENTRY_FLAGS) & ENTRY_HAS_NODE))
			continue;
		if (runs.count == 0)
			r = journal_volume_runs(&names->journal->volume, names->record, &nodes,
						&runs, err);
		if (r == 0)
			r = read_block(names, &runs, vcn, size, err);
		if (r == 0 && get_le64(names->block + INDX_VCN) != vcn)
			r = error_damaged(err, "an index leads to a block that is another one");
	}
	journal_runs_done(&runs);
	return r;
}

/* The root of an index. That of a file with several records may stand in another than the first. */
static int check_root(struct names *names, uint64_t number, const uint8_t *root, struct error *err)
{
	const struct journal_name index = {AT_ROOT, root + get_le16(root + ATTR_NAME_OFFSET),
					   root[ATTR_NAME_LENGTH]};
	uint64_t base = get_le64(names->record + FILE_BASE);
	uint32_t size;
	const uint8_t *header = header_of_root(root, &size);
	int r;

	if (!header)
		return refuse_name(err, number, "has an index root that is damaged,", number);
	r = check_entries(names, base ? REFERENCE_RECORD(base) : number, &index, header, err);
	return r < 0 || base ? r : check_nodes(names, &index, header, size, err);
}

static int check_touched_file(struct names *names, const struct journal_touched *touched,
			      struct error *err)
{
	const struct journal_volume *volume = &names->journal->volume;
	uint64_t number = (touched->vcn * volume->cluster + touched->offset) / volume->record;
	const uint8_t *attribute = NULL;
	int r = journal_volume_record(volume, number, names->record, err);

	if (r < 0 || !(get_le16(names->record + FILE_FLAGS) & FILE_IN_USE))
		return r;
	r = check_names_of(names, number, err);
	while (r == 0 && (attribute = journal_attribute_next(names->record, attribute)))
		if (get_le32(attribute + ATTR_TYPE) == AT_ROOT)
			r = check_root(names, number, attribute, err);
	return r;
}

/* Is the block in use, by the bitmap of its index? One that is not holds old entries. */
static int block_is_used(struct names *names, const struct journal_name *index, uint64_t block,
			 bool *ret, struct error *err)
{
	const struct journal_name name = {AT_BITMAP, index->text, index->length};
	const uint8_t *bitmap, *value;
	struct journal_runs runs = {.list = NULL};
	uint32_t length;
	uint8_t byte = 0;
	int r = journal_volume_attribute(&names->journal->volume, names->record, &name,
					 names->extension, &bitmap, err);

	*ret = false;
	if (r < 0)
		return r;
	if (bitmap && !bitmap[ATTR_NON_RESIDENT]) {
		value = journal_attribute_value(bitmap, &length);
		byte = block / 8 < length ? value[block / 8] : 0;
	} else {
		r = journal_volume_runs(&names->journal->volume, names->record, &name, &runs, err);
		if (r == 0 && runs.count)
			r = journal_volume_read(&names->journal->volume, &runs, &byte, 1, block / 8,
						err);
		journal_runs_done(&runs);
	}
	*ret = byte >> block % 8 & 1;
	return r;
}

/* A block of an index, whose file is in names->record. */
static int check_node(struct names *names, const struct journal_touched *touched,
		      const struct journal_attribute *attribute, struct error *err)
{
	const struct journal_volume *volume = &names->journal->volume;
	const struct journal_name index = journal_name_of(attribute);
	uint32_t size = attribute->block_size,
		 unit_size = volume->cluster <= size ? volume->cluster : 512;
	uint64_t block = (touched->vcn * volume->cluster + touched->offset) / size;
	struct journal_runs runs = {.list = NULL};
	bool is_used;
	int r = block_is_used(names, &index, block, &is_used, err);

	if (r == 0 && is_used)
		r = journal_volume_runs(volume, names->record, &index, &runs, err);
	if (r == 0 && is_used && journal_runs_find(&runs, touched->vcn) != JOURNAL_HOLE) {
		r = read_block(names, &runs, block * size / unit_size, size, err);
		if (r == 0)
			r = check_entries(names, REFERENCE_RECORD(attribute->reference), &index,
					  names->block + INDX_HEADER, err);
	}
	journal_runs_done(&runs);
	return r;
}

static int check_touched_block(struct names *names, const struct journal_touched *touched,
			       struct error *err)
{
	const struct journal_attribute *attribute =
		journal_attribute_slot(&names->journal->tables, touched->target);
	int r = journal_volume_record(&names->journal->volume,
				      REFERENCE_RECORD(attribute->reference), names->record, err);

	if (r < 0 || !(get_le16(names->record + FILE_FLAGS) & FILE_IN_USE) ||
	    get_le16(names->record + FILE_SEQUENCE) != REFERENCE_SEQUENCE(attribute->reference))
		return r;
	return check_node(names, touched, attribute, err);
}

static int load_upcase(struct names *names, struct error *err)
{
	struct journal_runs runs = {.list = NULL};
	int r = journal_volume_record(&names->journal->volume, MFT_UPCASE, names->record, err);

	if (r == 0)
		r = journal_volume_runs(&names->journal->volume, names->record, &journal_data,
					&runs, err);
	if (r == 0)
		r = journal_volume_read(&names->journal->volume, &runs, names->upcase, UPCASE_SIZE,
					0, err);
	journal_runs_done(&runs);
	return r;
}

static int check_touched(struct names *names, struct error *err)
{
	struct journal *journal = names->journal;
	int r = load_upcase(names, err);

	for (uint32_t i = 0; r == 0 && i < journal->touched_count; i++) {
		if (journal->touched[i].kind == KIND_FILE)
			r = check_touched_file(names, &journal->touched[i], err);
		else if (journal->touched[i].kind == KIND_INDEX)
			r = check_touched_block(names, &journal->touched[i], err);
	}
	return r;
}

int journal_check_names(struct journal *journal, struct error *err)
{
	struct names names = {
		.journal = journal,
		.upcase = malloc(UPCASE_SIZE),
		.record = malloc(journal->volume.record),
		.other = malloc(journal->volume.record),
		.extension = malloc(journal->volume.record),
		.block = malloc(JOURNAL_MAX_BLOCK),
	};
	int r = names.upcase && names.record && names.other && names.extension && names.block
			? check_touched(&names, err)
			: error_failed(err, ENOMEM, "out of memory");

	free(names.upcase);
	free(names.record);
	free(names.other);
	free(names.extension);
	free(names.block);
	return r;
}
