/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every container changed and read back; and every one into every other. */
#include <criterion/criterion.h>
#include <errno.h>
#include <jansson.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/utf16.h"
#include "nvram/efivar.h"
#include "nvram/ovmf.h"
#include "nvram/vmgs.h"
#include "nvram/vmgs1_json.h"
#include "nvram/xml_settings.h"
#include "samples.h"

TestSuite(nvram_containers);

#define REAL_XML SHARED_DATA "/hyperv/dissect.target/D351C151-DAC7-4042-B434-B72D522C1E4A.xml"
#define VENDOR	 GUID(0xd719b2cb, 0x3d3a, 0x4596, 0xa3bc, 0xdad00e67656f)

static uint8_t *slurp(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rbe");
	uint8_t *bytes = malloc(1 << 20);

	if (!file) {
		free(bytes);
		cr_skip_test("not here: %s", path);
	}
	*size = fread(bytes, 1, 1 << 20, file);
	fclose(file);
	return bytes;
}

static struct nvram decode(const uint8_t *bytes, size_t size)
{
	struct nvram nvram = NVRAM_INIT;
	struct error err = ERROR_INIT;

	cr_assert_eq(nvram_decode(bytes, size, "store", &nvram, &err), 0, "%s", err.message);
	return nvram;
}

static uint8_t *update(const uint8_t *old, size_t size, const struct nvram *nvram, size_t *ret_size)
{
	struct error err = ERROR_INIT;
	uint8_t *new = NULL;

	cr_assert_eq(nvram_update(old, size, "store", nvram, &new, ret_size, &err), 0, "%s",
		     err.message);
	return new;
}

static void assert_same(const struct nvram *a, const struct nvram *b)
{
	cr_assert_eq(a->count, b->count, "%zu and %zu variables", a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct nvram_variable *v = &a->variables[i];
		const struct nvram_variable *w = nvram_get(b, &v->vendor, v->name);

		cr_assert(w && nvram_variable_equal(v, w), "%s", v->name);
	}
}

static void set(struct nvram *nvram, const char *name, const void *data, size_t size)
{
	const struct guid vendor = VENDOR;

	cr_assert_eq(nvram_set(nvram, &vendor, name, 7, data, size, NULL), 0);
}

/* The sample with some more, changed in many ways; the result must read back as wanted, and twice
 * so. */
static void exercise(const uint8_t *old, size_t size)
{
	CLEANUP_NVRAM struct nvram wanted = decode(old, size);
	const struct guid vendor = VENDOR;
	CLEANUP_FREE uint8_t *bytes = malloc(size);
	size_t now = size;
	char name[16];

	memcpy(bytes, old, size);
	for (unsigned int round = 0; round < 40; round++) {
		uint8_t data[64];
		uint8_t *new;

		memset(data, (int)round, sizeof(data));
		snprintf(name, sizeof(name), "Var%u", round % 13);
		if (round % 5 == 4)
			nvram_remove(&wanted, &vendor, name);
		else
			set(&wanted, name, data, 1 + round % sizeof(data));
		new = update(bytes, now, &wanted, &now);
		free(bytes);
		bytes = new;
		{
			CLEANUP_NVRAM struct nvram got = decode(bytes, now);

			assert_same(&wanted, &got);
		}
	}
}

static uint8_t *make(enum nvram_format format, const struct nvram *nvram, size_t *size)
{
	const struct guid id = VENDOR;
	struct error err = ERROR_INIT;
	uint8_t *bytes = NULL;

	cr_assert_eq(nvram_encode(format, nvram, &id, &bytes, size, &err), 0, "%s", err.message);
	return bytes;
}

Test(nvram_containers, many_changes_in_each)
{
	static const enum nvram_format formats[] = {NVRAM_FORMAT_VMGS, NVRAM_FORMAT_VMGS_1,
						    NVRAM_FORMAT_OVMF, NVRAM_FORMAT_JSON,
						    NVRAM_FORMAT_LIST};
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		size_t size;
		CLEANUP_FREE uint8_t *bytes = make(formats[i], &nvram, &size);
		enum nvram_format found;

		cr_assert_eq(nvram_recognise(bytes, size, "x", &found, NULL), 0);
		cr_assert_eq(found, formats[i]);
		exercise(bytes, size);
	}
}

