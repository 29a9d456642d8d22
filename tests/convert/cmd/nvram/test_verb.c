/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hvgen2 nvram as its users run it. */
#include <criterion/criterion.h>
#include <efiboot.h>
#include <efivar.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nvram/load_option.h"
#include "tests/nvram/samples.h"

#define REAL_XML   SHARED_DATA "/hyperv/dissect.target/D351C151-DAC7-4042-B434-B72D522C1E4A.xml"
#define CONTROLLER "11223344-5566-7788-99aa-bbccddeeff00"
#define ADAPTER	   "aabbccdd-5566-7788-99aa-bbccddeeff00"

static char folder[64];

/* In memory when possible: every change of a store is synced to the disk. */
static void enter_folder(void)
{
	snprintf(folder, sizeof(folder), "%s/hvgen2-nvram-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
	CLEANUP_FREE char *command = NULL;

	cr_assert_geq(asprintf(&command, "rm -rf '%s'", folder), 0);
	cr_assert_eq(system(command), 0);
}

TestSuite(nvram_verb, .init = enter_folder, .fini = leave_folder);

static char output[1 << 20];

/* Run "hvgen2 nvram ..." and keep what it prints, errors too. Returns its exit status. */
static int PRINTF_LIKE(1, 2) hvgen2(const char *format, ...)
{
	CLEANUP_FREE char *arguments = NULL;
	CLEANUP_FREE char *command = NULL;
	va_list args;
	FILE *pipe;
	size_t size;

	va_start(args, format);
	cr_assert_geq(vasprintf(&arguments, format, args), 0);
	va_end(args);
	cr_assert_geq(asprintf(&command, "COLUMNS=9999 %s nvram %s 2>&1", HVGEN2, arguments), 0);
	pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	size = fread(output, 1, sizeof(output) - 1, pipe);
	output[size] = '\0';
	return WEXITSTATUS(pclose(pipe));
}

#define RUN(status, ...)                                                                           \
	do {                                                                                       \
		int got_ = hvgen2(__VA_ARGS__);                                                    \
		cr_assert_eq(got_, status, "exit status %d: %s", got_, output);                    \
	} while (0)

static void assert_says(const char *text)
{
	cr_assert(strstr(output, text), "no '%s' in: %s", text, output);
}

static json_t *listed(const char *store)
{
	json_t *json;

	RUN(0, "list --json %s", store);
	json = json_loads(output, 0, NULL);
	cr_assert_not_null(json, "%s", output);
	return json;
}

/* The types in boot order, as letters, and the numbers: "F0004 D0001". */
static void assert_order(const char *store, const char *expected)
{
	json_t *json = listed(store), *entry;
	char got[256] = "";
	size_t i;

	json_array_foreach(json_object_get(json, "entries"), i, entry)
	{
		size_t used = strlen(got);

		snprintf(got + used, sizeof(got) - used, "%s%c%s", i ? " " : "",
			 json_string_value(json_object_get(entry, "type"))[0],
			 json_string_value(json_object_get(entry, "number")));
	}
	json_decref(json);
	cr_assert_str_eq(got, expected, "'%s', expected '%s'", got, expected);
}

/* Every load option of the store is one for libefiboot. */
static void assert_valid(const char *path)
{
	CLEANUP_STORE struct nvram_store store = NVRAM_STORE_INIT;
	uint16_t numbers[64];
	size_t count;

	cr_assert_eq(nvram_store_open(path, &store, NULL), 0);
	count = nvram_boot_numbers(&store.nvram, numbers, 64);
	for (size_t i = 0; i < count; i++) {
		const struct guid global = NVRAM_GLOBAL;
		const struct nvram_variable *variable;
		char name[16];

		snprintf(name, sizeof(name), "Boot%04X", numbers[i]);
		variable = nvram_get(&store.nvram, &global, name);
		cr_assert(efi_loadopt_is_valid((efi_load_option *)variable->data, variable->size),
			  "%s", name);
	}
}

/* A GPT disk whose ESP is the third entry of the array, by another tool. */
static void make_disk(const char *path)
{
	CLEANUP_FREE char *command = NULL;

	cr_assert_geq(
		asprintf(
			&command,
			"truncate -s 300M %s && sgdisk -n 3:2048:+100M -t 3:ef00 -u 3:65604577-96f4-4851-"
			"872f-df5886722450 -n 1:300000:+50M %s > /dev/null",
			path, path),
		0);
	if (system("command -v sgdisk > /dev/null") != 0)
		cr_skip_test("no sgdisk");
	cr_assert_eq(system(command), 0);
}

/* Network, boot disk, data disk, DVD and a File entry on top, in a store of each kind. */
static void make_store(const char *format, const char *store)
{
	FILE *file = fopen("empty.json", "we");

	fputs("{\"version\": 2, \"variables\": []}\n", file);
	fclose(file);
	if (strcmp(format, "xml") == 0) {
		CLEANUP_FREE char *command = NULL;

		if (access(REAL_XML, R_OK) < 0)
			cr_skip_test("no real configuration");
		cr_assert_geq(asprintf(&command, "cp %s %s && chmod 640 %s", REAL_XML, store,
				       store),
			      0);
		cr_assert_eq(system(command), 0);
		RUN(0, "remove network:0 drive:0 %s", store);
	} else {
		RUN(0, "export --experimental --format %s -o %s empty.json", format, store);
	}
	RUN(0, "add-network --adapter %s %s", ADAPTER, store);
	RUN(0, "add-drive --controller %s --lun 0 %s", CONTROLLER, store);
	RUN(0, "add-drive --controller %s --lun 1 --description 'Data disk' %s", CONTROLLER, store);
	RUN(0, "add-drive --controller %s --lun 2 --description DVD %s", CONTROLLER, store);
	RUN(0, "add-file --disk disk.img %s", store);
	assert_order(store, "F0004 N0000 D0001 D0002 D0003");
}

static const char *const formats[] = {"json", "vmgs", "vmgs-v1", "ovmf", "xml"};

/* The case this verb was made for. */
Test(nvram_verb, a_boot_order_with_a_file_entry_survives)
{
	make_disk("disk.img");
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char store[32];

		snprintf(store, sizeof(store), "store%zu", i);
		make_store(formats[i], store);
		RUN(0, "first drive:2 %s", store);
		assert_order(store, "D0003 F0004 N0000 D0001 D0002");
		RUN(3, "order network:0 %s", store);
		assert_says("refused [entries-lost]");
		assert_says("File Boot0004 'Windows Boot Manager'");
		assert_order(store, "D0003 F0004 N0000 D0001 D0002");
		RUN(0, "order --drop network:0 %s", store);
		assert_order(store, "N0000");
		RUN(0, "add-file --disk disk.img %s", store);
		assert_order(store, "F0001 N0000");
		assert_valid(store);
		RUN(0, "list %s", store);
		assert_says("\\HD(3,GPT,65604577-96F4-4851-872F-DF5886722450,0x800,0x32000)"
			    "\\EFI\\Microsoft\\Boot\\bootmgfw.efi");
		assert_says("WINDOWS BCDOBJECT={9dea862c-5cdd-4e70-acc1-f32b344d4795}");
		assert_says("\\AcpiEx(VMBus,0,0)\\VenHw(9B17E5A2-0891-42DD-B653-80B5C22809BA,"
			    "635161F83EDFC546913FF2D2F965ED0EDDCCBBAA6655887799AABBCCDDEEFF00)"
			    "\\MAC(000000000000)");
	}
}

