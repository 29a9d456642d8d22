/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operations on FILE records. The record is sound before each of them (but for the first, which
 * writes it) and is checked again afterwards, so that here only what an operation itself adds has to
 * be bounded. Lengths are checked before anything is moved.
 */
#include "convert/ntfs/journal/internal.h"

static uint32_t align8(uint32_t length)
{
	return (length + 7) & ~7U;
}

/* The attribute, or the end mark, at an offset; NULL when none begins there. */
static uint8_t *attribute_at(uint8_t *record, uint32_t offset)
{
	uint32_t at = get_le16(record + FILE_ATTRIBUTES);

	while (at < offset && get_le32(record + at) != AT_END)
		at += get_le32(record + at + ATTR_LENGTH);
	return at == offset ? record + at : NULL;
}

static bool is_end(const uint8_t *attribute)
{
	return get_le32(attribute) == AT_END;
}

/* Move what follows 'end' by 'growth' bytes. False when the record has no room. */
static bool move_tail(uint8_t *record, size_t size, uint8_t *end, int64_t growth)
{
	uint32_t used = get_le32(record + FILE_USED);

	if ((int64_t)used + growth > (int64_t)size)
		return false;
	memmove(end + growth, end, used - (size_t)(end - record));
	put_le32(record + FILE_USED, (uint32_t)((int64_t)used + growth));
	return true;
}

/* Give an attribute another length. */
static bool resize(uint8_t *record, size_t size, uint8_t *attribute, uint32_t length)
{
	uint32_t before = get_le32(attribute + ATTR_LENGTH);

	if (!move_tail(record, size, attribute + before, (int64_t)length - before))
		return false;
	put_le32(attribute + ATTR_LENGTH, length);
	return true;
}

static void add_links(uint8_t *record, const uint8_t *attribute, int links)
{
	if (!attribute[ATTR_NON_RESIDENT] && (attribute[ATTR_INDEXED] & 1))
		put_le16(record + FILE_LINKS, (uint16_t)(get_le16(record + FILE_LINKS) + links));
}

static const char *initialize(uint8_t *record, size_t size, const struct journal_action *action)
{
	if (!action->data || action->change->record_offset || action->change->attr_offset ||
	    action->length < FILE_HEADER || action->length > size)
		return "holds no FILE record";
	memset(record, 0, size);
	memcpy(record, action->data, action->length);
	if (get_le32(record + FILE_USED) > action->length)
		return "holds a part of a FILE record";
	return NULL;
}

static const char *deallocate(uint8_t *record)
{
	uint16_t sequence = (uint16_t)(get_le16(record + FILE_SEQUENCE) + 1);

	put_le16(record + FILE_FLAGS, get_le16(record + FILE_FLAGS) & (uint16_t)~FILE_IN_USE);
	put_le16(record + FILE_SEQUENCE, sequence ? sequence : 1);
	return NULL;
}

static const char *write_end(uint8_t *record, size_t size, uint8_t *attribute,
			     const struct journal_action *action)
{
	uint32_t at = (uint32_t)(attribute - record);

	if (!action->data || at + align8(action->length) > size)
		return "does not fit into the record";
	memcpy(attribute, action->data, action->length);
	put_le32(record + FILE_USED, at + align8(action->length));
	return NULL;
}

static const char *create_attribute(uint8_t *record, size_t size, uint8_t *attribute,
				    const struct journal_action *action)
{
	uint32_t length;
	uint16_t id;

	if (!action->data || action->length < ATTR_RESIDENT_HEADER)
		return "holds no attribute";
	length = get_le32(action->data + ATTR_LENGTH);
	if (length < ATTR_RESIDENT_HEADER || length % 8 || length > action->length)
		return "holds a part of an attribute";
	if (!move_tail(record, size, attribute, length))
		return "does not fit into the record";
	memcpy(attribute, action->data, length);
	id = get_le16(attribute + ATTR_ID);
	if (get_le16(record + FILE_NEXT_ID) <= id)
		put_le16(record + FILE_NEXT_ID, (uint16_t)(id + 1));
	add_links(record, attribute, 1);
	return NULL;
}

