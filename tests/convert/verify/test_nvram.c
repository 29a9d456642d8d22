/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checks of the NVRAM store against the ESP. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "nvram/nvram.h"
#include "tests/support/scratch.h"
#include "fixture.h"

#define BOOT_MANAGER "\\EFI\\Microsoft\\Boot\\bootmgfw.efi"

static const struct guid global = {{0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d,
				    0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c}};
static struct fixture fixture;
static struct nvram nvram;
static struct nvram_partition esp;
static char store[700];

static void set_up(void)
{
	fixture_init(&fixture);
	snprintf(store, sizeof(store), "%s/disk.vmgs", fixture.folder);
	verify_gpt(fixture.verify);
	verify_esp(fixture.verify);
	verify_boot_files(fixture.verify);
	esp = (struct nvram_partition){1, FIXTURE_ESP_LBA, FIXTURE_ESP_SECTORS,
				       fixture.verify->esp->unique};
}

static void tear_down(void)
{
	nvram_done(&nvram);
	fixture_done(&fixture);
}

TestSuite(verify_nvram, .init = set_up, .fini = tear_down);

static void add_entry(const char *path)
{
	struct error err = ERROR_INIT;

	cr_assert_eq(nvram_add_windows_boot_manager(&nvram, &esp, path, NULL, &err), 0, "%s",
		     err.message);
}

/* Write the variables as the sister file, and check. */
static void check(void)
{
	const struct guid id = {{1, 2, 3}};
	CLEANUP_FREE uint8_t *bytes = NULL;
	struct error err = ERROR_INIT;
	size_t size;

	cr_assert_eq(nvram_encode_vmgs(&nvram, &id, &bytes, &size, &err), 0, "%s", err.message);
	file_write(store, bytes, size);
	verify_nvram(fixture.verify);
}

Test(verify_nvram, no_store)
{
	verify_nvram(fixture.verify);
	assert_skipped(&fixture, "nvram");
}

Test(verify_nvram, named_store_does_not_exist)
{
	fixture.verify->store_path = "/nonexistent/store.vmgs";
	verify_nvram(fixture.verify);
	assert_fail(&fixture, "nvram", "No such file");
}

Test(verify_nvram, accepts_the_entry)
{
	add_entry(BOOT_MANAGER);
	check();
	assert_ok(&fixture, "nvram");
	assert_ok(&fixture, "nvram-first");
	assert_ok(&fixture, "nvram-partition");
	assert_ok(&fixture, "nvram-file");
	assert_ok(&fixture, "nvram-libefiboot");
	cr_assert_not_null(
		strstr(fixture_result(&fixture, "nvram-libefiboot")->detail, "HD(1,GPT,"));
}

Test(verify_nvram, accepts_an_ovmf_store)
{
	CLEANUP_FREE uint8_t *bytes = NULL;
	size_t size;

	add_entry(BOOT_MANAGER);
	cr_assert_eq(nvram_encode_ovmf(&nvram, &bytes, &size, NULL), 0);
	snprintf(store, sizeof(store), "%s/vars.fd", fixture.folder);
	file_write(store, bytes, size);
	fixture.verify->store_path = store;
	verify_nvram(fixture.verify);
	assert_ok(&fixture, "nvram-libefiboot");
	cr_assert_eq(fixture.verify->counts[VERIFY_FAIL], 0);
}

Test(verify_nvram, wrong_guid)
{
	esp.guid.bytes[3] ^= 1;
	add_entry(BOOT_MANAGER);
	check();
	assert_ok(&fixture, "nvram-first");
	assert_fail(&fixture, "nvram-partition", "the ESP is {");
}

Test(verify_nvram, wrong_number)
{
	esp.number = 2;
	add_entry(BOOT_MANAGER);
	check();
	assert_fail(&fixture, "nvram-partition", "names partition 2");
}

Test(verify_nvram, wrong_start)
{
	esp.start_lba++;
	add_entry(BOOT_MANAGER);
	check();
	assert_fail(&fixture, "nvram-partition", "from LBA 2049");
}

Test(verify_nvram, file_is_not_there)
{
	add_entry("\\EFI\\Microsoft\\Boot\\bootmgfx.efi");
	check();
	assert_ok(&fixture, "nvram-partition");
	assert_fail(&fixture, "nvram-file", "bootmgfx.efi");
}

Test(verify_nvram, file_is_no_program)
{
	add_entry("\\EFI\\Microsoft\\Boot\\BCD");
	check();
	assert_fail(&fixture, "nvram-file", "no PE file");
}

Test(verify_nvram, inactive_entry)
{
	uint8_t option[1024];
	const struct nvram_variable *variable;

	add_entry(BOOT_MANAGER);
	variable = nvram_get(&nvram, &global, "Boot0000");
	cr_assert_not_null(variable);
	cr_assert_leq(variable->size, sizeof(option));
	memcpy(option, variable->data, variable->size);
	option[0] = 0;
	cr_assert_eq(nvram_set(&nvram, &global, "Boot0000", 7, option, variable->size, NULL), 0);
	check();
	assert_fail(&fixture, "nvram-first", "not active");
}

Test(verify_nvram, no_boot_order)
{
	add_entry(BOOT_MANAGER);
	cr_assert(nvram_remove(&nvram, &global, "BootOrder"));
	check();
	assert_fail(&fixture, "nvram-first", "no BootOrder");
}

Test(verify_nvram, entry_missing)
{
	static const uint8_t order[] = {0, 0, 9, 0};

	add_entry(BOOT_MANAGER);
	cr_assert_eq(nvram_set(&nvram, &global, "BootOrder", 7, order, sizeof(order), NULL), 0);
	check();
	assert_ok(&fixture, "nvram-first");
	assert_fail(&fixture, "nvram-libefiboot", "Boot0009");
}

Test(verify_nvram, damaged_store)
{
	static const uint8_t zeros[4096];

	add_entry(BOOT_MANAGER);
	file_write(store, zeros, sizeof(zeros));
	verify_nvram(fixture.verify);
	assert_status(&fixture, VERIFY_FAIL, "nvram");
	cr_assert_eq(fixture.verify->counts[VERIFY_OK] + fixture.verify->counts[VERIFY_FAIL],
		     fixture.verify->result_count);
}