/* What never was in BootOrder is not lost by a new one, and stays with --drop as well. */
Test(nvram_verb, an_order_loses_only_what_was_in_it)
{
	make_disk("disk.img");
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char store[32];

		snprintf(store, sizeof(store), "store%zu", i);
		make_store(formats[i], store);
		RUN(0, "export -f --variable Boot0003 --format efivar -o dvd %s", store);
		RUN(0, "remove 0003 %s", store);
		RUN(0, "import dvd %s", store);
		RUN(3, "order 0004 0000 0001 %s", store);
		assert_says("would lose Drive Boot0002 'Data disk'; name them");
		RUN(0, "order 0002 0001 0000 0004 %s", store);
		assert_order(store, "D0002 D0001 N0000 F0004 D0003");
		RUN(0, "list %s", store);
		assert_says("(not in BootOrder)");
		RUN(0, "order --drop 0004 0000 %s", store);
		assert_order(store, "F0004 N0000 D0003");
		RUN(0, "order 0003 0000 0004 %s", store);
		assert_order(store, "D0003 N0000 F0004");
	}
}

/* A store without any BootOrder loses nothing; a number without a variable starts nothing. */
Test(nvram_verb, an_order_where_there_is_none_loses_nothing)
{
	static const char *const order = "BootOrder-8be4df61-93ca-11d2-aa0d-00e098032b8c";

	make_disk("disk.img");
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char store[32];

		snprintf(store, sizeof(store), "store%zu", i);
		make_store(formats[i], store);
		RUN(0, "export -f --variable Boot0004 --format efivar -o file %s", store);
		RUN(0, "export -f --variable Boot0001 --format efivar -o drive %s", store);
		RUN(0, "remove 0000 0001 0002 0003 0004 %s", store);
		RUN(0, "import file %s", store);
		RUN(0, "import drive %s", store);
		RUN(2, "export --variable BootOrder --format efivar -o none %s", store);
		RUN(0, "order 0001 %s", store);
		assert_order(store, "D0001 F0004");
		RUN(0, "export -f --variable BootOrder --format efivarfs -o %s %s", order, store);
		RUN(0, "remove 0001 %s", store);
		RUN(0, "import %s %s", order, store);
		RUN(0, "order 0004 %s", store);
		assert_order(store, "F0004");
	}
}

