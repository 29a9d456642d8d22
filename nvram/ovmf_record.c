/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The records of an OVMF variable store: see ovmf_record.h. */
#include "nvram/ovmf_record.h"

#include <errno.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "common/utf16.h"
#include "common/buffer.h"
#include "nvram/internal.h"

#define RECORD_START	  0 /* u16 */
#define RECORD_STATE	  2
#define RECORD_ATTRIBUTES 4
#define AUTH_TIME	  16
#define AUTH_NAME_SIZE	  36
#define AUTH_DATA_SIZE	  40
#define AUTH_VENDOR	  44
#define PLAIN_NAME_SIZE	  8
#define PLAIN_DATA_SIZE	  12
#define PLAIN_VENDOR	  16

#define START_ID 0x55aaU

/* States: every bit that is cleared is one step further in the life of a record. */
#define STATE_ADDED	  0x3fU
#define STATE_IN_DELETION 0x01U /* cleared: a replacement is being written */
#define STATE_DELETED	  0x02U /* cleared */

/* PcdMaxVariableSize and PcdMaxAuthVariableSize of OvmfPkgX64.dsc: header, name and data of one
 * variable */
#define MAX_2M	    0x2000U
#define MAX_2M_AUTH 0x2800U
#define MAX_4M	    0x8400U

/* A size of -1 is one that never was written. */
static size_t written_size(uint32_t size)
{
	return size == UINT32_MAX ? 0 : size;
}

static void read_header(const uint8_t *at, bool is_auth, struct ovmf_record *record)
{
	record->state = at[RECORD_STATE];
	record->attributes = get_le32(at + RECORD_ATTRIBUTES);
	record->time = is_auth ? at + AUTH_TIME : NULL;
	record->name_size =
		written_size(get_le32(at + (is_auth ? AUTH_NAME_SIZE : PLAIN_NAME_SIZE)));
	record->data_size =
		written_size(get_le32(at + (is_auth ? AUTH_DATA_SIZE : PLAIN_DATA_SIZE)));
	memcpy(record->vendor.bytes, at + (is_auth ? AUTH_VENDOR : PLAIN_VENDOR),
	       sizeof(record->vendor.bytes));
}

int ovmf_next(const uint8_t *bytes, const struct ovmf *ovmf, const char *name, size_t *offset,
	      struct ovmf_record *ret, struct error *err)
{
	struct ovmf_record record = {.offset = *offset};
	const uint8_t *at = bytes + *offset;
	size_t left;

	if (*offset >= ovmf->end || ovmf->end - *offset < ovmf->record_header ||
	    get_le16(at + RECORD_START) != START_ID)
		return 0;
	left = ovmf->end - *offset - ovmf->record_header;
	read_header(at, ovmf->record_header == OVMF_AUTH_HEADER, &record);
	if (record.name_size > left || record.data_size > left - record.name_size)
		return error_damaged(
			err,
			"'%s': variable at %zu has a name of %zu and data of %zu bytes, %zu are left",
			name, *offset, record.name_size, record.data_size, left);
	record.name = at + ovmf->record_header;
	record.data = record.name + record.name_size;
	record.size = ovmf->record_header + record.name_size + record.data_size;
	*offset += div_round_up(record.size, OVMF_ALIGNMENT) * OVMF_ALIGNMENT;
	*ret = record;
	return 1;
}

static bool same_key(const struct ovmf_record *a, const struct ovmf_record *b)
{
	return guid_equal(&a->vendor, &b->vendor) && a->name_size == b->name_size &&
	       memcmp(a->name, b->name, a->name_size) == 0;
}

bool ovmf_record_lives(const uint8_t *bytes, const struct ovmf *ovmf,
		       const struct ovmf_record *record)
{
	size_t offset = ovmf->first;
	struct ovmf_record other;

	if (record->state == STATE_ADDED)
		return true;
	if (record->state != (STATE_ADDED & ~STATE_IN_DELETION))
		return false;
	while (ovmf_next(bytes, ovmf, "", &offset, &other, NULL) > 0)
		if (other.state == STATE_ADDED && same_key(&other, record))
			return false;
	return true;
}

int ovmf_record_load(const struct ovmf_record *record, struct nvram *nvram, struct error *err)
{
	CLEANUP_FREE char *name = utf16le_to_utf8(record->name, record->name_size);
	const struct nvram_value value = {record->attributes, record->time, record->data,
					  record->data_size};

	return name ? nvram_set_value(nvram, &record->vendor, name, &value, err)
		    : error_failed(err, ENOMEM, "variable name: out of memory");
}

static size_t size_limit(size_t file_size, uint32_t attributes)
{
	if (file_size >= OVMF_4M_SIZE)
		return MAX_4M;
	return attributes & NVRAM_TIME_AUTH ? MAX_2M_AUTH : MAX_2M;
}

static void write_header(uint8_t *at, bool is_auth, const struct nvram_variable *variable,
			 size_t name_size)
{
	memset(at, 0, is_auth ? OVMF_AUTH_HEADER : OVMF_PLAIN_HEADER);
	put_le16(at + RECORD_START, START_ID);
	at[RECORD_STATE] = STATE_ADDED;
	put_le32(at + RECORD_ATTRIBUTES, variable->attributes);
	if (is_auth)
		memcpy(at + AUTH_TIME, variable->time, sizeof(variable->time));
	put_le32(at + (is_auth ? AUTH_NAME_SIZE : PLAIN_NAME_SIZE), (uint32_t)name_size);
	put_le32(at + (is_auth ? AUTH_DATA_SIZE : PLAIN_DATA_SIZE), (uint32_t)variable->size);
	memcpy(at + (is_auth ? AUTH_VENDOR : PLAIN_VENDOR), variable->vendor.bytes,
	       sizeof(variable->vendor.bytes));
}

int ovmf_append(uint8_t *bytes, struct ovmf *ovmf, size_t file_size,
		const struct nvram_variable *variable, struct error *err)
{
	size_t limit = size_limit(file_size, variable->attributes);
	uint8_t *at = bytes + ovmf->free;
	size_t name_size, size;
	CLEANUP_FREE uint8_t *name = utf8_to_utf16le(variable->name, &name_size);

	if (!name)
		return error_errno(err, "variable '%s': cannot convert to UTF-16", variable->name);
	size = ovmf->record_header + name_size;
	if (size > limit || variable->size > limit - size)
		return error_failed(err, EFBIG,
				    "variable '%s': %zu bytes, at most %zu are possible",
				    variable->name, size + variable->size, limit);
	size += variable->size;
	if (size > ovmf->end - ovmf->free)
		return error_failed(err, ENOSPC, "variable '%s': the store is full",
				    variable->name);
	write_header(at, ovmf->record_header == OVMF_AUTH_HEADER, variable, name_size);
	memcpy(at + ovmf->record_header, name, name_size);
	if (variable->size > 0)
		memcpy(at + ovmf->record_header + name_size, variable->data, variable->size);
	ovmf->free = min_u64(ovmf->free + div_round_up(size, OVMF_ALIGNMENT) * OVMF_ALIGNMENT,
			     ovmf->end);
	return 0;
}

void ovmf_record_delete(uint8_t *bytes, const struct ovmf_record *record)
{
	bytes[record->offset + RECORD_STATE] &= (uint8_t)~STATE_DELETED;
}
