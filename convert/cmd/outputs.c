/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of the outputs: see outputs.h. */
#include "convert/cmd/outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"

#define MAX_STEM 100 /* bytes of a VM's name */

static const struct {
	const char *suffix;
	enum vhd_format format;
} suffixes[] = {
	{".vhdx", VHD_FORMAT_VHDX}, {".avhdx", VHD_FORMAT_VHDX}, {".vhd", VHD_FORMAT_VHD},
	{".raw", VHD_FORMAT_RAW},   {".img", VHD_FORMAT_RAW},	 {".qcow2", VHD_FORMAT_QCOW2},
};

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* From the last dot of the last component on; "" when it has none. */
static const char *suffix_of(const char *path)
{
	const char *name = last_component(path), *dot = strrchr(name, '.');

	return dot && dot != name ? dot : "";
}

static int stem_length(const char *path)
{
	return (int)(strlen(path) - strlen(suffix_of(path)));
}

/* The suffix of a disk, or one of these. */
static bool is_of_other(const char *suffix, const char *const *others)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (strcasecmp(suffix, suffixes[i].suffix) == 0)
			return true;
	for (; *others; others++)
		if (strcasecmp(suffix, *others) == 0)
			return true;
	return false;
}

/* Names that say something else than what is made. A store made from another may have its suffix. */
static int check_sisters(const struct output_options *options, struct error *err)
{
	static const char *const no_store[] = {".vmcx", ".xml", ".ps1", ".html", NULL};
	static const char *const no_report[] = {".vmcx", ".vmgs", ".fd", NULL};
	const char *nvram = options->nvram ? options->nvram : "";
	const char *report = options->report ? options->report : "";
	const char *template = options->template ? options->template : "";

	if (is_of_other(suffix_of(nvram), no_store) &&
	    strcasecmp(suffix_of(nvram), suffix_of(template)) != 0)
		return error_usage(err,
				   "'%s' is no name of an NVRAM store: it ends "
				   "in .vmgs, .fd or .json",
				   nvram);
	if (is_of_other(suffix_of(report), no_report))
		return error_usage(err,
				   "'%s' is no name of a report: it ends in "
				   ".json or .html",
				   report);
	return 0;
}

static int find_format(const char *disk, enum vhd_format *ret, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (strcasecmp(suffix_of(disk), suffixes[i].suffix) == 0) {
			*ret = suffixes[i].format;
			return 0;
		}
	return error_usage(
		err,
		"'%s': the name of a disk says its format: .vhdx, .vhd (fixed and dynamic), .raw, "
		".img and .qcow2 can be written; others are made with 'qemu-img convert' of "
		"these, or of what 'nbdkit hvgen2' serves",
		disk);
}

static int check_qcow2(const struct output_options *options, const char *disk,
		       enum vhd_format format, struct error *err)
{
	bool is_qcow2 = format == VHD_FORMAT_QCOW2;

	if (options->is_qcow2 && !is_qcow2)
		return error_usage(err, "'%s' is no name of a qcow2 disk: it ends in .qcow2", disk);
	if (is_qcow2 && options->type != VHD_TYPE_MAX && options->type != VHD_TYPE_DYNAMIC)
		return error_usage(err, "'%s': a qcow2 disk is neither fixed nor differencing",
				   disk);
	return 0;
}

/* Does the name agree with what was asked for? */
static int check_format(const struct output_options *options, const char *disk,
			enum vhd_format format, struct error *err)
{
	bool is_raw = format == VHD_FORMAT_RAW;

	if (options->is_raw && !is_raw)
		return error_usage(err, "'%s' is no name of a raw disk: .raw and .img are", disk);
	if (is_raw && !options->is_raw && options->type != VHD_TYPE_MAX &&
	    options->type != VHD_TYPE_FIXED)
		return error_usage(
			err,
			"'%s': a raw disk is neither dynamic nor differencing; a name that "
			"ends in .vhdx makes a disk that can be either",
			disk);
	if (strcasecmp(suffix_of(disk), ".avhdx") == 0 && options->type != VHD_TYPE_DIFFERENCING)
		return error_usage(
			err,
			"'%s' is the name of a checkpoint, which is a differencing disk; "
			"that of a whole disk ends in .vhdx",
			disk);
	if (format == VHD_FORMAT_VHD && options->type == VHD_TYPE_DIFFERENCING)
		return error_usage(err,
				   "'%s': a differencing disk of generation 2 is a VHDX; its name "
				   "ends in .vhdx",
				   disk);
	return check_qcow2(options, disk, format, err);
}

static const char *disk_suffix(const struct output_options *options)
{
	bool is_raw = options->is_raw || (options->is_for_kvm && options->type == VHD_TYPE_MAX);

	return options->is_qcow2 ? ".qcow2" : is_raw ? ".raw" : ".vhdx";
}

static char *name_disk(const struct output_options *options, const char *source)
{
	const char *folder = options->folder ? options->folder : "", *disk = options->disk;
	const char *slash = *folder && folder[strlen(folder) - 1] != '/' ? "/" : "";
	const char *name = last_component(source);
	char *path;

	if (disk && (*last_component(disk) || !*disk))
		return strdup(disk);
	if (disk) {
		folder = disk;
		slash = "";
	}
	if (asprintf(&path, "%s%s%.*s%s%s", folder, slash,
		     options->stem ? (int)strlen(options->stem) : stem_length(name),
		     options->stem ? options->stem : name, options->stem ? "" : "-gen2",
		     disk_suffix(options)) < 0)
		return NULL;
	return path;
}

