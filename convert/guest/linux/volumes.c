/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The volumes of a Linux guest: see volumes.h. */
#include "convert/guest/linux/volumes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/devices.h"

#define ADVICE_NAMES                                                                                \
	"rename one of two volume groups that have the same name (vgrename in the guest), or make " \
	"the partition table anew without empty entries, and convert again"

/* More than this no guest has: what comes behind is not looked at. */
#define MAX_VOLUMES 192

#define LINUX_VOLUME_DEVICE (2 * LINUX_VOLUME_NAME + 8)

static void volume_done(struct linux_volume *volume)
{
	linux_files_cleanup(&volume->files);
	disk_close(volume->logical);
	lvm_cleanup(&volume->group);
}

void linux_volumes_done(struct linux_volumes *volumes)
{
	/* Logical volumes stand behind all physical ones, whose groups they borrow. */
	while (volumes->count > 0) {
		struct linux_volume *volume = volumes->list[--volumes->count];

		volume_done(volume);
		free(volume);
	}
	free(volumes->list);
	*volumes = (struct linux_volumes){.list = NULL};
}

struct disk *linux_volume_disk(struct linux_volume *volume)
{
	return volume->logical ? volume->logical : &volume->window.disk;
}

/* NULL with an error when there is no memory. */
static struct linux_volume *add_volume(struct linux_volumes *volumes, struct error *err)
{
	struct linux_volume **list, *volume;

	list = realloc(volumes->list, (volumes->count + 1) * sizeof(struct linux_volume *));
	if (list)
		volumes->list = list;
	volume = list ? calloc(1, sizeof(*volume)) : NULL;
	if (!volume) {
		error_failed(err, ENOMEM, "out of memory");
		return NULL;
	}
	volumes->list[volumes->count++] = volume;
	return volume;
}

/* What is wrong with a volume is noted; lack of memory and I/O stop. */
static int keep_problem(const struct linux_volume *volume, int r, struct error *err)
{
	if (r == 0 || !error_is_of_host(&volume->problem))
		return 0;
	*err = volume->problem;
	return r;
}

/* "(lvm/vg--0-root)" of the volume "vg-0/root": as in /dev/mapper hyphens are doubled. */
static void name_logical(const char *volume, char device[LINUX_VOLUME_DEVICE])
{
	size_t at = (size_t)snprintf(device, LINUX_VOLUME_DEVICE, "(lvm/");

	for (; *volume && at < LINUX_VOLUME_DEVICE - 4; volume++) {
		device[at++] = *volume == '/' ? '-' : *volume;
		if (*volume == '-')
			device[at++] = '-';
	}
	snprintf(device + at, LINUX_VOLUME_DEVICE - at, ")");
}

/* By its UUID without hyphens. */
static void name_array(const char *uuid, char device[LINUX_VOLUME_DEVICE])
{
	size_t at = (size_t)snprintf(device, LINUX_VOLUME_DEVICE, "(mduuid/");

	for (; *uuid; uuid++)
		if (*uuid != '-')
			device[at++] = *uuid;
	snprintf(device + at, LINUX_VOLUME_DEVICE - at, ")");
}

/* As GRUB calls it in the disk at hand, the only one that it is given. */
static void name_device(const struct linux_volumes *volumes, const struct linux_place *place,
			char device[LINUX_VOLUME_DEVICE])
{
	const char *table = volumes->has_gpt ? "gpt" : "msdos";

	if (place->volume[0])
		name_logical(place->volume, device);
	else if (place->is_array)
		name_array(place->id.uuid, device);
	else
		snprintf(device, LINUX_VOLUME_DEVICE, "(loop0,%s%u)", table, place->partition);
}

/* GRUB gives the second of two volume groups of one name another one, and counts partitions that
 * are empty. Where it finds another file system than was seen here, nothing is taken from there. */
static int check_device(const struct linux_volumes *volumes, struct linux_volume *volume,
			const char *device)
{
	struct linux_volume_id id;
	int r = linux_files_probe_by_grub(volumes->reader, device, &id, &volume->problem);

	if (r < 0 || strcmp(id.uuid, volume->place.id.uuid) == 0)
		return r;
	linux_files_cleanup(&volume->files);
	return error_refused(&volume->problem, REFUSAL_LINUX_AMBIGUOUS, ADVICE_NAMES,
			     "GRUB reads %s for it, where the file system has the UUID '%s', not "
			     "'%s'",
			     device, id.uuid, volume->place.id.uuid);
}