/* A refusal of many entries says how many it does not name. */
Test(nvram_verb, many_lost_entries_are_counted)
{
	make_disk("disk.img");
	make_store("json", "store");
	for (int i = 3; i < 12; i++)
		RUN(0, "add-drive --controller %s --lun %d store", CONTROLLER, i);
	RUN(3, "order 0000 store");
	assert_says("File Boot0004 'Windows Boot Manager', Drive Boot0001 'EFI SCSI Device'");
	assert_says("'EFI SCSI Device' and 5 more; name them");
}

static int by_path(const void *a, const void *b)
{
	return -strcmp(json_string_value(json_object_get(*(json_t *const *)a, "firmwarePath")),
		       json_string_value(json_object_get(*(json_t *const *)b, "firmwarePath")));
}

/* Sorting by firmware path: read 'list --json', sort, give the numbers to 'order'. */
Test(nvram_verb, entries_can_be_sorted_by_path)
{
	make_disk("disk.img");
	make_store("vmgs", "store");
	json_t *json = listed("store"), *entries = json_object_get(json, "entries");
	json_t *sorted[5];
	char numbers[64] = "";

	for (size_t i = 0; i < 5; i++)
		sorted[i] = json_array_get(entries, i);
	qsort(sorted, 5, sizeof(sorted[0]), by_path);
	for (size_t i = 0; i < 5; i++) {
		strncat(numbers, json_string_value(json_object_get(sorted[i], "number")), 8);
		strncat(numbers, " ", 2);
	}
	json_decref(json);
	RUN(0, "order %s store", numbers);
	assert_order("store", "F0004 D0003 D0002 D0001 N0000");
}

Test(nvram_verb, entries_are_named_in_three_ways)
{
	make_disk("disk.img");
	make_store("json", "store");
	RUN(0, "first 0002 store");
	assert_order("store", "D0002 F0004 N0000 D0001 D0003");
	RUN(0, "first DVD store");
	assert_order("store", "D0003 D0002 F0004 N0000 D0001");
	RUN(0, "first File:0 store");
	assert_order("store", "F0004 D0003 D0002 N0000 D0001");
	RUN(0, "remove 0003 'Data disk' store");
	assert_order("store", "F0004 N0000 D0001");
	RUN(2, "first drive:1 store");
	RUN(2, "first drive:x store");
	RUN(2, "first 0009 store");
	RUN(2, "order 0000 network:0 store");
	assert_says("are the same entry");
	RUN(0, "add-drive --controller %s --lun 7 store", CONTROLLER);
	RUN(2, "first 'EFI SCSI Device' store");
	assert_says("is the description of Boot0001 and of Boot0002");
}

Test(nvram_verb, an_equal_entry_is_reused_and_a_stale_one_replaced)
{
	make_disk("disk.img");
	make_store("vmgs", "store");
	RUN(0, "add-file --disk disk.img store");
	assert_order("store", "F0004 N0000 D0001 D0002 D0003");
	cr_assert_eq(system("sgdisk -u 3:R disk.img > /dev/null"), 0);
	RUN(0, "add-file --disk disk.img store");
	assert_order("store", "F0005 F0004 N0000 D0001 D0002 D0003");
	cr_assert_eq(system("sgdisk -u 3:R disk.img > /dev/null"), 0);
	RUN(0, "add-file --disk disk.img --replace store");
	assert_order("store", "F0006 N0000 D0001 D0002 D0003");
	RUN(0,
	    "add-file --disk disk.img --path '\\EFI\\Boot\\bootx64.efi' --description Other store");
	assert_order("store", "F0004 F0006 N0000 D0001 D0002 D0003");
	assert_valid("store");
	RUN(2, "add-file --disk disk.img --path EFI store");
	RUN(2, "add-file store");
	RUN(2, "add-file --disk disk.img --partition 1 store");
	assert_says("'disk.img': partition 1 is no EFI system partition");
	RUN(3, "add-file --disk empty.json store");
}

