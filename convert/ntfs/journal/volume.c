/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * As much of the volume as recovery needs, read without mounting it: the boot sector, $MFT, $MFTMirr
 * and $LogFile. libntfs-3g cannot be asked: before the replay it sees what is not true.
 */
#include <errno.h>
#include <inttypes.h>

#include "convert/ntfs/journal/internal.h"

#define BOOT_SIZE 512

const struct journal_name journal_data = {.type = AT_DATA};

static uint32_t boot_cluster_size(const uint8_t *boot)
{
	uint32_t sector = get_le16(boot + BOOT_BYTES_PER_SECTOR);
	uint32_t count = boot[BOOT_SECTORS_PER_CLUSTER];

	if (count > 128)
		count = 256 - count <= 12 ? 1U << (256 - count) : 0;
	return sector * count;
}

static uint32_t boot_record_size(const uint8_t *boot, uint32_t cluster)
{
	int8_t count = (int8_t)boot[BOOT_CLUSTERS_PER_RECORD];

	if (count < 0)
		return count > -17 ? 1U << -count : 0;
	return (uint64_t)count * cluster <= JOURNAL_MAX_BLOCK ? (uint32_t)count * cluster : 0;
}

static int read_boot_sector(struct journal_volume *volume, uint64_t *ret_mirror, struct error *err)
{
	uint8_t boot[BOOT_SIZE];
	uint32_t sector;
	int r = disk_read(volume->disk, boot, sizeof(boot), 0, err);

	if (r < 0)
		return r;
	sector = get_le16(boot + BOOT_BYTES_PER_SECTOR);
	volume->cluster = boot_cluster_size(boot);
	volume->record = boot_record_size(boot, volume->cluster);
	if (memcmp(boot + 3, "NTFS    ", 8) != 0 || !is_power_of_two(sector) || sector < 512 ||
	    sector > 4096 || !is_power_of_two(volume->cluster) || volume->cluster > 2 * MIB ||
	    !is_power_of_two(volume->record) || volume->record < 512 ||
	    volume->record > JOURNAL_MAX_BLOCK)
		return error_damaged(err, "the boot sector is not that of an NTFS volume");
	if (volume->record > JOURNAL_MAX_FILE_RECORD)
		return journal_refuse(err, "the NTFS volume has FILE records of %" PRIu32 " bytes",
				      volume->record);
	volume->clusters = get_le64(boot + BOOT_TOTAL_SECTORS) / (volume->cluster / sector);
	volume->mft_lcn = get_le64(boot + BOOT_MFT_LCN);
	*ret_mirror = get_le64(boot + BOOT_MIRROR_LCN);
	if (volume->clusters > volume->disk->size / volume->cluster)
		return error_damaged(err, "the file system is larger than its partition");
	if (volume->mft_lcn >= volume->clusters || *ret_mirror >= volume->clusters)
		return error_damaged(err, "the boot sector says that $MFT is beyond the volume");
	return 0;
}

/* What of a file stands together. */
struct piece {
	uint64_t at; /* bytes from the start of the volume */
	size_t length;
};

/* The first piece of [offset, offset + length). */
static int find_piece(const struct journal_volume *volume, const struct journal_runs *runs,
		      size_t length, uint64_t offset, struct piece *ret, struct error *err)
{
	uint64_t in_cluster = offset % volume->cluster, count;
	uint64_t lcn = journal_runs_find_span(runs, offset / volume->cluster, &count);

	if (lcn == JOURNAL_HOLE)
		return error_damaged(err,
				     "a file of the file system's own is not stored at offset "
				     "%" PRIu64,
				     offset);
	ret->at = lcn * volume->cluster + in_cluster;
	ret->length = (size_t)min_u64(length, count * volume->cluster - in_cluster);
	return 0;
}

int journal_volume_read(const struct journal_volume *volume, const struct journal_runs *runs,
			void *buffer, size_t length, uint64_t offset, struct error *err)
{
	struct piece piece = {.length = 0};
	uint8_t *to = buffer;
	int r = 0;

	for (size_t done = 0; r == 0 && done < length; done += piece.length) {
		r = find_piece(volume, runs, length - done, offset + done, &piece, err);
		if (r == 0)
			r = disk_read(volume->disk, to + done, piece.length, piece.at, err);
	}
	return r;
}

