/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Load options, device paths and BootOrder; libefiboot is the foreign reader. */
#include <criterion/criterion.h>
#include <efiboot.h>
#include <efivar.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "nvram/device_path.h"
#include "nvram/load_option.h"
#include "nvram/variable_list.h"
#include "samples.h"

TestSuite(nvram_boot);

#define SCSI_CLASS    GUID(0xba6163d9, 0x04a1, 0x4d29, 0xb605, 0x72e2ffb1dc7f)
#define NETWORK_CLASS GUID(0xf8615163, 0xdf3e, 0x46c5, 0x913f, 0xf2d2f965ed0e)
#define INSTANCE      GUID(0x11223344, 0x5566, 0x7788, 0x99aa, 0xbbccddeeff00)

static const struct nvram_variable *get(const struct nvram *nvram, const char *name)
{
	const struct guid global = NVRAM_GLOBAL;
	const struct nvram_variable *variable = nvram_get(nvram, &global, name);

	cr_assert_not_null(variable, "no %s", name);
	return variable;
}

/* "0302" -> bytes; returns their number. */
static size_t unhex(const char *text, uint8_t *bytes)
{
	size_t count = strlen(text) / 2;

	for (size_t i = 0; i < count; i++) {
		char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};

		bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return count;
}

static void assert_bytes(const struct buffer *got, const char *hex)
{
	uint8_t expected[512];
	size_t size = unhex(hex, expected);

	cr_assert(!got->failed);
	cr_assert_eq(got->size, size, "%zu bytes, expected %zu", got->size, size);
	for (size_t i = 0; i < size; i++)
		cr_assert_eq(got->data[i], expected[i], "byte %zu is %02x, expected %02x", i,
			     got->data[i], expected[i]);
}

#define HEAD_ACPI   "02021800000000000000000000000000564d427573000000"
#define HEAD_VENDOR "01043400a2e5179b9108dd42b65380b5c22809ba"
#define HEX_SCSI    "d96361baa104294db60572e2ffb1dc7f"
#define HEX_NETWORK "635161f83edfc546913ff2d2f965ed0e"
#define HEX_GUID    "443322116655887799aabbccddeeff00"
#define HEX_MAC	    "030b2500000000000000000000000000000000000000000000000000000000000000000000"
#define HEX_IPV4    "030c1b000000000000000000000000000000000000000000000000"
#define HEX_IPV6                                                                                   \
	"030d3c000000000000000000000000000000000000000000000000000000"                             \
	"000000000000000000000000004000000000000000000000000000000000"

Test(nvram_boot, device_paths_are_those_of_hyperv)
{
	const struct guid scsi = SCSI_CLASS, network = NETWORK_CLASS, instance = INSTANCE;
	CLEANUP_BUFFER struct buffer drive = BUFFER_INIT;
	CLEANUP_BUFFER struct buffer ipv4 = BUFFER_INIT;
	CLEANUP_BUFFER struct buffer ipv6 = BUFFER_INIT;

	cr_assert_eq(device_path_add_vmbus(&drive, &scsi, &instance, NULL), 0);
	cr_assert_eq(device_path_add_scsi(&drive, 0, 1, NULL), 0);
	cr_assert_eq(device_path_add_end(&drive, NULL), 0);
	assert_bytes(&drive, HEAD_ACPI HEAD_VENDOR HEX_SCSI HEX_GUID "0302080000000100"
								     "7fff0400");

	cr_assert_eq(device_path_add_vmbus(&ipv4, &network, &instance, NULL), 0);
	cr_assert_eq(device_path_add_mac(&ipv4, NULL), 0);
	device_path_add_ipv4(&ipv4);
	cr_assert_eq(device_path_add_end(&ipv4, NULL), 0);
	assert_bytes(&ipv4, HEAD_ACPI HEAD_VENDOR HEX_NETWORK HEX_GUID HEX_MAC HEX_IPV4 "7fff0400");

	cr_assert_eq(device_path_add_vmbus(&ipv6, &network, &instance, NULL), 0);
	cr_assert_eq(device_path_add_mac(&ipv6, NULL), 0);
	device_path_add_ipv6(&ipv6);
	cr_assert_eq(device_path_add_end(&ipv6, NULL), 0);
	assert_bytes(&ipv6, HEAD_ACPI HEAD_VENDOR HEX_NETWORK HEX_GUID HEX_MAC HEX_IPV6 "7fff0400");
}

