/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operations on index entries, in an index block and, for apply_file.c, in an index root. An entry
 * is where one begins when the entries before it are walked; anything else is refused.
 */
#include "convert/ntfs/journal/internal.h"

static const char *check_entry(const uint8_t *entry, uint32_t room)
{
	uint32_t length = room >= ENTRY_KEY ? get_le16(entry + ENTRY_LENGTH) : 0;
	uint16_t flags = room >= ENTRY_KEY ? get_le16(entry + ENTRY_FLAGS) : 0;
	uint32_t least = ENTRY_KEY + (flags & ENTRY_HAS_NODE ? 8 : 0);

	if (length < least || length % 8 || length > room)
		return "an index entry has a length that cannot be";
	if (!(flags & ENTRY_IS_LAST) && get_le16(entry + ENTRY_KEY_LENGTH) + least > length)
		return "the key of an index entry is not within it";
	return NULL;
}

const char *journal_index_check(const uint8_t *header, size_t room)
{
	uint32_t at, used, allocated;

	if (room < INDEX_HEADER)
		return "an index has no header";
	at = get_le32(header + INDEX_ENTRIES);
	used = get_le32(header + INDEX_USED);
	allocated = get_le32(header + INDEX_ALLOCATED);
	if (at < INDEX_HEADER || at % 8 || used > allocated || allocated > room || used % 8)
		return "the entries of an index are not within it";
	for (;; at += get_le16(header + at + ENTRY_LENGTH)) {
		const char *wrong = at <= used ? check_entry(header + at, used - at)
					       : "the entries of an index have no end";

		if (wrong)
			return wrong;
		if (get_le16(header + at + ENTRY_FLAGS) & ENTRY_IS_LAST)
			break;
	}
	return at + get_le16(header + at + ENTRY_LENGTH) == used
		       ? NULL
		       : "the entries of an index do not end where they should";
}

uint8_t *journal_index_entry(uint8_t *header, uint32_t offset)
{
	uint32_t at = get_le32(header + INDEX_ENTRIES);

	while (at < offset && !(get_le16(header + at + ENTRY_FLAGS) & ENTRY_IS_LAST))
		at += get_le16(header + at + ENTRY_LENGTH);
	return at == offset ? header + at : NULL;
}

const char *journal_entry_fits(const struct journal_action *action, uint32_t *ret_length)
{
	const char *wrong;

	if (!action->data)
		return "comes without data";
	wrong = check_entry(action->data, action->length);
	if (wrong)
		return wrong;
	*ret_length = get_le16(action->data + ENTRY_LENGTH);
	if (get_le16(action->data + ENTRY_FLAGS) & ENTRY_IS_LAST)
		return "adds a last entry";
	return NULL;
}

const char *journal_entry_set_vcn(uint8_t *entry, const struct journal_action *action)
{
	if (!action->data || action->length != 8)
		return "comes with data of another length than a cluster number";
	if (!(get_le16(entry + ENTRY_FLAGS) & ENTRY_HAS_NODE))
		return "concerns an entry without a node below it";
	memcpy(entry + get_le16(entry + ENTRY_LENGTH) - 8, action->data, 8);
	return NULL;
}

const char *journal_entry_set_name(uint8_t *entry, const struct journal_action *action)
{
	if (!action->data || action->length != NAME_DUPLICATES_SIZE)
		return "comes with data of another length than times and sizes";
	if ((get_le16(entry + ENTRY_FLAGS) & ENTRY_IS_LAST) ||
	    get_le16(entry + ENTRY_KEY_LENGTH) < NAME_TEXT)
		return "concerns an entry that holds no name";
	memcpy(entry + ENTRY_KEY + NAME_DUPLICATES, action->data, NAME_DUPLICATES_SIZE);
	return NULL;
}

const char *journal_entry_set_data(uint8_t *entry, const struct journal_action *action)
{
	uint16_t at = get_le16(entry + ENTRY_DATA_OFFSET),
		 length = get_le16(entry + ENTRY_DATA_LENGTH);

	if (!action->data || (get_le16(entry + ENTRY_FLAGS) & ENTRY_IS_LAST) || at < ENTRY_KEY ||
	    action->length > length || at + length > get_le16(entry + ENTRY_LENGTH))
		return "concerns an entry that holds no such data";
	memcpy(entry + at, action->data, action->length);
	return NULL;
}

/* Everything from the entry on is replaced. */
static const char *write_end(uint8_t *header, uint32_t offset, const struct journal_action *action)
{
	if (!action->data || action->length % 8 ||
	    offset + action->length > get_le32(header + INDEX_ALLOCATED))
		return "does not fit into the index";
	memcpy(header + offset, action->data, action->length);
	put_le32(header + INDEX_USED, offset + action->length);
	return NULL;
}

static const char *add_entry(uint8_t *header, uint8_t *entry, const struct journal_action *action)
{
	uint32_t used = get_le32(header + INDEX_USED), length;
	const char *wrong = journal_entry_fits(action, &length);

	if (wrong)
		return wrong;
	if (length > get_le32(header + INDEX_ALLOCATED) - used)
		return "does not fit into the index";
	memmove(entry + length, entry, used - (size_t)(entry - header));
	memcpy(entry, action->data, length);
	put_le32(header + INDEX_USED, used + length);
	return NULL;
}

static const char *delete_entry(uint8_t *header, uint8_t *entry)
{
	uint32_t used = get_le32(header + INDEX_USED), length = get_le16(entry + ENTRY_LENGTH);

	if (get_le16(entry + ENTRY_FLAGS) & ENTRY_IS_LAST)
		return "deletes the last entry of an index";
	memmove(entry, entry + length, used - length - (size_t)(entry - header));
	put_le32(header + INDEX_USED, used - length);
	return NULL;
}

/* Part of a block, or a whole one, which needs no old contents. */
static const char *overwrite(uint8_t *block, size_t size, const struct journal_action *action)
{
	uint32_t at = action->change->record_offset + action->change->attr_offset;

	if (!action->data || !range_within(at, action->length, size))
		return "does not fit into the block";
	memcpy(block + at, action->data, action->length);
	return memcmp(block, "INDX", 4) == 0 && journal_fixups_fit(block, size)
		       ? NULL
		       : "makes no index block";
}

const char *journal_apply_index(uint8_t *block, size_t size, const struct journal_action *action)
{
	uint32_t at = action->change->attr_offset;
	uint8_t *header = block + INDX_HEADER, *entry;
	const char *wrong;

	if (action->op == OP_UPDATE_NONRESIDENT)
		return overwrite(block, size, action);
	wrong = journal_index_check(header, size - INDX_HEADER);
	if (wrong)
		return wrong;
	entry = action->change->record_offset == 0 && at >= INDX_HEADER
			? journal_index_entry(header, at - INDX_HEADER)
			: NULL;
	if (!entry)
		return "concerns an index entry that is not there";
	switch (action->op) {
	case OP_ADD_ENTRY:
		return add_entry(header, entry, action);
	case OP_DELETE_ENTRY:
		return delete_entry(header, entry);
	case OP_WRITE_END_OF_INDEX:
		return write_end(header, at - INDX_HEADER, action);
	case OP_SET_VCN:
		return journal_entry_set_vcn(entry, action);
	case OP_UPDATE_NAME:
		return journal_entry_set_name(entry, action);
	case OP_UPDATE_DATA:
		return journal_entry_set_data(entry, action);
	default:
		return "is not known";
	}
}
