/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan of a generation 2 VM, and its script. */
#include <criterion/criterion.h>
#include <string.h>

#include "common/checked.h"
#include "convert/vm/emit/powershell.h"
#include "tests/convert/vm/config.h"
#include "tests/convert/vm/emit/tokens.h"

static const struct nvram_file windows_loader = {"\\EFI\\Microsoft\\Boot\\bootmgfw.efi",
						 NVRAM_WINDOWS_BOOT_MANAGER};

#define FIRMWARE "_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_/"
#define NIC	 "_a87b1c90-2f3e-4c5d-9d10-77e0c4b2f615_/"

struct made {
	struct vm vm;
	struct vm_output outputs[8];
	size_t count;
	struct vm_plan plan;
	struct error err;
};

static void made_done(struct made *made)
{
	vm_plan_done(&made->plan);
	vm_done(&made->vm);
}
#define CLEANUP_MADE CLEANUP(made_done)

static void name_outputs(struct made *made)
{
	for (size_t c = 0; c < made->vm.controller_count; c++)
		for (size_t d = 0; d < made->vm.controllers[c].count; d++) {
			const struct vm_drive *drive = &made->vm.controllers[c].drives[d];

			if (drive->kind == VM_DRIVE_DISK)
				made->outputs[made->count++] =
					(struct vm_output){&made->vm.controllers[c], drive,
							   drive->is_boot ? "vm.vhdx"
									  : "data.vhdx"};
		}
}

static int make(struct made *made, const char *drop, const char *line,
		const struct vm_wishes *wishes)
{
	CLEANUP_VM_TREE struct vm_tree tree = config_tree(drop, line);

	*made = (struct made){.count = 0};
	cr_assert_eq(vm_extract(&tree, &made->vm, &made->err), 0, "%s", made->err.message);
	name_outputs(made);
	return vm_plan_make(&made->vm, made->outputs, made->count, wishes, &made->plan, &made->err);
}

static char *script_of(const struct made *made)
{
	struct buffer out = BUFFER_INIT;

	emit_powershell(&made->plan, &out);
	return buffer_take_text(&out);
}

static const struct vm_wishes none;

Test(vm_emit, plan)
{
	CLEANUP_MADE struct made made;

	cr_assert_eq(make(&made, NULL, NULL, &none), 0);
	cr_expect_str_eq(made.plan.name, "FILES-01");
	cr_expect_eq(made.plan.startup_bytes.value, UINT64_C(4) << 30);
	cr_expect_eq(made.plan.maximum_bytes.value, UINT64_C(8) << 30);
	cr_expect_eq(made.plan.memory_priority.value, 50);
	cr_expect_eq(made.plan.processors.limit.value, 100);
	cr_expect_eq(made.plan.controller_count, 1);
	cr_expect_eq(made.plan.disk_count, 3);
	cr_expect_eq(made.plan.dvd_count, 1);
	cr_expect_str_eq(made.plan.dvds[0].path, "D:\\ISO\\tools.iso");
	cr_expect_eq(made.plan.adapter_count, 2);
	cr_expect(made.plan.adapters[0].has_mac, "a dynamic address that was given stays");
	cr_expect_str_eq(made.plan.adapters[1].switch_name, "LAN");
	cr_expect(made.plan.secure_boot);
	cr_expect_str_eq(made.plan.stop_action, "ShutDown");
	cr_expect_eq(made.plan.automatic_checkpoints, VM_NO, "a client host would make some");
}

Test(vm_emit, wishes)
{
	static const struct vm_switch_map map = {"LAN", "Production"};
	const struct guid id = GUID(1, 2, 3, 4, 5);
	const struct vm_wishes wishes = {.name = "web",
					 .no_secure_boot = true,
					 .new_id = &id,
					 .dynamic_macs = true,
					 .switches = &map,
					 .switch_count = 1};
	CLEANUP_MADE struct made made;

	cr_assert_eq(make(&made, NULL, NULL, &wishes), 0);
	cr_expect_str_eq(made.plan.name, "web");
	cr_expect_not(made.plan.secure_boot);
	cr_expect(guid_equal(&made.plan.bios_guid.guid, &id));
	cr_expect_not(guid_equal(&made.plan.old_bios_guid.guid, &id));
	cr_expect_null(made.plan.serials[0], "another machine has other numbers");
	cr_expect_not(made.plan.adapters[0].has_mac);
	cr_expect(made.plan.adapters[1].has_mac, "it was static");
	cr_expect_str_eq(made.plan.adapters[0].switch_name, "Production");
}

Test(vm_emit, memory_that_is_not_dynamic_has_no_limits)
{
	CLEANUP_MADE struct made made;

	cr_assert_eq(make(&made, "settings/memory/bank/dynamic",
			  "settings/memory/bank/dynamic_memory_enabled bool false", &none),
		     0);
	cr_expect_eq(made.plan.is_dynamic, VM_NO);
	cr_expect_not(made.plan.maximum_bytes.is_present);
	cr_expect_not(made.plan.minimum_bytes.is_present);
}