Test(nvram_boot, device_paths_print_as_hyperv_prints_them)
{
	static const struct {
		const char *hex, *text;
	} cases[] = {
		{HEAD_ACPI HEAD_VENDOR HEX_SCSI HEX_GUID "03020800000000007fff0400",
		 "\\AcpiEx(VMBus,0,0)\\VenHw(9B17E5A2-0891-42DD-B653-80B5C22809BA,"
		 "D96361BAA104294DB60572E2FFB1DC7F443322116655887799AABBCCDDEEFF00)\\Scsi(0,0)"},
		{HEAD_ACPI HEAD_VENDOR HEX_NETWORK HEX_GUID HEX_MAC "7fff0400",
		 "\\AcpiEx(VMBus,0,0)\\VenHw(9B17E5A2-0891-42DD-B653-80B5C22809BA,"
		 "635161F83EDFC546913FF2D2F965ED0E443322116655887799AABBCCDDEEFF00)"
		 "\\MAC(000000000000)"},
		{HEX_MAC HEX_IPV4 "7fff0400", "\\MAC(000000000000)\\IPv4(0.0.0.0)"},
		{HEX_IPV6 "7fff0400", "\\IPv6(0000:0000:0000:0000:0000:0000:0000:0000)"},
		{"04012a0001000000000800000000000000200300000000007745606"
		 "5f4965148872fdf58867224500202040409005c0061007fff04",
		 "\\HD(1,GPT,65604577-96F4-4851-872F-DF5886722450,0x800,0x32000)\\a\\?"},
		{"04012a0001000000000800000000000000200300000000007745606"
		 "5f4965148872fdf588672245002020404"
		 "0a005c00610000007fff0400",
		 "\\HD(1,GPT,65604577-96F4-4851-872F-DF5886722450,0x800,0x32000)\\a"},
		{"02010c00d041030a000000000101060002017fff0400", "\\PciRoot(0x0)\\Pci(0x1,0x2)"},
		{"0505060001027fff0400", "\\Path(5,5,0102)"},
		{"7fff0400", ""},
		{"0302", "\\?"},
	};
	uint8_t bytes[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = unhex(cases[i].hex, bytes);
		CLEANUP_FREE char *text = device_path_text(bytes, size);

		cr_assert_str_eq(text, cases[i].text, "case %zu: %s", i, text);
	}
}

Test(nvram_boot, windows_entry_is_the_worked_example)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	const struct nvram_variable *boot = get(&nvram, "Boot0000");

	cr_assert_eq(boot->size, SAMPLE_OPTION_SIZE);
	cr_assert_arr_eq(boot->data, sample_list + SAMPLE_OPTION_OFFSET, SAMPLE_OPTION_SIZE);
	cr_assert_eq(boot->attributes, 7u);
	cr_assert_eq(get(&nvram, "BootOrder")->size, 2u);
}

Test(nvram_boot, libefiboot_reads_our_entry)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	const struct nvram_variable *boot = get(&nvram, "Boot0000");
	efi_load_option *option = (efi_load_option *)boot->data;
	char text[512];
	void *out = text; /* char * in version 37, unsigned char * in 38 */
	efidp path;

	cr_assert(efi_loadopt_is_valid(option, boot->size));
	cr_assert_str_eq((const char *)efi_loadopt_desc(option, (ssize_t)boot->size),
			 "Windows Boot Manager");
	path = efi_loadopt_path(option, (ssize_t)boot->size);
	cr_assert_gt(efidp_format_device_path(out, sizeof(text), path, 116), 0);
	/* version 38 drops the File() */
	cr_assert(strstr(text, "HD(1,GPT,65604577-96f4-4851-872f-df5886722450,0x800,0x32000)/"));
	cr_assert(strstr(text, SAMPLE_BOOTMGFW), "%s", text);
}

