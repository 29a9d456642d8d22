/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds of names of devices: see devices.h. */
#include "convert/guest/linux/parse/devices.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/checked.h"

struct beginning {
	const char *text;
	enum device_name name;
};

/* Tags of util-linux and the kernel, and links of udev. */
static const struct beginning beginnings[] = {
	{"UUID=", DEVICE_UUID},
	{"LABEL=", DEVICE_LABEL},
	{"PARTUUID=", DEVICE_PARTUUID},
	{"PARTLABEL=", DEVICE_PARTLABEL},
	{"ID=", DEVICE_BY_ID},
	{"/dev/disk/by-uuid/", DEVICE_UUID},
	{"/dev/disk/by-label/", DEVICE_LABEL},
	{"/dev/disk/by-partuuid/", DEVICE_BY_PARTUUID},
	{"/dev/disk/by-partlabel/", DEVICE_PARTLABEL},
	{"/dev/disk/by-id/", DEVICE_BY_ID},
	{"/dev/disk/by-path/", DEVICE_BY_PATH},
	{"/dev/disk/", DEVICE_OTHER},
	{"/dev/mapper/", DEVICE_MAPPER},
	{"/dev/dm-", DEVICE_MAPPER},
	{"/dev/md/", DEVICE_MD},
};

/* Of DEVICE_BY_ID. */
static const struct beginning ids[] = {
	{"dm-uuid-", DEVICE_MAPPER},
	{"dm-name-", DEVICE_MAPPER},
	{"md-uuid-", DEVICE_MD},
	{"md-name-", DEVICE_MD},
	{"ata-", DEVICE_BY_OLD_ID},
	{"virtio-", DEVICE_BY_OLD_ID},
	{"nvme-", DEVICE_BY_OLD_ID},
	{"usb-", DEVICE_BY_OLD_ID},
	{"lvm-pv-uuid-", DEVICE_BY_CONTENTS},
};

/* Nodes below these are no logical volumes. */
static const char *const folders[] = {"block", "bus",	"char",	   "cciss",	"fd",
				      "ida",   "input", "net",	   "pts",	"shm",
				      "snd",   "zvol",	"vboxusb", "i2o",	"rd",
				      "bsg",   "cpu",	"dri",	   "hugepages", "mqueue"};

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_small(char c)
{
	return c >= 'a' && c <= 'z';
}

/* 'prefix', letters of the disk, and maybe digits: "sda", "xvdb12". The length of the letters, or
 * 0. */
static size_t disk_letters(const char *name, const char *prefix)
{
	size_t start = strlen(prefix), at;

	if (!starts_with(name, prefix))
		return 0;
	at = start;
	while (is_small(name[at]))
		at++;
	start = at - start;
	while (is_digit(name[at]))
		at++;
	return name[at] ? 0 : start;
}

/* 'prefix' and digits, of which there may be none. */
static bool is_numbered(const char *name, const char *prefix)
{
	size_t at = strlen(prefix);

	if (!starts_with(name, prefix))
		return false;
	while (is_digit(name[at]))
		at++;
	return !name[at];
}

static bool is_one_of(const char *name, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_numbered(name, prefixes[i]))
			return true;
	return false;
}

/* A name directly below /dev; DEVICE_NAME_MAX when it is none that we know. */
static enum device_name name_of_node(const char *node)
{
	static const char *const floppies[] = {"fd", "floppy"};
	static const char *const cdroms[] = {"sr", "scd", "cdrom", "cdrw", "dvd", "dvdrw"};

	if (disk_letters(node, "sd") > 0)
		return node[2] == 'a' && !is_small(node[3]) ? DEVICE_SDA : DEVICE_OTHER_SD;
	if (disk_letters(node, "hd") > 0 || disk_letters(node, "xvd") > 0 ||
	    disk_letters(node, "vd") > 0)
		return DEVICE_OLD;
	if (is_one_of(node, floppies, ARRAY_SIZE(floppies)))
		return DEVICE_FLOPPY;
	if (is_one_of(node, cdroms, ARRAY_SIZE(cdroms)))
		return DEVICE_CDROM;
	if (starts_with(node, "md") && is_digit(node[2]))
		return DEVICE_MD;
	return DEVICE_NAME_MAX;
}