Test(nvram_containers, every_one_into_every_other_and_back)
{
	static const enum nvram_format formats[] = {NVRAM_FORMAT_VMGS, NVRAM_FORMAT_VMGS_1,
						    NVRAM_FORMAT_OVMF, NVRAM_FORMAT_JSON,
						    NVRAM_FORMAT_LIST};
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();

	set(&nvram, "Caf\xc3\xa9 \xf0\x9f\x9a\x80 \"\\", "x", 1);
	for (size_t i = 0; i < 5; i++) {
		size_t size;
		CLEANUP_FREE uint8_t *from = make(formats[i], &nvram, &size);
		CLEANUP_NVRAM struct nvram read = decode(from, size);

		for (size_t j = 0; j < 5; j++) {
			size_t to_size, back_size;
			CLEANUP_FREE uint8_t *to = make(formats[j], &read, &to_size);
			CLEANUP_NVRAM struct nvram there = decode(to, to_size);
			CLEANUP_FREE uint8_t *back = make(formats[i], &there, &back_size);

			assert_same(&nvram, &there);
			cr_assert(back_size == size && memcmp(back, from, size) == 0);
		}
	}
}

Test(nvram_containers, a_time_stamp_survives_where_there_is_room_for_it)
{
	static const enum nvram_format formats[] = {NVRAM_FORMAT_VMGS, NVRAM_FORMAT_OVMF,
						    NVRAM_FORMAT_JSON, NVRAM_FORMAT_LIST};
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();

	nvram.variables[0].time[0] = 0xea;
	nvram.variables[0].time[15] = 1;
	for (size_t i = 0; i < 4; i++) {
		size_t size;
		CLEANUP_FREE uint8_t *bytes = make(formats[i], &nvram, &size);
		CLEANUP_NVRAM struct nvram got = decode(bytes, size);

		assert_same(&nvram, &got);
	}
}

Test(nvram_containers, vmgs_is_updated_by_copy_on_write)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	size_t size, new_size;
	CLEANUP_FREE uint8_t *old = make(NVRAM_FORMAT_VMGS, &nvram, &size);
	struct vmgs before, after;

	memcpy(old + 5 * 4096, "neighbour", 9); /* a file that is not ours */
	vmgs_build_entry(&(struct vmgs_file){5, 1, 9}, old + 0x2000 + 9 * 64);
	old[0x2000 + 9 * 64 + 0x30] = 0x77; /* a reserved byte */
	set(&nvram, "A", "x", 1);
	cr_assert_eq(vmgs_parse(&(struct file_bytes){old, size, "old"}, &before, NULL), 0);
	CLEANUP_FREE uint8_t *new = update(old, size, &nvram, &new_size);
	cr_assert_eq(vmgs_parse(&(struct file_bytes){new, new_size, "new"}, &after, NULL), 0);
	cr_assert_eq(after.active, !before.active);
	cr_assert_eq(after.sequence, before.sequence + 1);
	cr_assert_eq(after.table, 6u);
	cr_assert_eq(after.files[VMGS_BIOS_NVRAM].block, 7u);
	cr_assert_eq(new[6 * 4096 + 9 * 64 + 0x30], 0x77);
	/* up to the new header, and where the old one points, all is as it was */
	cr_assert_eq(memcmp(new, old, 512), 0);
	cr_assert_eq(memcmp(new + 1024, old + 1024, 6 * 4096 - 1024), 0);
	cr_assert_eq(memcmp(new + 8 * 4096, old + 8 * 4096, size - 8 * 4096), 0);
}

Test(nvram_containers, an_unformatted_vmgs_is_formatted)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	size_t size, new_size;
	CLEANUP_FREE uint8_t *full = make(NVRAM_FORMAT_VMGS, &nvram, &size);
	CLEANUP_FREE uint8_t *blank = calloc(1, size);

	memcpy(blank + size - 512, full + size - 512, 512);
	{
		CLEANUP_NVRAM struct nvram got = decode(blank, size);

		cr_assert_eq(got.count, 0u);
	}
	CLEANUP_FREE uint8_t *new = update(blank, size, &nvram, &new_size);
	CLEANUP_NVRAM struct nvram got = decode(new, new_size);
	assert_same(&nvram, &got);
}