static const char *delete_attribute(uint8_t *record, size_t size, uint8_t *attribute)
{
	uint32_t length;

	if (is_end(attribute))
		return "deletes the end of a record";
	length = get_le32(attribute + ATTR_LENGTH);
	add_links(record, attribute, -1);
	move_tail(record, size, attribute + length, -(int64_t)length);
	return NULL;
}

/* The value from an offset on is overwritten; where the two sides differ in length it ends there. */
static const char *update_resident(uint8_t *record, size_t size, uint8_t *attribute,
				   const struct journal_action *action)
{
	uint32_t at = action->change->attr_offset, end = at + action->length, value;

	if (is_end(attribute) || attribute[ATTR_NON_RESIDENT] || (!action->data && action->length))
		return "concerns no resident attribute";
	value = get_le16(attribute + ATTR_VALUE_OFFSET);
	if (action->length != action->other_length) {
		if (at < value || at > value + get_le32(attribute + ATTR_VALUE_LENGTH))
			return "begins outside of the value";
		if (!resize(record, size, attribute, align8(end)))
			return "does not fit into the record";
		put_le32(attribute + ATTR_VALUE_LENGTH, end - value);
	} else if (end > get_le32(attribute + ATTR_LENGTH)) {
		return "does not fit into the attribute";
	}
	if (action->length)
		memcpy(attribute + at, action->data, action->length);
	return NULL;
}

/* The run list from an offset on is replaced. The highest cluster follows from it. */
static const char *update_pairs(uint8_t *record, size_t size, uint8_t *attribute,
				const struct journal_action *action)
{
	uint32_t at = action->change->attr_offset, pairs, length;
	uint64_t count;

	if (is_end(attribute) || !attribute[ATTR_NON_RESIDENT] || !action->data)
		return "concerns no attribute with runs";
	pairs = get_le16(attribute + ATTR_PAIRS);
	if (at < pairs || at > get_le32(attribute + ATTR_LENGTH))
		return "begins outside of the runs";
	length = align8(at + action->length);
	if (!resize(record, size, attribute, length))
		return "does not fit into the record";
	memset(attribute + at, 0, length - at);
	memcpy(attribute + at, action->data, action->length);
	if (!journal_pairs_count(attribute + pairs, length - pairs, &count))
		return "makes runs that have no end";
	put_le64(attribute + ATTR_HIGHEST, get_le64(attribute + ATTR_LOWEST) + count - 1);
	return NULL;
}

/* In the data: allocated, initialized, data size, total. In the attribute the middle two are the
 * other way round. */
static const char *set_sizes(uint8_t *attribute, const struct journal_action *action)
{
	bool has_total;

	if (is_end(attribute) || !attribute[ATTR_NON_RESIDENT])
		return "concerns no attribute with runs";
	if (!action->data || (action->length != 0x18 && action->length != 0x20))
		return "holds another number of sizes";
	has_total = (get_le16(attribute + ATTR_FLAGS) & (ATTR_COMPRESSED | ATTR_SPARSE)) &&
		    get_le16(attribute + ATTR_PAIRS) >= ATTR_TOTAL + 8;
	memcpy(attribute + ATTR_ALLOCATED, action->data, 8);
	memcpy(attribute + ATTR_INITIALIZED, action->data + 8, 8);
	memcpy(attribute + ATTR_DATA_SIZE, action->data + 16, 8);
	if (has_total && action->length == 0x20)
		memcpy(attribute + ATTR_TOTAL, action->data + 24, 8);
	return NULL;
}

static const char *zero_end(uint8_t *record, size_t size, const struct journal_action *action)
{
	uint32_t at = action->change->record_offset;

	if (at < get_le32(record + FILE_USED) || !range_within(at, action->length, size))
		return "clears what is in use";
	memset(record + at, 0, action->length);
	return NULL;
}

/* An index root grows or shrinks with its entries, and the attribute and the record with it. */
static const char *grow_root(uint8_t *record, size_t size, uint8_t *attribute, uint8_t *entry,
			     int64_t growth)
{
	uint8_t *header = attribute + get_le16(attribute + ATTR_VALUE_OFFSET) + ROOT_HEADER;
	uint32_t length = get_le32(attribute + ATTR_LENGTH);
	uint32_t value = get_le32(attribute + ATTR_VALUE_LENGTH);
	uint32_t used = get_le32(header + INDEX_USED);

	if (!move_tail(record, size, entry, growth))
		return "does not fit into the record";
	put_le32(attribute + ATTR_LENGTH, (uint32_t)(length + growth));
	put_le32(attribute + ATTR_VALUE_LENGTH, (uint32_t)(value + growth));
	put_le32(header + INDEX_USED, (uint32_t)(used + growth));
	put_le32(header + INDEX_ALLOCATED, (uint32_t)(get_le32(header + INDEX_ALLOCATED) + growth));
	return NULL;
}

