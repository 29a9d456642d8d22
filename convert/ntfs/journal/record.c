/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FILE records: a header and a chain of attributes, ended by a mark. */
#include "convert/ntfs/journal/internal.h"

static const char *check_resident(const uint8_t *attribute, uint32_t length)
{
	if (!range_within(get_le16(attribute + ATTR_VALUE_OFFSET),
			  get_le32(attribute + ATTR_VALUE_LENGTH), length) ||
	    get_le16(attribute + ATTR_VALUE_OFFSET) < ATTR_RESIDENT_HEADER)
		return "the value of an attribute is not within it";
	return NULL;
}

static const char *check_non_resident(const uint8_t *attribute, uint32_t length)
{
	uint16_t pairs = get_le16(attribute + ATTR_PAIRS);
	uint64_t lowest = get_le64(attribute + ATTR_LOWEST);
	uint64_t highest = get_le64(attribute + ATTR_HIGHEST), count;

	if (length < ATTR_NON_RESIDENT_HEADER || pairs < ATTR_NON_RESIDENT_HEADER ||
	    pairs >= length)
		return "the runs of an attribute are not within it";
	if (!journal_pairs_count(attribute + pairs, length - pairs, &count))
		return "the runs of an attribute have no end";
	if (lowest > INT64_MAX || highest + 1 != lowest + count)
		return "the runs of an attribute do not end at its highest cluster";
	return NULL;
}

static const char *check_attribute(const uint8_t *attribute, uint32_t length)
{
	if (get_le32(attribute + ATTR_TYPE) == 0 || get_le32(attribute + ATTR_TYPE) > AT_LAST)
		return "an attribute has a type that does not exist";
	if (!range_within(get_le16(attribute + ATTR_NAME_OFFSET),
			  2 * (uint64_t)attribute[ATTR_NAME_LENGTH], length))
		return "the name of an attribute is not within it";
	if (attribute[ATTR_NON_RESIDENT] > 1)
		return "an attribute is neither resident nor not";
	return attribute[ATTR_NON_RESIDENT] ? check_non_resident(attribute, length)
					    : check_resident(attribute, length);
}

static const char *check_header(const uint8_t *record, size_t size)
{
	uint32_t used = get_le32(record + FILE_USED);
	uint16_t first = get_le16(record + FILE_ATTRIBUTES);

	if (memcmp(record, "FILE", 4) != 0)
		return "it is no FILE record";
	if (!journal_fixups_fit(record, size))
		return "its update sequence array is not within it";
	if (get_le32(record + FILE_ALLOCATED) != size || used > size || used % 8)
		return "its size is wrong";
	if (first % 8 || first < FILE_HEADER || first + 8U > used)
		return "its first attribute is not within it";
	return NULL;
}

const char *journal_record_check(const uint8_t *record, size_t size)
{
	const char *wrong = check_header(record, size);
	uint32_t used, at;

	if (wrong)
		return wrong;
	used = get_le32(record + FILE_USED);
	for (at = get_le16(record + FILE_ATTRIBUTES);; at += get_le32(record + at + ATTR_LENGTH)) {
		uint32_t length;

		if (at + 4 > used)
			return "its attributes have no end";
		if (get_le32(record + at) == AT_END)
			break;
		length = at + 8 <= used ? get_le32(record + at + ATTR_LENGTH) : 0;
		if (length < ATTR_RESIDENT_HEADER || length % 8 || length > used - at)
			return "the length of an attribute is wrong";
		wrong = check_attribute(record + at, length);
		if (wrong)
			return wrong;
	}
	return at + 8 == used ? NULL : "its attributes do not end where they should";
}

const uint8_t *journal_attribute_next(const uint8_t *record, const uint8_t *attribute)
{
	attribute = attribute ? attribute + get_le32(attribute + ATTR_LENGTH)
			      : record + get_le16(record + FILE_ATTRIBUTES);
	return get_le32(attribute) == AT_END ? NULL : attribute;
}

const uint8_t *journal_attribute_find(const uint8_t *record, uint32_t type, const uint8_t *name,
				      size_t length)
{
	const uint8_t *attribute = NULL;

	while ((attribute = journal_attribute_next(record, attribute)))
		if (get_le32(attribute + ATTR_TYPE) == type &&
		    attribute[ATTR_NAME_LENGTH] == length &&
		    (length == 0 || memcmp(attribute + get_le16(attribute + ATTR_NAME_OFFSET), name,
					   2 * length) == 0))
			return attribute;
	return NULL;
}

const uint8_t *journal_attribute_value(const uint8_t *attribute, uint32_t *ret_length)
{
	*ret_length = get_le32(attribute + ATTR_VALUE_LENGTH);
	return attribute + get_le16(attribute + ATTR_VALUE_OFFSET);
}