Test(nvram_containers, a_full_vmgs_is_told)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	size_t size, new_size;
	CLEANUP_FREE uint8_t *old = make(NVRAM_FORMAT_VMGS, &nvram, &size);
	uint8_t *new = NULL;

	vmgs_build_entry(&(struct vmgs_file){5, 1019, 9}, old + 0x2000 + 9 * 64);
	set(&nvram, "A", "x", 1);
	cr_assert_eq(nvram_update(old, size, "store", &nvram, &new, &new_size, NULL), -ENOSPC);
	vmgs_build_entry(&(struct vmgs_file){4, 1, 9}, old + 0x2000 + 9 * 64);
	cr_assert_eq(nvram_update(old, size, "store", &nvram, &new, &new_size, NULL), -EUCLEAN,
		     "two files share a block");
}

static void exercise_file(const char *path)
{
	size_t size;
	CLEANUP_FREE uint8_t *bytes = slurp(path, &size);

	exercise(bytes, size);
}

Test(nvram_containers, images_of_the_firmware)
{
	exercise_file("/usr/share/OVMF/OVMF_VARS.fd");
	exercise_file("/usr/share/OVMF/OVMF_VARS.ms.fd");
	exercise_file("/usr/share/OVMF/OVMF_VARS_4M.fd");
	exercise_file("/usr/share/OVMF/OVMF_VARS_4M.ms.fd");
}

/* Records that do not change keep their place and every byte, until the store is full and they move
 * together. */
Test(nvram_containers, ovmf_is_appended_to_and_then_compacted)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	size_t size;
	CLEANUP_FREE uint8_t *bytes = make(NVRAM_FORMAT_OVMF, &nvram, &size);
	CLEANUP_FREE uint8_t *data = calloc(1, 30000);
	uint8_t *new;

	bytes[0x64 + 8] = 5; /* a monotonic count */
	set(&nvram, "Big", data, 30000);
	new = update(bytes, size, &nvram, &size);
	cr_assert_eq(memcmp(new, bytes, 0x234), 0);
	for (uint8_t i = 0; i < 20; i++) {
		uint8_t *next;

		data[7] = i;
		set(&nvram, "Big", data, 30000);
		next = update(new, size, &nvram, &size);
		free(new);
		new = next;
	}
	cr_assert_eq(new[0x64 + 8], 5);
	cr_assert_eq(memcmp(new + 0x40000, bytes + 0x40000, size - 0x40000), 0);
	CLEANUP_NVRAM struct nvram got = decode(new, size);
	assert_same(&nvram, &got);
	free(new);
}

static bool contains(const uint8_t *bytes, size_t size, const char *text)
{
	return memmem(bytes, size, text, strlen(text)) != NULL;
}

/* What libxml2 finds at a path of the changed file. */
static char *xpath(const uint8_t *bytes, size_t size, const char *expression)
{
	xmlDocPtr document = xmlReadMemory((const char *)bytes, (int)size, NULL, NULL, 0);
	xmlXPathContextPtr context;
	xmlXPathObjectPtr object;
	char *text;

	cr_assert_not_null(document);
	context = xmlXPathNewContext(document);
	object = xmlXPathEvalExpression((const xmlChar *)expression, context);
	cr_assert_not_null(object);
	text = (char *)xmlXPathCastToString(object);
	xmlXPathFreeObject(object);
	xmlXPathFreeContext(context);
	xmlFreeDoc(document);
	return text;
}

static void assert_xpath(const uint8_t *bytes, size_t size, const char *expression,
			 const char *expected)
{
	CLEANUP_FREE char *got = xpath(bytes, size, expression);

	cr_assert_str_eq(got, expected, "%s is '%s', expected '%s'", expression, got, expected);
}

#define GLOBAL_TEXT "8BE4DF61-93CA-11D2-AA0D-00E098032B8C"