int journal_volume_write(const struct journal_volume *volume, const struct journal_runs *runs,
			 const void *buffer, size_t length, uint64_t offset, struct error *err)
{
	struct piece piece = {.length = 0};
	const uint8_t *from = buffer;
	int r = 0;

	for (size_t done = 0; r == 0 && done < length; done += piece.length) {
		r = find_piece(volume, runs, length - done, offset + done, &piece, err);
		if (r == 0)
			r = disk_write(volume->disk, from + done, piece.length, piece.at, err);
	}
	return r;
}

static int check_record(const struct journal_volume *volume, uint64_t number, uint8_t *buffer,
			struct error *err)
{
	const char *wrong;

	if (memcmp(buffer, "FILE", 4) != 0 || !journal_fixups_take(buffer, volume->record))
		return error_damaged(err, "MFT record %" PRIu64 " is torn or no FILE record",
				     number);
	wrong = journal_record_check(buffer, volume->record);
	return wrong ? error_damaged(err, "MFT record %" PRIu64 " is damaged: %s", number, wrong)
		     : 0;
}

int journal_volume_record(const struct journal_volume *volume, uint64_t number, uint8_t *buffer,
			  struct error *err)
{
	uint64_t offset;
	int r;

	if (!mul_u64(number, volume->record, &offset))
		return error_damaged(err, "MFT record %" PRIu64 " cannot exist", number);
	r = journal_volume_read(volume, &volume->mft, buffer, volume->record, offset, err);
	return r < 0 ? r : check_record(volume, number, buffer, err);
}

static int add_runs(const struct journal_volume *volume, const uint8_t *attribute,
		    struct journal_runs *runs, struct error *err)
{
	int r = journal_runs_add(runs, attribute, volume->clusters);

	if (r == -ENOMEM)
		return error_failed(err, ENOMEM, "out of memory");
	if (r == -EFBIG)
		return journal_refuse(
			err,
			"an attribute of type 0x%x that the NTFS journal needs has more "
			"than %d runs",
			get_le32(attribute + ATTR_TYPE), JOURNAL_MAX_RUNS);
	return r < 0 ? error_damaged(err, "the runs of an attribute of type 0x%x are damaged",
				     get_le32(attribute + ATTR_TYPE))
		     : 0;
}

/* Entry of an attribute list. */
#define LIST_TYPE	 0x00
#define LIST_LENGTH	 0x04
#define LIST_NAME_LENGTH 0x06
#define LIST_NAME_OFFSET 0x07
#define LIST_LOWEST	 0x08
#define LIST_REFERENCE	 0x10
#define LIST_ENTRY	 0x1a
#define MAX_LIST	 (256 * KIB)

static int read_list(const struct journal_volume *volume, const uint8_t *list, uint8_t **ret,
		     size_t *ret_size, struct error *err)
{
	struct journal_runs runs = {.list = NULL};
	uint64_t size = list[ATTR_NON_RESIDENT] ? get_le64(list + ATTR_DATA_SIZE)
						: get_le32(list + ATTR_VALUE_LENGTH);
	int r = 0;

	if (size > MAX_LIST)
		return error_damaged(err, "an attribute list has %" PRIu64 " bytes", size);
	*ret_size = (size_t)size;
	*ret = malloc(*ret_size + 1);
	if (!*ret)
		return error_failed(err, ENOMEM, "out of memory");
	if (!list[ATTR_NON_RESIDENT]) {
		memcpy(*ret, list + get_le16(list + ATTR_VALUE_OFFSET), *ret_size);
		return 0;
	}
	r = add_runs(volume, list, &runs, err);
	if (r == 0)
		r = journal_volume_read(volume, &runs, *ret, *ret_size, 0, err);
	journal_runs_done(&runs);
	return r;
}

struct wanted {
	const struct journal_name *name;
	bool has_first; /* the base record holds the first part */
};

static bool is_named(const struct journal_name *name, const uint8_t *text, size_t length)
{
	return length == name->length && (length == 0 || memcmp(text, name->text, 2 * length) == 0);
}

static bool entry_is(const uint8_t *entry, const struct wanted *wanted)
{
	return get_le32(entry + LIST_TYPE) == wanted->name->type &&
	       !(wanted->has_first && get_le64(entry + LIST_LOWEST) == 0) &&
	       entry[LIST_NAME_OFFSET] + 2 * entry[LIST_NAME_LENGTH] <=
		       get_le16(entry + LIST_LENGTH) &&
	       is_named(wanted->name, entry + entry[LIST_NAME_OFFSET], entry[LIST_NAME_LENGTH]);
}