Test(nvram_verb, of_two_system_partitions_one_is_named)
{
	make_disk("disk.img");
	make_store("vmgs", "store");
	cr_assert_eq(system("sgdisk -t 1:ef00 disk.img > /dev/null"), 0);
	RUN(2, "add-file --disk disk.img store");
	assert_says("'disk.img': partitions 1 and 3 are both EFI system partitions; say which with "
		    "'--partition'");
	RUN(2, "add-file --disk disk.img --partition 0 store");
	RUN(2, "add-file --disk disk.img --partition 2 store");
	RUN(0, "add-file --disk disk.img --partition 1 store");
	assert_order("store", "F0005 F0004 N0000 D0001 D0002 D0003");
	RUN(0, "show 0005 store");
	assert_says("HD(1,GPT,");
	RUN(0, "add-file --disk disk.img --partition 3 store");
	assert_order("store", "F0004 F0005 N0000 D0001 D0002 D0003");
	assert_valid("store");
}

Test(nvram_verb, a_dry_run_and_a_failure_write_nothing)
{
	struct stat before, after;

	make_disk("disk.img");
	make_store("vmgs", "store");
	cr_assert_eq(stat("store", &before), 0);
	RUN(0, "first DVD --dry-run store");
	assert_says("dry run");
	RUN(0, "first DVD -n --json store");
	assert_says("\"dryRun\": true");
	RUN(3, "order 0000 store");
	RUN(2, "first 9999 store");
	RUN(0, "first 0004 store"); /* it is the first: nothing changes */
	cr_assert_eq(stat("store", &after), 0);
	cr_assert(before.st_ino == after.st_ino && before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
	assert_order("store", "F0004 N0000 D0001 D0002 D0003");
}

Test(nvram_verb, mode_and_link_of_a_store_stay)
{
	struct stat st;

	make_disk("disk.img");
	make_store("vmgs", "store");
	cr_assert_eq(chmod("store", 0604), 0);
	cr_assert_eq(symlink("store", "link"), 0);
	RUN(0, "first DVD link");
	cr_assert_eq(lstat("link", &st), 0);
	cr_assert(S_ISLNK(st.st_mode));
	cr_assert_eq(stat("store", &st), 0);
	cr_assert_eq(st.st_mode & 07777, 0604u);
	assert_order("store", "D0003 F0004 N0000 D0001 D0002");
	cr_assert_eq(system("test -z \"$(ls -A | grep '^\\.store')\""), 0,
		     "a temporary file is left");
}

Test(nvram_verb, settings_are_of_configurations_only)
{
	make_disk("disk.img");
	make_store("vmgs", "web01.vmgs");
	RUN(3, "set pause-after-boot-failure on web01.vmgs");
	assert_says("Get-VM -Name 'web01' | Set-VMFirmware -PauseAfterBootFailure On");
	RUN(3, "set network-boot-protocol ipv6 web01.vmgs");
	assert_says("Set-VMFirmware -PreferredNetworkBootProtocol IPv6");
	cr_assert_eq(rename("web01.vmgs", "D351C151-DAC7-4042-B434-B72D522C1E4A.vmgs"), 0);
	RUN(3, "set pause-after-boot-failure off D351C151-DAC7-4042-B434-B72D522C1E4A.vmgs");
	assert_says(
		"Get-VM -Id D351C151-DAC7-4042-B434-B72D522C1E4A | Set-VMFirmware -PauseAfterBootFailure Off");
	make_store("xml", "vm.xml");
	RUN(0, "set network-boot-protocol ipv6 vm.xml");
	RUN(0, "set pause-after-boot-failure On vm.xml");
	cr_assert_eq(
		system("iconv -f utf-16 -t utf-8 vm.xml | grep -c -e '<pxe_preferred_protocol "
		       "type=\"integer\">6<' -e '<pause_after_boot_failure type=\"bool\">True<' | "
		       "grep -qx 2"),
		0);
	RUN(2, "set pause-after-boot-failure perhaps vm.xml");
	RUN(2, "set colour blue vm.xml");
	assert_order("vm.xml", "F0004 N0000 D0001 D0002 D0003");
}

/* Through every container and back: what 'export' to JSON says stays the same. */
Test(nvram_verb, round_trips)
{
	make_disk("disk.img");
	make_store("json", "start.json");
	RUN(0, "export -o expected.json start.json");
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char store[32];

		snprintf(store, sizeof(store), "store%zu", i);
		make_store(formats[i], store);
		RUN(0, "remove 0000 0001 0002 0003 0004 %s", store);
		RUN(0, "import --replace expected.json %s", store);
		RUN(0, "export -f -o got.json %s", store);
		RUN(0, "import --replace got.json start.json");
		cr_assert_eq(system("cmp expected.json got.json"), 0, "%s", formats[i]);
	}
	RUN(0, "export --format list -o list start.json");
	RUN(0, "export --format vmgs -o via.vmgs list");
	RUN(0, "export -f -o got.json via.vmgs");
	cr_assert_eq(system("cmp expected.json got.json"), 0);
	RUN(3, "export --format vmgs-v1 -o new list");
	RUN(3, "export --format vmgs -o via.vmgs list");
	assert_says("[output-exists]");
}