static const char *add_root_entry(uint8_t *record, size_t size, uint8_t *attribute, uint8_t *entry,
				  const struct journal_action *action)
{
	uint32_t length;
	const char *wrong = journal_entry_fits(action, &length);

	if (!wrong)
		wrong = grow_root(record, size, attribute, entry, length);
	if (!wrong)
		memcpy(entry, action->data, length);
	return wrong;
}

static const char *delete_root_entry(uint8_t *record, size_t size, uint8_t *attribute,
				     uint8_t *entry)
{
	uint32_t length = get_le16(entry + ENTRY_LENGTH);

	if (get_le16(entry + ENTRY_FLAGS) & ENTRY_IS_LAST)
		return "deletes the last entry of an index";
	return grow_root(record, size, attribute, entry + length, -(int64_t)length);
}

/* The entry of an index root that the change concerns. */
static const char *find_root_entry(uint8_t *attribute, const struct journal_action *action,
				   uint8_t **ret)
{
	uint32_t value, at = action->change->attr_offset;
	const char *wrong;

	if (get_le32(attribute) != AT_ROOT || attribute[ATTR_NON_RESIDENT])
		return "concerns no index root";
	value = get_le16(attribute + ATTR_VALUE_OFFSET);
	if (get_le32(attribute + ATTR_VALUE_LENGTH) < ROOT_HEADER + INDEX_HEADER)
		return "concerns an index root without entries";
	wrong = journal_index_check(attribute + value + ROOT_HEADER,
				    get_le32(attribute + ATTR_VALUE_LENGTH) - ROOT_HEADER);
	if (wrong)
		return wrong;
	*ret = at >= value + ROOT_HEADER ? journal_index_entry(attribute + value + ROOT_HEADER,
							       at - value - ROOT_HEADER)
					 : NULL;
	return *ret ? NULL : "concerns an index entry that is not there";
}

static const char *apply_to_root(uint8_t *record, size_t size, uint8_t *attribute,
				 const struct journal_action *action)
{
	uint8_t *entry;
	const char *wrong = find_root_entry(attribute, action, &entry);

	if (wrong)
		return wrong;
	switch (action->op) {
	case OP_ADD_ROOT_ENTRY:
		return add_root_entry(record, size, attribute, entry, action);
	case OP_DELETE_ROOT_ENTRY:
		return delete_root_entry(record, size, attribute, entry);
	case OP_SET_ROOT_VCN:
		return journal_entry_set_vcn(entry, action);
	case OP_UPDATE_ROOT_NAME:
		return journal_entry_set_name(entry, action);
	case OP_UPDATE_ROOT_DATA:
		return journal_entry_set_data(entry, action);
	default:
		return "is not known";
	}
}

const char *journal_apply_file(uint8_t *record, size_t size, const struct journal_action *action)
{
	uint8_t *attribute;

	if (action->op == OP_INITIALIZE_RECORD)
		return initialize(record, size, action);
	if (action->op == OP_DEALLOCATE_RECORD)
		return deallocate(record);
	if (action->op == OP_ZERO_END_OF_RECORD)
		return zero_end(record, size, action);
	attribute = attribute_at(record, action->change->record_offset);
	if (!attribute)
		return "concerns an attribute that is not there";
	switch (action->op) {
	case OP_WRITE_END_OF_RECORD:
		return write_end(record, size, attribute, action);
	case OP_CREATE_ATTRIBUTE:
		return create_attribute(record, size, attribute, action);
	case OP_DELETE_ATTRIBUTE:
		return delete_attribute(record, size, attribute);
	case OP_UPDATE_RESIDENT:
		return update_resident(record, size, attribute, action);
	case OP_UPDATE_PAIRS:
		return update_pairs(record, size, attribute, action);
	case OP_SET_SIZES:
		return set_sizes(attribute, action);
	default:
		return apply_to_root(record, size, attribute, action);
	}
}