/* Read the record that an entry of the list names, and find the attribute there. While the runs of
 * the MFT itself are gathered, what leads on stands in the part of it that is known. */
static int find_listed(const struct journal_volume *volume, const uint8_t *entry,
		       const struct wanted *wanted, uint8_t *record, const uint8_t **ret,
		       struct error *err)
{
	uint64_t number = REFERENCE_RECORD(get_le64(entry + LIST_REFERENCE));
	int r = journal_volume_record(volume, number, record, err);

	*ret = NULL;
	if (r < 0)
		return r;
	while ((*ret = journal_attribute_next(record, *ret)))
		if (get_le32(*ret + ATTR_TYPE) == wanted->name->type &&
		    is_named(wanted->name, *ret + get_le16(*ret + ATTR_NAME_OFFSET),
			     (*ret)[ATTR_NAME_LENGTH]) &&
		    ((*ret)[ATTR_NON_RESIDENT] ? get_le64(*ret + ATTR_LOWEST) : 0) ==
			    get_le64(entry + LIST_LOWEST))
			return 0;
	return error_damaged(err, "MFT record %" PRIu64 " lacks an attribute that is listed",
			     number);
}

static int add_extension(const struct journal_volume *volume, const uint8_t *entry,
			 const struct wanted *wanted, struct journal_runs *runs, struct error *err)
{
	CLEANUP_FREE uint8_t *record = malloc(volume->record);
	const uint8_t *attribute;
	int r;

	if (!record)
		return error_failed(err, ENOMEM, "out of memory");
	r = find_listed(volume, entry, wanted, record, &attribute, err);
	if (r < 0)
		return r;
	if (!attribute[ATTR_NON_RESIDENT])
		return error_damaged(err, "an attribute of type 0x%x is resident",
				     wanted->name->type);
	return add_runs(volume, attribute, runs, err);
}

/* The next entry of a list that is wanted, from *at on, which is moved behind it; NULL at the end. */
static int next_listed(const uint8_t *list, size_t size, const struct wanted *wanted, size_t *at,
		       const uint8_t **ret, struct error *err)
{
	for (*ret = NULL; *at < size && !*ret;) {
		const uint8_t *entry = list + *at;
		size_t length = size - *at >= LIST_ENTRY ? get_le16(entry + LIST_LENGTH) : 0;

		if (length < LIST_ENTRY || length > size - *at)
			return error_damaged(err, "an attribute list is damaged");
		*ret = entry_is(entry, wanted) ? entry : NULL;
		*at += length;
	}
	return 0;
}

static int add_listed(const struct journal_volume *volume, const uint8_t *list, size_t size,
		      const struct wanted *wanted, struct journal_runs *runs, struct error *err)
{
	const uint8_t *entry;
	size_t at = 0;
	int r = next_listed(list, size, wanted, &at, &entry, err);

	while (r == 0 && entry) {
		r = add_extension(volume, entry, wanted, runs, err);
		if (r == 0)
			r = next_listed(list, size, wanted, &at, &entry, err);
	}
	return r;
}

int journal_volume_attribute(const struct journal_volume *volume, const uint8_t *record,
			     const struct journal_name *name, uint8_t *other, const uint8_t **ret,
			     struct error *err)
{
	const uint8_t *list = journal_attribute_find(record, AT_LIST, NULL, 0), *entry;
	const struct wanted wanted = {name, false};
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size = 0, at = 0;
	int r;

	*ret = journal_attribute_find(record, name->type, name->text, name->length);
	if (*ret || !list)
		return 0;
	r = read_list(volume, list, &bytes, &size, err);
	if (r == 0)
		r = next_listed(bytes, size, &wanted, &at, &entry, err);
	return r < 0 || !entry ? r : find_listed(volume, entry, &wanted, other, ret, err);
}

int journal_volume_runs(const struct journal_volume *volume, const uint8_t *record,
			const struct journal_name *name, struct journal_runs *ret,
			struct error *err)
{
	const uint8_t *list = journal_attribute_find(record, AT_LIST, NULL, 0);
	const uint8_t *first = journal_attribute_find(record, name->type, name->text, name->length);
	const struct wanted wanted = {name, first != NULL};
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size = 0;
	int r = 0;

	if (first && !first[ATTR_NON_RESIDENT])
		return error_damaged(err, "an attribute of type 0x%x is resident", name->type);
	if (first)
		r = add_runs(volume, first, ret, err);
	if (r < 0 || !list)
		return r;
	r = read_list(volume, list, &bytes, &size, err);
	return r < 0 ? r : add_listed(volume, bytes, size, &wanted, ret, err);
}