static int open_by_grub(const struct linux_volumes *volumes, struct linux_volume *volume)
{
	char device[LINUX_VOLUME_DEVICE];
	int r;

	name_device(volumes, &volume->place, device);
	r = linux_files_open_by_grub(volumes->reader, device, volume->place.id.contents,
				     &volume->files, &volume->problem);
	return r < 0 ? r : check_device(volumes, volume, device);
}

static int open_files(const struct linux_volumes *volumes, struct linux_volume *volume,
		      struct error *err)
{
	enum linux_contents contents = volume->place.id.contents;
	int r = 0;

	if (linux_files_can_open(contents))
		r = linux_files_open(linux_volume_disk(volume), &volume->files, &volume->problem);
	else if (volumes->reader && linux_files_can_open_by_grub(contents))
		r = open_by_grub(volumes, volume);
	return keep_problem(volume, r, err);
}

/* The physical volume with this logical one; NULL for none. */
static const struct linux_volume *physical_of(const struct linux_volumes *volumes,
					      const struct linux_volume *volume)
{
	for (size_t i = 0; volume->place.volume[0] && i < volumes->count; i++)
		if (volumes->list[i]->index == volume->index && volumes->list[i]->group)
			return volumes->list[i];
	return NULL;
}

/* Is there another volume group of the name of its own? */
static bool has_twin(const struct linux_volumes *volumes, const struct linux_volume *volume)
{
	const struct linux_volume *physical = physical_of(volumes, volume);

	for (size_t i = 0; physical && i < volumes->count; i++) {
		const struct lvm_group *other = volumes->list[i]->group;

		if (other && strcmp(lvm_group_name(other), lvm_group_name(physical->group)) == 0 &&
		    strcmp(lvm_group_id(other), lvm_group_id(physical->group)) != 0)
			return true;
	}
	return false;
}

/* What is in an array, or in a logical volume that is not linear, GRUB tells, if it can be read
 * from this disk alone. */
static int open_unknown(const struct linux_volumes *volumes, struct linux_volume *volume,
			struct error *err)
{
	char device[LINUX_VOLUME_DEVICE];
	struct linux_volume_id id;
	int r = 0;

	name_device(volumes, &volume->place, device);
	if (has_twin(volumes, volume)) {
		error_refused(&volume->problem, REFUSAL_LINUX_AMBIGUOUS, ADVICE_NAMES,
			      "two volume groups of the disk have its name");
		return 0;
	}
	r = linux_files_probe_by_grub(volumes->reader, device, &id, &volume->problem);
	if (r == 0 && id.contents != LINUX_NOTHING)
		r = linux_files_open_by_grub(volumes->reader, device, id.contents, &volume->files,
					     &volume->problem);
	if (volume->files)
		volume->place.id = id;
	return keep_problem(volume, r, err);
}

static int probe(const struct linux_volumes *volumes, struct linux_volume *volume,
		 struct error *err)
{
	int r = linux_contents_probe(linux_volume_disk(volume), &volume->place.id, err);

	return r < 0 ? r : open_files(volumes, volume, err);
}

/* The one of the physical volumes that is this disk. */
static const struct linux_volume *volume_of(const struct linux_volumes *volumes,
					    const struct disk *pv)
{
	for (size_t i = 0; i < volumes->count; i++)
		if (&volumes->list[i]->window.disk == pv)
			return volumes->list[i];
	return NULL;
}

static int add_logical(struct linux_volumes *volumes, const struct linux_volume *physical,
		       size_t index, struct error *err)
{
	const struct lvm_volume_info info = lvm_volume_info(physical->group, index);
	const struct linux_volume *start = info.pv ? volume_of(volumes, info.pv) : physical;
	struct linux_volume *volume = add_volume(volumes, err);
	int r;

	if (!volume)
		return -ENOMEM;
	volume->index = start->index;
	volume->place.partition = start->place.partition;
	snprintf(volume->place.volume, sizeof(volume->place.volume), "%s/%s",
		 lvm_group_name(physical->group), info.name);
	if (!info.is_readable) {
		volume->why_not = info.why_not;
		volume->needs_other_disks = info.needs_other_disks;
		return 0;
	}
	r = lvm_open(physical->group, index, &volume->logical, &volume->problem);
	if (r < 0)
		return keep_problem(volume, r, err);
	return probe(volumes, volume, err);
}