Test(nvram_containers, the_real_configuration)
{
	size_t size, new_size;
	CLEANUP_FREE uint8_t *old = slurp(REAL_XML, &size);
	CLEANUP_NVRAM struct nvram nvram = decode(old, size);
	CLEANUP_BOOT_ENTRY struct nvram_boot_entry network = NVRAM_BOOT_ENTRY_INIT;
	CLEANUP_BOOT_ENTRY struct nvram_boot_entry drive = NVRAM_BOOT_ENTRY_INIT;

	cr_assert_eq(nvram.count, 3u);
	cr_assert_str_eq(nvram.variables[1].name, "BootOrder", "the order of the map");
	cr_assert_eq(nvram_boot_entry(&nvram, 0, &network, NULL), 0);
	cr_assert_eq(network.type, NVRAM_BOOT_NETWORK);
	cr_assert_eq(nvram_boot_entry(&nvram, 1, &drive, NULL), 0);
	cr_assert_eq(drive.type, NVRAM_BOOT_DRIVE);

	CLEANUP_FREE uint8_t *same = update(old, size, &nvram, &new_size);
	cr_assert(new_size == size && memcmp(same, old, size) == 0, "it round-trips unchanged");

	cr_assert_eq(nvram_add_windows_boot_manager(&nvram, &sample_esp, SAMPLE_BOOTMGFW, NULL,
						    NULL),
		     0);
	CLEANUP_FREE uint8_t *new = update(old, size, &nvram, &new_size);
	CLEANUP_NVRAM struct nvram again = decode(new, new_size);
	assert_same(&nvram, &again);
	assert_xpath(new, new_size, "normalize-space(//nvram/map/index3)", GLOBAL_TEXT "Boot0002");
	assert_xpath(new, new_size, "normalize-space(//nvram/map_max_index)", "4");
	assert_xpath(new, new_size, "normalize-space(//nvram/_" GLOBAL_TEXT "Boot0002/index)", "3");
	assert_xpath(new, new_size, "normalize-space(//nvram/_" GLOBAL_TEXT "BootOrder/data)",
		     "AgAAAAEA");
	assert_xpath(new, new_size,
		     "name(//nvram/_" GLOBAL_TEXT "Boot0002/following-sibling::*[1])",
		     "_" GLOBAL_TEXT "BootOrder");

	/* take it back, and the file is the old one again */
	const struct guid global = NVRAM_GLOBAL;
	const uint16_t order[] = {0, 1};
	size_t back_size;
	cr_assert(nvram_remove(&nvram, &global, "Boot0002"));
	cr_assert_eq(nvram_set_boot_order(&nvram, order, 2, NULL), 0);
	CLEANUP_FREE uint8_t *back = update(new, new_size, &nvram, &back_size);
	cr_assert(back_size == size && memcmp(back, old, size) == 0);
	exercise(old, size);
}

#define SMALL_XML(node)                                                                            \
	"<?xml version=\"1.0\" encoding=\"UTF-16\" standalone=\"yes\"?>\n<configuration>\n"        \
	"  <_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_>\n    <chassis/>\n" node                        \
	"    <pause_after_boot_failure type=\"bool\">False</pause_after_boot_failure>\n"           \
	"  </_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_>\n</configuration>\n"

/* 8-bit text that claims to be UTF-16, as seen in the wild, with no variables yet. */
Test(nvram_containers, configurations_without_variables)
{
	static const char *const cases[] = {SMALL_XML(""), SMALL_XML("    <nvram/>\n"),
					    SMALL_XML("    <nvram></nvram>\n")};

	for (size_t i = 0; i < 3; i++) {
		CLEANUP_NVRAM struct nvram nvram = sample_nvram();
		size_t size;
		CLEANUP_FREE uint8_t *new =
			update((const uint8_t *)cases[i], strlen(cases[i]), &nvram, &size);
		CLEANUP_NVRAM struct nvram got = decode(new, size);

		assert_same(&nvram, &got);
		cr_assert(contains(new, size, "<map_max_index type=\"integer\">2<"));
		exercise(new, size);
	}
}