/* A store made from another keeps its format, and so its kind of name. */
static const char *nvram_suffix(const struct output_options *options)
{
	const char *suffix = options->template ? suffix_of(options->template) : "";

	return *suffix ? suffix : options->is_for_kvm ? ".fd" : ".vmgs";
}

/* 'given', or the name of the disk with another ending; NULL when out of memory. */
static char *name_sister(const char *given, const char *disk, const char *suffix)
{
	char *path;

	if (given)
		return strdup(given);
	return asprintf(&path, "%.*s%s", stem_length(disk), disk, suffix) < 0 ? NULL : path;
}

static enum output_store nvram_kind(const char *suffix)
{
	if (strcasecmp(suffix, ".fd") == 0)
		return OUTPUT_STORE_OVMF;
	return strcasecmp(suffix, ".json") == 0 ? OUTPUT_STORE_SETTINGS : OUTPUT_STORE_VMGS;
}

static int name_forms(struct output_names *names, struct error *err)
{
	static const char *const suffix[WRITE_FORM_MAX] = {".ps1", ".libvirt.xml", ".proxmox.sh",
							   ".xml"};

	for (size_t i = 0; i < WRITE_FORM_MAX; i++) {
		names->forms[i] = name_sister(NULL, names->disk, suffix[i]);
		if (!names->forms[i])
			return error_failed(err, ENOMEM, "out of memory");
	}
	return 0;
}

/* Only what is named is made beside it. */
static int name_stream(const struct output_options *options, struct output_names *ret,
		       struct error *err)
{
	bool has_nvram = options->nvram && strcmp(options->nvram, "none") != 0;

	if (!options->is_raw && (options->is_qcow2 || options->type != VHD_TYPE_MAX))
		return error_usage(err, "'--output -' streams a raw disk: '--format' is raw, or "
					"is left out");
	ret->disk_format = VHD_FORMAT_RAW;
	ret->nvram = has_nvram ? strdup(options->nvram) : NULL;
	ret->report = options->report ? strdup(options->report) : NULL;
	if ((has_nvram && !ret->nvram) || (options->report && !ret->report))
		return error_failed(err, ENOMEM, "out of memory");
	ret->nvram_kind = nvram_kind(ret->nvram ? suffix_of(ret->nvram) : "");
	return 0;
}

int output_names_make(const struct output_options *options, const char *source,
		      struct output_names *ret, struct error *err)
{
	bool has_nvram = !options->nvram || strcmp(options->nvram, "none") != 0;
	int r = check_sisters(options, err);

	*ret = (struct output_names){0};
	if (r < 0)
		return r;
	if (options->folder && options->disk)
		return error_usage(err,
				   "'--output' and '--output-dir' both say where the disk goes");
	if (options->disk && strcmp(options->disk, OUTPUT_STREAM) == 0)
		return name_stream(options, ret, err);
	ret->disk = name_disk(options, source);
	if (!ret->disk)
		return error_failed(err, ENOMEM, "out of memory");
	r = find_format(ret->disk, &ret->disk_format, err);
	if (r == 0)
		r = check_format(options, ret->disk, ret->disk_format, err);
	if (r < 0)
		return r;
	ret->report = name_sister(options->report, ret->disk, ".report.json");
	if (has_nvram)
		ret->nvram = name_sister(options->nvram, ret->disk, nvram_suffix(options));
	if (!ret->report || (has_nvram && !ret->nvram))
		return error_failed(err, ENOMEM, "out of memory");
	ret->nvram_kind = nvram_kind(ret->nvram ? suffix_of(ret->nvram) : "");
	return name_forms(ret, err);
}

void output_names_done(struct output_names *names)
{
	free(names->disk);
	free(names->nvram);
	free(names->report);
	for (size_t i = 0; i < WRITE_FORM_MAX; i++)
		free(names->forms[i]);
	*names = (struct output_names){0};
}

char *output_name_slot(const struct output_names *names, const char *slot)
{
	char *path;

	if (asprintf(&path, "%.*s-%s%s", stem_length(names->disk), names->disk, slot,
		     suffix_of(names->disk)) < 0)
		return NULL;
	return path;
}

/* Windows takes them for devices, whatever stands behind a dot. */
static bool is_device(const char *stem)
{
	static const char *const names[] = {"CON", "PRN", "AUX", "NUL"};
	size_t length = strcspn(stem, ". ");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (length == 3 && strncasecmp(stem, names[i], 3) == 0)
			return true;
	return length == 4 && stem[3] >= '0' && stem[3] <= '9' &&
	       (strncasecmp(stem, "COM", 3) == 0 || strncasecmp(stem, "LPT", 3) == 0);
}

static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '.' || c == '_' || c == '-' || c == ' ';
}

/* One '_' for a character, not for each of its bytes. */
static size_t clean_name(const char *name, char stem[MAX_STEM + 1])
{
	size_t length = 0;

	for (; *name && length < MAX_STEM; name++)
		if (is_plain(*name))
			stem[length++] = *name;
		else if (((unsigned char)*name & 0xc0) != 0x80)
			stem[length++] = '_';
	stem[length] = '\0';
	return length;
}

char *output_stem(const char *name, const char *suffix)
{
	char stem[MAX_STEM + 1], *result;
	size_t length = clean_name(name, stem);

	for (size_t i = length; i > 0 && (stem[i - 1] == '.' || stem[i - 1] == ' '); i--)
		stem[i - 1] = '_';
	if (*stem == '.' || *stem == '-' || *stem == ' ')
		*stem = '_';
	if (asprintf(&result, "%s%s%s", is_device(stem) ? "_" : "", length ? stem : "vm", suffix) <
	    0)
		return NULL;
	return result;
}