Test(nvram_boot, an_equal_entry_is_reused_and_goes_to_the_top)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	struct nvram_partition other = sample_esp;
	uint16_t order[4] = {0}, number = 9;

	other.number = 2;
	cr_assert_eq(nvram_add_windows_boot_manager(&nvram, &other, SAMPLE_BOOTMGFW, &number, NULL),
		     0);
	cr_assert_eq(number, 1);
	cr_assert_eq(nvram_boot_order(&nvram, order, 4), 2u);
	cr_assert(order[0] == 1 && order[1] == 0);
	cr_assert_eq(nvram_add_windows_boot_manager(&nvram, &sample_esp, SAMPLE_BOOTMGFW, &number,
						    NULL),
		     0);
	cr_assert_eq(number, 0);
	cr_assert_eq(nvram_boot_order(&nvram, order, 4), 2u);
	cr_assert(order[0] == 0 && order[1] == 1);
	cr_assert_eq(nvram.count, 3u);
}

Test(nvram_boot, an_entry_is_taken_apart)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	CLEANUP_BOOT_ENTRY struct nvram_boot_entry entry = NVRAM_BOOT_ENTRY_INIT;
	struct error err = ERROR_INIT;

	cr_assert_eq(nvram_boot_entry(&nvram, 0, &entry, &err), 0, "%s", err.message);
	cr_assert(entry.active && entry.is_file);
	cr_assert_eq(entry.type, NVRAM_BOOT_FILE);
	cr_assert_str_eq(entry.description, "Windows Boot Manager");
	cr_assert_str_eq(entry.file_path, SAMPLE_BOOTMGFW);
	cr_assert_eq(entry.partition.number, 1u);
	cr_assert_eq(entry.partition.start_lba, 0x800u);
	cr_assert_eq(entry.partition.sectors, 0x32000u);
	cr_assert(guid_equal(&entry.partition.guid, &sample_esp.guid));
	cr_assert_eq(entry.optional_size, (size_t)LOAD_OPTION_WINDOWS_SIZE);
	cr_assert_eq(nvram_boot_entry(&nvram, 1, &entry, &err), -ENOENT);
}

Test(nvram_boot, text_outside_the_basic_plane_survives)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	CLEANUP_BOOT_ENTRY struct nvram_boot_entry entry = NVRAM_BOOT_ENTRY_INIT;
	struct error err = ERROR_INIT;

	cr_assert_eq(nvram_add_file(&nvram, &sample_esp, "\\EFI\\\xf0\x9f\x9a\x80.efi",
				    "Caf\xc3\xa9 \xf0\x9f\x9a\x80", NULL, &err),
		     0, "%s", err.message);
	cr_assert_eq(nvram_boot_entry(&nvram, 0, &entry, &err), 0, "%s", err.message);
	cr_assert_str_eq(entry.description, "Caf\xc3\xa9 \xf0\x9f\x9a\x80");
	cr_assert_str_eq(entry.file_path, "\\EFI\\\xf0\x9f\x9a\x80.efi");
	cr_assert_eq(entry.optional_size, 0u);
}

Test(nvram_boot, damaged_options_are_refused)
{
	uint8_t bytes[SAMPLE_OPTION_SIZE];
	struct load_option option;

	memcpy(bytes, sample_list + SAMPLE_OPTION_OFFSET, sizeof(bytes));
	for (size_t size = 0; size < 6 + 42 + 116; size++)
		cr_assert_eq(load_option_parse(bytes, size, "Boot0000", &option, NULL), -EUCLEAN,
			     "size %zu", size);
	cr_assert_eq(load_option_parse(bytes, 6 + 42 + 116, "Boot0000", &option, NULL), 0);
	bytes[6 + 42 + 2] = 3; /* a node of 3 bytes */
	cr_assert_eq(load_option_parse(bytes, sizeof(bytes), "Boot0000", &option, NULL), -EUCLEAN);
}