static int add_group(struct linux_volumes *volumes, const struct linux_volume *physical,
		     struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < lvm_volume_count(physical->group); i++)
		if (volumes->count < MAX_VOLUMES)
			r = add_logical(volumes, physical, i, err);
	return r;
}

/* The physical volumes of the disk. What is wrong with one leaves it without a group. */
struct physicals {
	struct linux_volume *list[LVM_MAX_PVS];
	size_t count;
};

static int read_groups(const struct linux_volumes *volumes, struct physicals *ret,
		       struct error *err)
{
	CLEANUP_LVM_PVS struct lvm_pvs *pvs = NULL;
	struct disk *disks[LVM_MAX_PVS];
	int r;

	ret->count = 0;
	for (size_t i = 0; i < volumes->count && ret->count < LVM_MAX_PVS; i++) {
		struct linux_volume *volume = volumes->list[i];

		if (volume->place.id.contents != LINUX_LVM || volume->place.volume[0])
			continue;
		disks[ret->count] = &volume->window.disk;
		ret->list[ret->count++] = volume;
	}
	r = lvm_pvs_read(disks, ret->count, &pvs, err);
	for (size_t i = 0; r == 0 && i < ret->count; i++) {
		struct linux_volume *volume = ret->list[i];

		r = lvm_read(pvs, i, &volume->group, &volume->problem);
		r = keep_problem(volume, r, err);
	}
	return r;
}

/* Does one of the first 'count' tell the same group? */
static bool is_told(const struct lvm_group *group, struct linux_volume *const *added, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (lvm_group_is_told_by(group, added[i]->group))
			return true;
	return false;
}

/* The one with the newest text, the first of several, taken out; NULL when none is left. */
static struct linux_volume *take_newest(struct physicals *physicals)
{
	struct linux_volume **found = NULL, *volume;

	for (size_t i = 0; i < physicals->count; i++) {
		struct linux_volume **one = &physicals->list[i];

		if (*one && (*one)->group &&
		    (!found || lvm_group_seqno((*one)->group) > lvm_group_seqno((*found)->group)))
			found = one;
	}
	if (!found)
		return NULL;
	volume = *found;
	*found = NULL;
	return volume;
}

/* A group is told by each of its physical volumes: what it holds is there once. */
static int add_groups(struct linux_volumes *volumes, struct error *err)
{
	struct linux_volume *added[LVM_MAX_PVS], *volume;
	struct physicals physicals;
	size_t count = 0;
	int r = read_groups(volumes, &physicals, err);

	while (r == 0 && (volume = take_newest(&physicals))) {
		if (is_told(volume->group, added, count))
			continue;
		added[count++] = volume;
		r = add_group(volumes, volume, err);
	}
	return r;
}

static int add_partition(const struct guest_disk *disk, size_t index, struct linux_volumes *volumes,
			 struct error *err)
{
	const struct guest_partition *partition = &disk->partitions[index];
	struct linux_volume *volume = add_volume(volumes, err);
	int r;

	if (!volume)
		return -ENOMEM;
	volume->index = index;
	volume->place.partition = partition->place.number;
	volume->place.id = partition->contents;
	if (disk->has_gpt) {
		guid_format(&partition->unique, volume->partuuid);
		volume->partlabel = partition->label;
	}
	volume->place.is_array = partition->contents.contents == LINUX_MD;
	r = disk_window_init(&volume->window, disk->disk, partition->place.offset,
			     partition->place.length, err);
	return r < 0 ? r : open_files(volumes, volume, err);
}

int linux_volumes_open(const struct guest_disk *disk, struct linux_volumes *ret, struct error *err)
{
	int r = 0;

	*ret = (struct linux_volumes){.has_gpt = disk->has_gpt, .reader = disk->reader};
	for (size_t i = 0; r == 0 && i < disk->count; i++)
		if (disk->partitions[i].contents.contents != LINUX_NOTHING)
			r = add_partition(disk, i, ret, err);
	if (r == 0)
		r = add_groups(ret, err);
	for (size_t i = 0; r == 0 && ret->reader && i < ret->count; i++)
		if (ret->list[i]->place.is_array ||
		    (ret->list[i]->why_not && !ret->list[i]->needs_other_disks))
			r = open_unknown(ret, ret->list[i], err);
	return r;
}

