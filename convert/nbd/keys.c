/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of the plugin: see keys.h. */
#include "convert/nbd/keys.h"

#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "convert/cmd/convert.h"

static const char *const taken[] = {
	"boot-files",
	"boot-uuid",
	"efi-files",
	"esp-size",
	"force",
	"ignore-bad-partitions",
	"layout",
	"no-journal-replay",
	"nvram",
	"nvram-template",
	"online-data-disks",
	"parent",
	"parent-dir",
	"random-guids",
	"replace",
	"report",
	"sandbox",
	"secure-boot-keys",
	"source-format",
	"windows",
};

/* Why an option of 'convert' is no key. */
static const struct {
	const char *names;
	const char *why;
} others[] = {
	{" output output-dir ", "no disk is written: the client says what it is copied to"},
	{" format parent-windows-path ", "what is served has no format: the client gives it one"},
	{" dry-run ", "no disk is written, and 'hvgen2 convert --dry-run' shows the plan"},
	{" if-needed ", "no disk is written that could be there already"},
	{" stage ", "it is for outputs that 'hvgen2 batch' names"},
	{" json progress progress-fd verbose quiet ",
	 "no page is printed; 'report' says where the report goes"},
	{" name map boot-disk without-disk data-disks define checkpoint discard-saved-state switch bridge "
	 "vlan mac new-id secure-boot tpm ",
	 "one disk is served, not a VM"},
};

void keys_init(struct keys *ret)
{
	*ret = (struct keys){
		.convert = {.plan = {.layout = LAYOUT_AUTO, .esp_size = PLAN_DEFAULT_ESP_SIZE},
			    .output = {.type = VHD_TYPE_MAX, .is_raw = true}},
	};
}

static bool is_taken(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		if (strcmp(key, taken[i]) == 0)
			return true;
	return false;
}

/* How the source is opened. */
static bool is_of_any_view(const char *key)
{
	return cmd_source_has(cmd_convert_option(key)->key) || strcmp(key, "sandbox") == 0;
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += length)
		if (at[-1] == ' ' && at[length] == ' ')
			return true;
	return false;
}

static int refuse(const char *key, struct error *err)
{
	if (!*key || !cmd_convert_option(key))
		return error_usage(err, "unknown key '%s'; see 'nbdkit hvgen2 --help'", key);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (has_word(others[i].names, key))
			return error_usage(err, "key '%s': %s", key, others[i].why);
	return error_usage(err, "key '%s' is for 'hvgen2 convert' only", key);
}

static int read_flag(const char *key, const char *value, bool *ret, struct error *err)
{
	static const char *const words[2][4] = {{"false", "no", "off", "0"},
						{"true", "yes", "on", "1"}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (size_t j = 0; j < ARRAY_SIZE(words[i]); j++)
			if (strcasecmp(value, words[i][j]) == 0) {
				*ret = i > 0;
				return 0;
			}
	return error_usage(err, "key '%s': '%s' is neither true nor false", key, value);
}

static int set_view(struct keys *keys, const char *value, struct error *err)
{
	keys->is_of_source = strcmp(value, "source") == 0;
	if (keys->is_of_source || strcmp(value, "converted") == 0)
		return 0;
	return error_usage(err, "key 'view': '%s' is none of converted and source", value);
}

int keys_set(struct keys *keys, const char *key, const char *value, struct error *err)
{
	bool is_wanted = true;
	int r = 0;

	if (strcmp(key, "disk") == 0) {
		if (keys->disk)
			return error_usage(err, "'%s': one disk is served, and '%s' is given too",
					   keys->disk, value);
		keys->disk = value;
		return 0;
	}
	if (strcmp(key, "view") == 0)
		return set_view(keys, value, err);
	if (!is_taken(key))
		return refuse(key, err);
	if (!is_of_any_view(key) && !keys->of_conversion)
		keys->of_conversion = key;
	if (cmd_convert_option(key)->argument)
		return cmd_convert_set(&keys->convert, key, value, err);
	r = read_flag(key, value, &is_wanted, err);
	return r < 0 || !is_wanted ? r : cmd_convert_set(&keys->convert, key, NULL, err);
}

int keys_check(const struct keys *keys, struct error *err)
{
	const struct firmware_options *firmware = &keys->convert.build.firmware;
	const char *nvram = keys->convert.output.nvram;
	bool has_store = nvram && strcmp(nvram, "none") != 0;

	if (!keys->disk)
		return error_usage(err, "no disk is given: disk=FILE");
	if (keys->is_of_source && (has_store || keys->convert.output.report))
		return error_usage(err, "key 'view': the source has no store and no report");
	if (keys->is_of_source && keys->of_conversion)
		return error_usage(err, "key '%s': with 'view=source' nothing is converted",
				   keys->of_conversion);
	if (!has_store && firmware->template)
		return error_usage(err,
				   "key 'nvram-template': 'nvram' is to say where the store goes");
	if (!has_store && firmware->keys_path)
		return error_usage(
			err, "key 'secure-boot-keys': 'nvram' is to say where the store goes");
	return 0;
}