Test(nvram_containers, settings_in_a_configuration)
{
	const char *old = SMALL_XML("");
	uint8_t *new = NULL, *again = NULL;
	size_t size, again_size;

	cr_assert_eq(nvram_xml_set(&(struct file_bytes){(const uint8_t *)old, strlen(old), "x"},
				   NVRAM_SETTING_PAUSE, 1, &new, &size, NULL),
		     0);
	cr_assert(contains(new, size, "<pause_after_boot_failure type=\"bool\">True<"));
	cr_assert_eq(size, strlen(old) - 1);
	cr_assert_eq(nvram_xml_set(&(struct file_bytes){new, size, "x"},
				   NVRAM_SETTING_NETWORK_PROTOCOL, 1, &again, &again_size, NULL),
		     0);
	cr_assert(contains(
		again, again_size,
		"</pause_after_boot_failure>\n    <pxe_preferred_protocol type=\"integer\">6<"));
	free(new);
	free(again);
}

Test(nvram_containers, bad_configurations_are_refused)
{
	static const char *const cases[] = {
		"<?xml version=\"1.0\"?><configuration>",
		"<?xml version=\"1.0\"?><other/>",
		"<?xml version=\"1.0\"?><configuration/>",
		"<?xml version=\"1.0\"?><!DOCTYPE configuration [<!ENTITY a \"b\">]><configuration/>",
		SMALL_XML("<nvram><_" GLOBAL_TEXT "A/></nvram>"),
		SMALL_XML("<nvram><_" GLOBAL_TEXT
			  "A><attributes>7</attributes><index>x</index></_" GLOBAL_TEXT
			  "A></nvram>"),
		SMALL_XML("<nvram><_" GLOBAL_TEXT "A><attributes>7</attributes><index>0</index>"
			  "<data>A</data></_" GLOBAL_TEXT "A></nvram>"),
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct nvram nvram = NVRAM_INIT;

		cr_assert_eq(nvram_decode((const uint8_t *)cases[i], strlen(cases[i]), "x", &nvram,
					  NULL),
			     -EUCLEAN, "case %zu", i);
	}
}

/* Written as the known readers describe the host's: with spaces, other devices, other members. */
#define STATE                                                                                      \
	"{ \"Version\": {\"Major\": 5, \"Minor\": 1},\n \"Devices\": {\"1b2c\": {\"x\": 1.50e1},"  \
	" \"ac6b8dc1-3257-4a70-b1b2-a9c9215659ad\": {\"Type\": \"a\\u00e9\", \"States\": {"        \
	"\"Nvram\": {\"LastUpdateTime\": \"t\", \"Vendors\": {"                                    \
	"\"d719b2cb-3d3a-4596-a3bc-dad00e67656f\": {\"Variables\": { %s }, \"More\": [1, {}]}"     \
	"}}}}}}"
#define ONE   "\"One\": {\"Attributes\": 7, \"Extra\": null, \"Data\": [ 1, 2 ]}"
#define TWO   "\"Two\": {\"Attributes\": 3, \"Data\": [255]}"
#define THREE "\"Three\": {\"Data\": [0, 0], \"Attributes\": 7}"

static char *state(const char *variables)
{
	char *text = NULL;

	cr_assert_geq(asprintf(&text, STATE, variables), 0);
	return text;
}

Test(nvram_containers, the_json_of_version_1_keeps_what_it_does_not_know)
{
	static const struct {
		const char *remove, *set; /* 'set' gets {9} */
		const char *expected;
	} cases[] = {
		{NULL, NULL, ONE ", " TWO " ,\n" THREE},
		{"One", NULL, TWO " ,\n" THREE},
		{"Two", NULL, ONE " ,\n" THREE},
		{"Three", NULL, ONE ", " TWO},
		{NULL, "One",
		 "\"One\": {\"Attributes\": 7, \"Extra\": null, \"Data\": [9]}, " TWO " ,\n" THREE},
		{"Three", "New", ONE ", " TWO ",\"New\":{\"Attributes\":7,\"Data\":[9]}"},
	};
	CLEANUP_FREE char *before = state(ONE ", " TWO " ,\n" THREE);
	const struct guid vendor = VENDOR;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
		CLEANUP_FREE char *expected = state(cases[i].expected);
		CLEANUP_FREE char *after = NULL;

		cr_assert_eq(vmgs1_json_decode(before, strlen(before), "x", &nvram, NULL), 0);
		cr_assert_eq(nvram.count, 3u);
		if (cases[i].remove)
			cr_assert(nvram_remove(&nvram, &vendor, cases[i].remove));
		if (cases[i].set)
			set(&nvram, cases[i].set, "\x09", 1);
		cr_assert_eq(vmgs1_json_update(before, strlen(before), "x", &nvram, &after, NULL),
			     0);
		cr_assert_str_eq(after, expected, "case %zu: %s", i, after);
	}
}