Test(nvram_verb, single_variables_come_and_go)
{
	make_disk("disk.img");
	make_store("vmgs", "store");
	RUN(0, "export --variable BootOrder --format efivarfs -o "
	       "BootOrder-8be4df61-93ca-11d2-aa0d-00e098032b8c store");
	RUN(0, "export --variable Boot0003 --format efivar -o dvd store");
	RUN(0, "order --drop network:0 store");
	RUN(0, "import dvd store");
	assert_order("store", "N0000 D0003");
	RUN(0, "list store");
	assert_says("(not in BootOrder)");
	RUN(0, "import BootOrder-8be4df61-93ca-11d2-aa0d-00e098032b8c store");
	assert_order("store", "O0004 N0000 O0001 O0002 D0003");
	RUN(2, "export --variable Nothing store");
	RUN(2, "export --format efivar store");
}

/*
 * The VHD around both versions for qemu-img, told not to go by the geometry, which openvmm leaves
 * zero too; the GPT of version 1 for sgdisk.
 */
Test(nvram_verb, other_tools_read_the_wrapping)
{
	make_disk("disk.img");
	make_store("vmgs", "three");
	make_store("vmgs-v1", "one");
	if (system("command -v qemu-img > /dev/null") != 0)
		cr_skip_test("no qemu-img");
	cr_assert_eq(
		system("for f in one three; do qemu-img info --output json --image-opts driver=vpc,"
		       "file.driver=file,file.filename=$f,force_size_calc=current_size | "
		       "grep -q '\"virtual-size\": 4194304' || exit 1; done"),
		0);
	cr_assert_eq(system("head -c 4194304 one > one.img && sgdisk -v one.img | "
			    "grep -q 'No problems found'"),
		     0);
	RUN(0, "show --all one");
	RUN(0, "add-file --disk disk.img --description New one");
	assert_says("no Secure Boot keys");
}

Test(nvram_verb, only_what_a_store_can_keep_is_imported)
{
	FILE *file = fopen("bad.json", "we");

	fputs("{\"version\": 2, \"variables\": [{\"name\": \"A\", \"guid\": "
	      "\"8be4df61-93ca-11d2-aa0d-00e098032b8c\", \"attr\": 71, \"data\": \"00\"}, "
	      "{\"name\": \"B\", \"guid\": \"8be4df61-93ca-11d2-aa0d-00e098032b8c\", \"attr\": 7}]}",
	      file);
	fclose(file);
	make_disk("disk.img");
	make_store("vmgs", "store");
	RUN(4, "import --variable A bad.json store");
	assert_says("attributes 0x47");
	RUN(4, "import --variable B bad.json store");
	assert_order("store", "F0004 N0000 D0001 D0002 D0003");
}

Test(nvram_verb, secure_boot_databases_are_summarised)
{
	if (access("/usr/share/OVMF/OVMF_VARS_4M.ms.fd", R_OK) < 0)
		cr_skip_test("no firmware images: package ovmf");
	RUN(0, "show --all /usr/share/OVMF/OVMF_VARS_4M.ms.fd");
	assert_says("certificate: Microsoft Windows Production PCA 2011");
	assert_says("certificate: Microsoft Corporation KEK CA 2011");
	assert_says("SHA-256 hashes");
	RUN(0, "show --all --json /usr/share/OVMF/OVMF_VARS_4M.ms.fd");
	json_t *json = json_loads(output, 0, NULL);
	cr_assert_not_null(json);
	json_decref(json);
	RUN(0, "show 0001 /usr/share/OVMF/OVMF_VARS_4M.ms.fd");
	RUN(2, "show /usr/share/OVMF/OVMF_VARS_4M.ms.fd");
}

Test(nvram_verb, wrong_usage_is_told)
{
	RUN(2, "%s", "");
	RUN(2, "list");
	RUN(2, "frobnicate x");
	RUN(2, "list --drop x");
	assert_says("means nothing to 'nvram list'");
	RUN(2, "add-network --adapter x y");
	RUN(1, "list absent");
	cr_assert_eq(system("echo hello > text"), 0);
	RUN(4, "list text");
}