struct linux_volume *linux_volumes_at(const struct linux_volumes *volumes,
				      const struct linux_place *place)
{
	for (size_t i = 0; place->partition && i < volumes->count; i++)
		if (volumes->list[i]->place.partition == place->partition &&
		    strcmp(volumes->list[i]->place.volume, place->volume) == 0)
			return volumes->list[i];
	return NULL;
}

/* Does 'name', as /dev/mapper has it ("rhel-root", hyphens in parts doubled), mean "rhel/root"? */
static bool is_mapper_name(const char *volume, const char *name)
{
	for (; *volume; volume++) {
		if (*name++ != (*volume == '/' ? '-' : *volume))
			return false;
		if (*volume == '-' && *name++ != '-')
			return false;
	}
	return *name == '\0';
}

static bool is_logical_named(const struct linux_volume *volume, const char *device)
{
	static const char mapper[] = "/dev/mapper/", folder[] = "/dev/";

	if (!volume->place.volume[0])
		return false;
	if (strncmp(device, mapper, strlen(mapper)) == 0)
		return is_mapper_name(volume->place.volume, device + strlen(mapper));
	return strncmp(device, folder, strlen(folder)) == 0 &&
	       strcmp(device + strlen(folder), volume->place.volume) == 0;
}

/* What stands behind the tag or folder of links that 'device' begins with; NULL for another. */
static const char *value_of(const char *device, const char *tag, const char *folder,
			    char value[128])
{
	const char *at = NULL;
	size_t length;

	if (strncmp(device, tag, strlen(tag)) == 0)
		at = device + strlen(tag);
	else if (strncmp(device, folder, strlen(folder)) == 0)
		at = device + strlen(folder);
	if (!at)
		return NULL;
	at += *at == '"' || *at == '\'';
	length = strcspn(at, "\"'");
	snprintf(value, 128, "%.*s", (int)min_u64(length, 127), at);
	return value;
}

/* Links of udev have "\x20" for a blank and the like. */
static bool is_label(const char *label, const char *name)
{
	for (; *label; label++) {
		unsigned int byte = 0;
		int length = 0;

		if (sscanf(name, "\\x%2x%n", &byte, &length) != 1 || length != 4) {
			byte = (unsigned char)*name;
			length = 1;
		}
		if (byte != (unsigned char)*label)
			return false;
		name += length;
	}
	return !*name;
}

static bool is_named(const struct linux_volume *volume, const char *device)
{
	char value[128];

	if (value_of(device, "UUID=", "/dev/disk/by-uuid/", value))
		return value[0] && strcasecmp(volume->place.id.uuid, value) == 0;
	if (value_of(device, "PARTUUID=", "/dev/disk/by-partuuid/", value))
		return value[0] && strcasecmp(volume->partuuid, value) == 0;
	if (value_of(device, "PARTLABEL=", "/dev/disk/by-partlabel/", value))
		return value[0] && volume->partlabel && is_label(volume->partlabel, value);
	if (value_of(device, "LABEL=", "/dev/disk/by-label/", value))
		return value[0] && strcmp(volume->place.id.label, value) == 0;
	switch (device_name_of(device)) {
	case DEVICE_MAPPER:
		return is_logical_named(volume, device);
	case DEVICE_SDA:
	case DEVICE_OLD:
		return !volume->place.volume[0] &&
		       volume->place.partition == device_partition_number(device);
	default:
		return false;
	}
}

struct linux_volume *linux_volumes_named(const struct linux_volumes *volumes, const char *device)
{
	struct linux_volume *found = NULL;

	for (size_t i = 0; i < volumes->count; i++) {
		if (!is_named(volumes->list[i], device))
			continue;
		if (found) /* two of one label */
			return NULL;
		found = volumes->list[i];
	}
	return found;
}

size_t linux_volumes_with_uuid(const struct linux_volumes *volumes, const char *uuid)
{
	size_t count = 0;

	for (size_t i = 0; i < volumes->count; i++)
		count += strcmp(volumes->list[i]->place.id.uuid, uuid) == 0;
	return count;
}