Test(nvram_containers, version_1_headers_must_be_right)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	size_t size;
	CLEANUP_FREE uint8_t *bytes = make(NVRAM_FORMAT_VMGS_1, &nvram, &size);
	static const size_t at[] = {72 * 0 + 128 * 512 + 16, 129 * 512 + 0x20, 2 * 512, 128 * 512};

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct nvram got = NVRAM_INIT;

		bytes[at[i]] ^= 4;
		cr_assert_eq(nvram_decode(bytes, size, "x", &got, NULL), -EUCLEAN, "byte %zu",
			     at[i]);
		bytes[at[i]] ^= 4;
	}
}

Test(nvram_containers, one_variable_in_one_file)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	CLEANUP_NVRAM struct nvram got = NVRAM_INIT;
	CLEANUP_NVRAM struct nvram linux_got = NVRAM_INIT;
	uint8_t *bytes = NULL, *linux_bytes = NULL;
	size_t size, linux_size;

	cr_assert_eq(efivar_encode(&nvram.variables[0], &bytes, &size, NULL), 0);
	cr_assert_eq(nvram_decode(bytes, size, "x", &got, NULL), 0);
	cr_assert(nvram_variable_equal(&got.variables[0], &nvram.variables[0]));
	bytes[36]++;
	cr_assert_eq(nvram_decode(bytes, size, "x", &got, NULL), -EUCLEAN);
	cr_assert_eq(efivarfs_encode(&nvram.variables[0], &linux_bytes, &linux_size, NULL), 0);
	cr_assert_eq(linux_size, 4u + SAMPLE_OPTION_SIZE);
	cr_assert_eq(
		efivarfs_decode(
			&(struct file_bytes){linux_bytes, linux_size,
					     "/a/Boot0000-8be4df61-93ca-11d2-aa0d-00e098032b8c"},
			&linux_got, NULL),
		0);
	cr_assert(nvram_variable_equal(&linux_got.variables[0], &nvram.variables[0]));
	free(bytes);
	free(linux_bytes);
}

Test(nvram_containers, json_keeps_other_members)
{
	const char *old =
		"{\"version\": 2, \"extra\": [1], \"variables\": [{\"name\": \"A\", \"guid\": "
		"\"d719b2cb-3d3a-4596-a3bc-dad00e67656f\", \"attr\": 7, \"data\": \"01fF\", "
		"\"digest\": \"00\"}]}";
	CLEANUP_NVRAM struct nvram nvram = decode((const uint8_t *)old, strlen(old));
	size_t size;

	cr_assert_eq(nvram.variables[0].size, 2u);
	cr_assert_eq(nvram.variables[0].data[1], 0xff);
	set(&nvram, "B", "x", 1);
	CLEANUP_FREE uint8_t *new = update((const uint8_t *)old, strlen(old), &nvram, &size);
	json_t *root = json_loadb((const char *)new, size, 0, NULL);
	json_t *first = json_array_get(json_object_get(root, "variables"), 0);
	cr_assert_str_eq(json_string_value(json_object_get(first, "digest")), "00");
	cr_assert_eq(json_array_size(json_object_get(root, "extra")), 1u);
	json_decref(root);
}

Test(nvram_containers, other_files_are_no_stores)
{
	static const char *const cases[] = {"", "x", "{}", "{\"variables\": [1]}", "<html></html>"};
	static const uint8_t zero[4096];
	struct nvram nvram = NVRAM_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_assert_eq(nvram_decode((const uint8_t *)cases[i], strlen(cases[i]), "x", &nvram,
					  NULL),
			     -EUCLEAN, "case %zu", i);
	cr_assert_eq(nvram_decode(zero, sizeof(zero), "x", &nvram, NULL), -EUCLEAN);
}