static int decode_list(const uint8_t *bytes, size_t size, struct nvram *ret)
{
	return variable_list_decode(&(struct file_bytes){bytes, size, "list"}, ret, NULL);
}

Test(nvram_boot, the_list_is_the_worked_example)
{
	CLEANUP_NVRAM struct nvram nvram = sample_nvram();
	CLEANUP_NVRAM struct nvram again = NVRAM_INIT;
	CLEANUP_FREE uint8_t *list = NULL;
	size_t size = 0;

	cr_assert_eq(variable_list_encode(&nvram, &list, &size, NULL), 0);
	cr_assert_eq(size, (size_t)SAMPLE_LIST_SIZE);
	cr_assert_arr_eq(list, sample_list, SAMPLE_LIST_SIZE);
	cr_assert_eq(decode_list(list, size, &again), 0);
	cr_assert_eq(again.count, 2u);
	for (size_t i = 0; i < again.count; i++)
		cr_assert(nvram_variable_equal(&again.variables[i], &nvram.variables[i]));
}

Test(nvram_boot, damaged_lists_are_refused)
{
	static const struct {
		size_t offset;
		uint8_t value;
	} cases[] = {
		{0, 1},	    /* type */
		{4, 0x6d},  /* length */
		{44, 0x11}, /* odd name */
		{44, 0x10}, /* lengths that do not add up */
		{64, 'x'},  /* a name without an end */
	};
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	uint8_t bytes[SAMPLE_LIST_SIZE + 48] = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(bytes, sample_list, SAMPLE_LIST_SIZE);
		bytes[cases[i].offset] = cases[i].value;
		cr_assert_eq(decode_list(bytes, SAMPLE_LIST_SIZE, &nvram), -EUCLEAN, "case %zu", i);
	}
	memcpy(bytes, sample_list, SAMPLE_LIST_SIZE);
	cr_assert_eq(decode_list(bytes, SAMPLE_LIST_SIZE + 7, &nvram), -EUCLEAN);
	cr_assert_eq(decode_list(bytes, SAMPLE_LIST_SIZE + 48, &nvram), -EUCLEAN, "padding");
	cr_assert_eq(decode_list(bytes, SAMPLE_LIST_SIZE - 1, &nvram), -EUCLEAN);
}

Test(nvram_boot, list_limits_are_kept)
{
	CLEANUP_NVRAM struct nvram nvram = NVRAM_INIT;
	const struct guid global = NVRAM_GLOBAL;
	CLEANUP_FREE uint8_t *data = calloc(1, 32769);
	uint8_t *list = NULL;
	size_t size;
	char name[2] = "A";

	cr_assert_eq(nvram_set(&nvram, &global, "Big", 7, data, 32769, NULL), 0);
	cr_assert_eq(variable_list_encode(&nvram, &list, &size, NULL), -EFBIG);
	cr_assert(nvram_remove(&nvram, &global, "Big"));
	for (; name[0] < 'E'; name[0]++)
		cr_assert_eq(nvram_set(&nvram, &global, name, 7, data, 32768, NULL), 0);
	cr_assert_eq(variable_list_encode(&nvram, &list, &size, NULL), -ENOSPC);
}

/* A store in memory as nvram_store_open() gives one from a file; it takes 'bytes'. */
static struct nvram_store store_of(uint8_t *bytes, size_t size)
{
	struct nvram_store store = {.name = "t", .bytes = bytes, .size = size};

	cr_assert_eq(nvram_recognise(bytes, size, "t", &store.format, NULL), 0);
	cr_assert_eq(nvram_decode(bytes, size, "t", &store.nvram, NULL), 0);
	return store;
}