/* Record 0 at the place that the boot sector names, or its copy. */
static int read_first_record(const struct journal_volume *volume, uint64_t mirror, uint8_t *record,
			     struct error *err)
{
	int r = disk_read(volume->disk, record, volume->record, volume->mft_lcn * volume->cluster,
			  err);

	if (r < 0 || check_record(volume, MFT_MFT, record, NULL) == 0)
		return r;
	r = disk_read(volume->disk, record, volume->record, mirror * volume->cluster, err);
	return r < 0 ? r : check_record(volume, MFT_MFT, record, err);
}

static int find_mft(struct journal_volume *volume, uint64_t mirror, uint8_t *record,
		    struct error *err)
{
	int r = read_first_record(volume, mirror, record, err);

	journal_runs_done(&volume->mft);
	journal_runs_done(&volume->mirror);
	if (r == 0)
		r = journal_volume_runs(volume, record, &journal_data, &volume->mft, err);
	if (r == 0 && journal_runs_find(&volume->mft, 0) != volume->mft_lcn)
		r = error_damaged(err, "$MFT does not begin where the boot sector says");
	if (r == 0)
		r = journal_volume_record(volume, MFT_MIRROR, record, err);
	if (r == 0)
		r = journal_volume_runs(volume, record, &journal_data, &volume->mirror, err);
	if (r == 0 && journal_runs_find(&volume->mirror, 0) != mirror)
		r = error_damaged(err, "$MFTMirr does not begin where the boot sector says");
	return r;
}

int journal_volume_find_mft(struct journal_volume *volume, struct error *err)
{
	CLEANUP_FREE uint8_t *record = NULL;
	uint64_t mirror;
	int r = read_boot_sector(volume, &mirror, err);

	if (r < 0)
		return r;
	record = malloc(volume->record);
	if (!record)
		return error_failed(err, ENOMEM, "out of memory");
	return find_mft(volume, mirror, record, err);
}

static int find_log(const struct journal_volume *volume, struct journal_runs *ret,
		    uint64_t *ret_size, struct error *err)
{
	CLEANUP_FREE uint8_t *record = malloc(volume->record);
	const uint8_t *data;
	int r;

	if (!record)
		return error_failed(err, ENOMEM, "out of memory");
	r = journal_volume_record(volume, MFT_LOG, record, err);
	if (r < 0)
		return r;
	data = journal_attribute_find(record, AT_DATA, NULL, 0);
	if (!data || !data[ATTR_NON_RESIDENT] || get_le64(data + ATTR_LOWEST) != 0)
		return error_damaged(err, "'$LogFile' has no contents of its own");
	*ret_size = get_le64(data + ATTR_DATA_SIZE);
	return journal_volume_runs(volume, record, &journal_data, ret, err);
}

int journal_volume_open(struct disk *disk, struct journal_volume *ret, struct error *err)
{
	int r;

	*ret = (struct journal_volume){.disk = disk};
	r = journal_volume_find_mft(ret, err);
	return r < 0 ? r : find_log(ret, &ret->log, &ret->log_size, err);
}

int journal_volume_check_log(const struct journal_volume *volume, struct error *err)
{
	struct journal_runs now = {.list = NULL};
	uint64_t size = 0;
	bool is_same = false;
	int r = find_log(volume, &now, &size, err);

	if (r == 0)
		is_same = size == volume->log_size && now.count == volume->log.count &&
			  memcmp(now.list, volume->log.list, now.count * sizeof(*now.list)) == 0;
	journal_runs_done(&now);
	if (r == 0 && !is_same)
		return journal_refuse(err, "the NTFS journal moves itself");
	return r;
}

bool journal_volume_protects(const struct journal_volume *volume, uint64_t lcn)
{
	if (lcn < div_round_up(8192, volume->cluster) || lcn >= volume->clusters)
		return true;
	for (size_t i = 0; i < volume->log.count; i++)
		if (volume->log.list[i].lcn != JOURNAL_HOLE &&
		    lcn - volume->log.list[i].lcn < volume->log.list[i].count)
			return true;
	return false;
}

void journal_volume_done(struct journal_volume *volume)
{
	journal_runs_done(&volume->mft);
	journal_runs_done(&volume->mirror);
	journal_runs_done(&volume->log);
}