Test(vm_emit, an_adapter_that_is_not_connected_has_no_switch)
{
	CLEANUP_MADE struct made made;

	cr_assert_eq(make(&made, NIC "IsConnected", NIC "IsConnected bool false", &none), 0);
	cr_expect_null(made.plan.adapters[0].switch_name);
	cr_expect_str_eq(made.plan.adapters[1].switch_name, "LAN");
}

Test(vm_emit, what_xml_cannot_hold_is_told)
{
	CLEANUP_MADE struct made made;

	cr_assert_eq(make(&made, FIRMWARE "chassis/asset_tag",
			  FIRMWARE "chassis/asset_tag string a\x01<b>&", &none),
		     0);
	cr_expect_str_eq(made.plan.serials[3], "a\\u0001<b>&");
	cr_expect_eq(made.plan.warnings.count, 1);
}

Test(vm_emit, without_a_boot_disk_there_is_no_plan)
{
	CLEANUP_MADE struct made made;

	cr_assert_eq(make(&made, NULL, NULL, &none), 0);
	vm_plan_done(&made.plan);
	cr_expect_lt(vm_plan_make(&made.vm, made.outputs + 1, made.count - 1, &none, &made.plan,
				  &made.err),
		     0);
	cr_expect_eq(made.err.refusal, REFUSAL_NO_BOOT_DISK);
	cr_expect_str_eq(made.err.advice, "convert the disk that it starts from too");
}

Test(vm_emit, a_wished_name_has_limits)
{
	const struct vm_wishes empty = {.name = ""};
	CLEANUP_MADE struct made made;

	cr_expect_lt(make(&made, NULL, NULL, &empty), 0);
	cr_expect_eq(made.err.refusal, REFUSAL_VM_NAME);
	cr_expect_str_eq(made.err.advice, "give another one with --name");
}

/* Where the value of 'key' begins, its first one. */
static const char *value_of(const char *script, const char *key)
{
	CLEANUP_BUFFER struct buffer line = BUFFER_INIT;
	CLEANUP_FREE char *text = NULL;
	const char *at;

	buffer_printf(&line, "\t%s = ", key);
	text = buffer_take_text(&line);
	at = strstr(script, text);
	cr_assert_not_null(at, "%s", key);
	return at + strlen(text);
}

static void expect_text(const char *script, const char *key, const char *expected)
{
	CLEANUP_BUFFER struct buffer value = BUFFER_INIT, units = BUFFER_INIT;
	const char *at = value_of(script, key);

	cr_assert(tokens_value(&at, &value), "%s: %.60s", key, at);
	tokens_units(expected, &units);
	cr_expect_eq(value.size, units.size, "%s", key);
	cr_expect_eq(memcmp(value.data, units.data, units.size), 0, "%s", key);
	cr_expect_eq(*at, '\r', "%s: %.20s", key, at);
}

Test(vm_emit, names_are_unicode)
{
	const struct vm_wishes wishes = {.name = "a\xff"};
	CLEANUP_MADE struct made made;

	cr_expect_lt(make(&made, NULL, NULL, &wishes), 0);
	cr_expect_eq(made.err.kind, ERROR_USAGE);
}

Test(vm_emit, script)
{
	const struct nvram_partition esp = {1, 2048, 532480, GUID(0xabcdef01, 2, 3, 4, 5)};
	const struct vm_wishes wishes = {.esp = &esp,
					 .loader = &windows_loader,
					 .store = "vm.vmgs"};
	CLEANUP_MADE struct made made;
	CLEANUP_FREE char *script = NULL;

	cr_assert_eq(make(&made, NULL, NULL, &wishes), 0);
	script = script_of(&made);
	cr_expect_eq(strncmp(script, "\xef\xbb\xbf#Requires -Version 4.0\r\n", 27), 0);
	cr_expect_null(strstr(script, "$Plan = @{}"), "the plan took its place");
	expect_text(script, "Name", "FILES-01");
	expect_text(script, "File", "vm.vhdx");
	expect_text(script, "Mac", "00155D0A1401");
	expect_text(script, "GuestState", "vm.vmgs");
	cr_expect_not_null(
		strstr(script,
		       "Path = 'HD(1,GPT,ABCDEF01-0002-0003-0004-000000000005,0x800,0x82000)/"
		       "\\EFI\\Microsoft\\Boot\\bootmgfw.efi'\r\n"));
}

/* No line end but CR LF, whatever the names hold. */
Test(vm_emit, names_end_no_line)
{
	CLEANUP_MADE struct made made;
	CLEANUP_FREE char *script = NULL;
	size_t lines = 0, ends = 0;

	cr_assert_eq(make(&made, "properties/name",
			  "properties/name string a\r'\xe2\x80\x99; calc #\xe2\x80\xa8$(x)`",
			  &none),
		     0);
	script = script_of(&made);
	for (const char *at = script; *at; at++) {
		lines += *at == '\n';
		ends += *at == '\r' && at[1] == '\n';
		cr_assert(*at != '\r' || at[1] == '\n');
	}
	cr_expect_eq(lines, ends);
	expect_text(script, "Name", "a\r'\xe2\x80\x99; calc #\xe2\x80\xa8$(x)`");
}