Test(nvram_boot, a_template_keeps_what_it_has)
{
	CLEANUP_NVRAM struct nvram before = sample_nvram();
	CLEANUP_NVRAM struct nvram after = NVRAM_INIT;
	const struct guid global = NVRAM_GLOBAL,
			  security = GUID(0xd719b2cb, 0x3d3a, 0x4596, 0xa3bc, 0xdad00e67656f);
	const struct nvram_file manager = {SAMPLE_BOOTMGFW, NVRAM_WINDOWS_BOOT_MANAGER};
	struct nvram_partition other = sample_esp;
	uint16_t order[4];
	uint8_t *bytes = NULL, *new = NULL;
	struct nvram_store store;
	const char *warning;
	size_t size, new_size;

	other.number = 4;
	cr_assert_eq(nvram_encode_vmgs(&before, &global, &bytes, &size, NULL), 0);
	store = store_of(bytes, size);
	cr_assert_eq(nvram_from_template(&store, &other, &manager, false, &new, &new_size, NULL),
		     0);
	warning = nvram_key_warning(store.format, &store.nvram);
	cr_assert(warning && strstr(warning, "Secure Boot"));
	cr_assert_eq(nvram_decode(new, new_size, "t", &after, NULL), 0);
	cr_assert_eq(nvram_boot_order(&after, order, 4), 2u);
	cr_assert(order[0] == 1 && order[1] == 0);
	nvram_store_done(&store);
	free(new);
	nvram_done(&after);

	cr_assert_eq(nvram_set(&before, &global, "PK", 0x27, "x", 1, NULL), 0);
	cr_assert_eq(nvram_set(&before, &global, "KEK", 0x27, "x", 1, NULL), 0);
	cr_assert_eq(nvram_set(&before, &security, "db", 0x27, "x", 1, NULL), 0);
	cr_assert_eq(nvram_encode_vmgs(&before, &global, &bytes, &size, NULL), 0);
	store = store_of(bytes, size);
	cr_assert_eq(nvram_from_template(&store, &other, &manager, true, &new, &new_size, NULL), 0);
	warning = nvram_key_warning(store.format, &store.nvram);
	cr_assert_null(warning);
	cr_assert_eq(nvram_decode(new, new_size, "t", &after, NULL), 0);
	cr_assert_eq(nvram_boot_order(&after, order, 4), 1u);
	cr_assert(order[0] == 1 && nvram_get(&after, &global, "PK"));
	cr_assert_null(nvram_get(&after, &global, "Boot0000"), "the stale entry is gone");
	nvram_store_done(&store);
	free(new);
}

Test(nvram_boot, damaged_signature_lists_are_told)
{
	/* a list of two hashes: type, size, no header, size of one, two owners and hashes */
	uint8_t list[28 + 2 * 48] = {0x26, 0x16, 0xc4, 0xc1, 0x4c,	   0x50,
				     0x92, 0x40, 0xac, 0xa9, 0x41,	   0xf9,
				     0x36, 0x93, 0x43, 0x28, sizeof(list), [24] = 48};
	static const uint8_t bad[][2] = {{16, 27}, {16, 125}, {20, 97}, {24, 15}, {24, 47}};
	struct nvram_variable variable = {.name = NULL, .data = list, .size = sizeof(list)};
	CLEANUP_SIGNATURES struct nvram_signatures found = NVRAM_SIGNATURES_INIT;

	cr_assert_eq(nvram_read_signatures(&variable, &found, NULL), 0);
	cr_assert(found.hashes == 2 && found.certificates == 0 && found.others == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t keep = list[bad[i][0]];

		list[bad[i][0]] = bad[i][1];
		cr_assert_eq(nvram_read_signatures(&variable, &found, NULL), -EUCLEAN, "case %zu",
			     i);
		list[bad[i][0]] = keep;
	}
	variable.size--;
	cr_assert_eq(nvram_read_signatures(&variable, &found, NULL), -EUCLEAN);
}