/* /dev/VG/LV: a folder that no driver has. */
static enum device_name name_below_dev(const char *rest)
{
	const char *slash = strchr(rest, '/');
	enum device_name name = slash ? DEVICE_NAME_MAX : name_of_node(rest);

	if (name != DEVICE_NAME_MAX)
		return name;
	if (!slash || slash == rest || !slash[1] || strchr(slash + 1, '/'))
		return DEVICE_OTHER;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (strncmp(rest, folders[i], (size_t)(slash - rest)) == 0 &&
		    !folders[i][slash - rest])
			return DEVICE_OTHER;
	return DEVICE_MAPPER;
}

static enum device_name name_of_id(const char *id)
{
	id += *id == '"' || *id == '\'';
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		if (starts_with(id, ids[i].text))
			return ids[i].name;
	return DEVICE_BY_ID;
}

static enum device_name name_behind(const struct beginning *beginning, const char *text)
{
	return beginning->name == DEVICE_BY_ID ? name_of_id(text + strlen(beginning->text))
					       : beginning->name;
}

/* Numbers of root=: "8:1" and "0801" (hexadecimal, major and minor). */
static bool is_number_of_device(const char *text)
{
	size_t digits = strspn(text, "0123456789"), hex = strspn(text, "0123456789abcdefABCDEF");
	const char *minor = text + digits + 1;

	if (digits > 0 && text[digits] == ':')
		return minor[0] && !minor[strspn(minor, "0123456789")];
	return (hex == 3 || hex == 4) && !text[hex] && is_digit(text[0]);
}

enum device_name device_name_of(const char *text)
{
	enum device_name name;

	for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++)
		if (starts_with(text, beginnings[i].text))
			return name_behind(&beginnings[i], text);
	if (starts_with(text, "/dev/"))
		return name_below_dev(text + strlen("/dev/"));
	if (is_number_of_device(text))
		return DEVICE_OTHER;
	if (strchr(text, '/') || strchr(text, ':'))
		return DEVICE_PSEUDO;
	name = name_of_node(text);
	return name == DEVICE_NAME_MAX ? DEVICE_PSEUDO : name;
}

/* Where the digits at the end of the text begin. */
static const char *last_digits(const char *text)
{
	const char *at = text + strlen(text);

	while (at > text && is_digit(at[-1]))
		at--;
	return at;
}

static unsigned int number_at(const char *digits)
{
	unsigned int number = 0;

	if (strlen(digits) > 4)
		return 0;
	for (; *digits; digits++)
		number = number * 10 + (unsigned int)(*digits - '0');
	return number;
}

static bool ends_with(const char *text, const char *end_of_text, const char *end)
{
	size_t length = strlen(end);

	return (size_t)(end_of_text - text) >= length &&
	       memcmp(end_of_text - length, end, length) == 0;
}

unsigned int device_partition_number(const char *text)
{
	const char *digits = last_digits(text);
	const char *node = starts_with(text, "/dev/") ? text + strlen("/dev/") : text;

	switch (device_name_of(text)) {
	case DEVICE_SDA:
	case DEVICE_OTHER_SD:
	case DEVICE_OLD:
		return number_at(digits);
	case DEVICE_BY_ID:
	case DEVICE_BY_OLD_ID:
	case DEVICE_BY_PATH:
		return ends_with(text, digits, "-part") ? number_at(digits) : 0;
	case DEVICE_OTHER:
		if ((starts_with(node, "nvme") || starts_with(node, "mmcblk")) &&
		    ends_with(node, digits, "p"))
			return number_at(digits);
		return 0;
	default:
		return 0;
	}
}
