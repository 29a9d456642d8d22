/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine of QEMU and KVM, and its domain XML. */
#include <criterion/criterion.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/xpath.h>
#include <string.h>
#include <unistd.h>

#include "common/checked.h"
#include "convert/vm/emit/kvm/libvirt.h"
#include "convert/vm/emit/kvm/proxmox.h"
#include "domain_text.h"
#include "tests/convert/vm/config.h"

#define SCHEMA "/usr/share/libvirt/schemas/domain.rng"
#define MEMORY "settings/memory/bank/"
#define NIC    "_a87b1c90-2f3e-4c5d-9d10-77e0c4b2f615_/"

struct made {
	struct vm vm;
	struct vm_output outputs[8];
	size_t count;
	struct vm_plan plan;
	struct kvm_machine machine;
	struct buffer xml;
	xmlDocPtr document;
	struct error err;
};

static void made_done(struct made *made)
{
	xmlFreeDoc(made->document);
	buffer_done(&made->xml);
	kvm_machine_done(&made->machine);
	vm_plan_done(&made->plan);
	vm_done(&made->vm);
}
#define CLEANUP_MADE CLEANUP(made_done)

static const struct kvm_wishes usual = {.folder = "/srv/vm & co",
					.store = "/srv/vm & co/vm.fd",
					.store_size = 540672};

static void name_outputs(struct made *made)
{
	for (size_t c = 0; c < made->vm.controller_count; c++)
		for (size_t d = 0; d < made->vm.controllers[c].count; d++) {
			const struct vm_drive *drive = &made->vm.controllers[c].drives[d];

			if (drive->kind == VM_DRIVE_DISK)
				made->outputs[made->count++] =
					(struct vm_output){&made->vm.controllers[c], drive,
							   drive->is_boot ? "out/vm.raw"
									  : "out/data.raw"};
		}
}

static void check_schema(xmlDocPtr document)
{
	xmlRelaxNGParserCtxtPtr parser = xmlRelaxNGNewParserCtxt(SCHEMA);
	xmlRelaxNGPtr schema = xmlRelaxNGParse(parser);
	xmlRelaxNGValidCtxtPtr validator = xmlRelaxNGNewValidCtxt(schema);

	cr_assert_not_null(schema);
	cr_expect_eq(xmlRelaxNGValidateDoc(validator, document), 0,
		     "not valid by libvirt's schema");
	xmlRelaxNGFreeValidCtxt(validator);
	xmlRelaxNGFree(schema);
	xmlRelaxNGFreeParserCtxt(parser);
}

static void plan(struct made *made, const char *drop, const char *line,
		 const struct vm_wishes *wishes)
{
	CLEANUP_VM_TREE struct vm_tree tree = config_tree(drop, line);

	*made = (struct made){.count = 0};
	cr_assert_eq(vm_extract(&tree, &made->vm, &made->err), 0, "%s", made->err.message);
	name_outputs(made);
	cr_assert_eq(vm_plan_make(&made->vm, made->outputs, made->count, wishes, &made->plan,
				  &made->err),
		     0, "%s", made->err.message);
}

static void emit(struct made *made, const struct kvm_wishes *wishes)
{
	cr_assert_eq(kvm_machine_make(&made->plan, wishes, &made->machine, &made->err), 0, "%s",
		     made->err.message);
	emit_libvirt(&made->machine, &made->xml);
	cr_assert_not(made->xml.failed);
	made->document =
		xmlReadMemory((char *)made->xml.data, (int)made->xml.size, "domain", NULL, 0);
	cr_assert_not_null(made->document);
	if (access(SCHEMA, R_OK) == 0)
		check_schema(made->document);
}

static void make(struct made *made, const char *drop, const char *line)
{
	plan(made, drop, line, &(struct vm_wishes){.name = NULL});
	emit(made, &usual);
}

static void expect(const struct made *made, const char *path, const char *expected)
{
	xmlXPathContextPtr context = xmlXPathNewContext(made->document);
	CLEANUP_FREE char *whole = NULL;
	xmlXPathObjectPtr result;

	cr_assert_gt(asprintf(&whole, "string(%s)", path), 0);
	context->node = xmlDocGetRootElement(made->document);
	result = xmlXPathEvalExpression((const xmlChar *)whole, context);
	cr_assert_not_null(result, "%s", path);
	cr_expect_str_eq((const char *)result->stringval, expected, "%s is '%s' and not '%s'", path,
			 (const char *)result->stringval, expected);
	xmlXPathFreeObject(result);
	xmlXPathFreeContext(context);
}

static bool is_warned(const struct made *made, const char *text)
{
	for (size_t i = 0; i < made->machine.warnings.count; i++)
		if (strstr(made->machine.warnings.texts[i], text))
			return true;
	return false;
}

Test(vm_libvirt, sample)
{
	CLEANUP_MADE struct made made;

	make(&made, NULL, NULL);
	expect(&made, "name", "FILES-01");
	expect(&made, "uuid", "7a0e3d11-4c59-4f6b-8b3a-5d2f1c0e9a87");
	expect(&made, "description", "Owner: infrastructure team");
	expect(&made, "memory", "8388608");
	expect(&made, "currentMemory", "4194304");
	expect(&made, "vcpu", "2");
	expect(&made, "sysinfo/system/entry[@name='serial']", "3333-4444");
	expect(&made, "sysinfo/chassis/entry[@name='asset']", "5555-6666");
	expect(&made, "os/loader", "/usr/share/OVMF/OVMF_CODE_4M.fd");
	expect(&made, "os/nvram", "/srv/vm & co/vm.fd");
	expect(&made, "devices/disk[1]/source/@file", "/srv/vm & co/vm.raw");
	expect(&made, "devices/disk[1]/boot/@order", "1");
	expect(&made, "devices/disk[2]/iotune/total_iops_sec", "500");
	expect(&made, "devices/disk[4]/@device", "cdrom");
	expect(&made, "count(devices/disk)", "4");
	expect(&made, "devices/interface[1]/mac/@address", "00:15:5d:0a:14:01");
	expect(&made, "count(devices/interface/link)", "0");
	expect(&made, "count(devices/serial)", "1");
	expect(&made, "count(title)", "0");
	cr_expect(is_warned(&made, "dynamic memory"));
	cr_expect(is_warned(&made, "'D:\\ISO\\tools.iso' was in it"));
	cr_expect(is_warned(&made, "switch 'LAN'"));
	cr_expect(is_warned(&made, "VLAN 20"));
	cr_expect(is_warned(&made, "Secure Boot is off"));
}

Test(vm_libvirt, secure_boot_is_what_the_store_has_keys_for)
{
	struct kvm_wishes wishes = usual;
	CLEANUP_MADE struct made made, off, small;

	wishes.has_keys = true;
	plan(&made, NULL, NULL, &(struct vm_wishes){.name = NULL});
	emit(&made, &wishes);
	expect(&made, "os/loader/@secure", "yes");
	expect(&made, "os/loader", "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd");
	expect(&made, "features/smm/@state", "on");
	plan(&off, NULL, NULL, &(struct vm_wishes){.no_secure_boot = true});
	emit(&off, &wishes);
	expect(&off, "os/loader/@secure", "no");
	wishes.store_size = 131072;
	plan(&small, NULL, NULL, &(struct vm_wishes){.name = NULL});
	emit(&small, &wishes);
	expect(&small, "os/loader", "/usr/share/OVMF/OVMF_CODE.secboot.fd");
}

Test(vm_libvirt, without_a_store_the_firmware_makes_one)
{
	struct kvm_wishes wishes = usual;
	CLEANUP_MADE struct made made;

	wishes.store = NULL;
	wishes.has_keys = true;
	plan(&made, NULL, NULL, &(struct vm_wishes){.name = NULL});
	emit(&made, &wishes);
	expect(&made, "count(os/nvram)", "0");
	expect(&made, "os/loader/@secure", "no");
}

Test(vm_libvirt, bridges)
{
	static const struct vm_switch_map map = {"LAN", "br0"};
	struct kvm_wishes wishes = usual;
	CLEANUP_MADE struct made made;

	wishes.bridges = &map;
	wishes.bridge_count = 1;
	plan(&made, NIC "IsConnected", NIC "IsConnected bool false",
	     &(struct vm_wishes){.name = NULL});
	emit(&made, &wishes);
	expect(&made, "devices/interface[1]/@type", "network");
	expect(&made, "devices/interface[1]/link/@state", "down");
	expect(&made, "devices/interface[2]/source/@bridge", "br0");
	cr_expect_not(is_warned(&made, "switch 'LAN'"));
}

Test(vm_libvirt, memory_without_a_limit_is_what_it_starts_with)
{
	CLEANUP_MADE struct made made, none;

	make(&made, MEMORY "limit", MEMORY "limit integer 1048576");
	expect(&made, "memory", "4194304");
	expect(&made, "devices/memballoon/@model", "none");
	make(&none, MEMORY, NULL);
	expect(&none, "memory", "1048576");
}

Test(vm_libvirt, addresses_of_groups_and_empty_ids_are_left_out)
{
	CLEANUP_MADE struct made made, zero;

	make(&made, NIC "MacAddress", NIC "MacAddress string 01-15-5D-0A-14-01");
	expect(&made, "count(devices/interface[1]/mac)", "0");
	cr_expect(is_warned(&made, "new MAC address"));
	make(&zero, "_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_/b",
	     "_ac6b8dc1-3257-4a70-b1b2-a9c9215659ad_/bios_guid string "
	     "{00000000-0000-0000-0000-000000000000}");
	expect(&zero, "count(uuid)", "0");
}

Test(vm_libvirt, drives_beyond_z)
{
	static struct kvm_disk disks[60];
	CLEANUP_MADE struct made made;
	struct kvm_disk *own;
	size_t own_count;

	plan(&made, NULL, NULL, &(struct vm_wishes){.name = NULL});
	cr_assert_eq(kvm_machine_make(&made.plan, &usual, &made.machine, &made.err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++)
		disks[i].path = made.machine.disks[0].path;
	own = made.machine.disks;
	own_count = made.machine.disk_count;
	made.machine.disks = disks;
	made.machine.disk_count = ARRAY_SIZE(disks);
	emit_libvirt(&made.machine, &made.xml);
	made.document = xmlReadMemory((char *)made.xml.data, (int)made.xml.size, "domain", NULL, 0);
	expect(&made, "devices/disk[26]/target/@dev", "sdz");
	expect(&made, "devices/disk[27]/target/@dev", "sdaa");
	expect(&made, "devices/disk[60]/target/@dev", "sdbh");
	cr_expect_lt(emit_proxmox(&made.machine, &made.xml, &made.err), 0, "there are six places");
	cr_expect_eq(made.err.kind, ERROR_USAGE);
	if (access(SCHEMA, R_OK) == 0)
		check_schema(made.document);
	made.machine.disks = own;
	made.machine.disk_count = own_count;
}

Test(vm_libvirt, files_that_no_domain_can_have)
{
	static const char *const folders[] = {"/srv/a\nb", "/srv/\xff", "/srv/\xe2\x80\xae",
					      "/srv/\x01"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		struct kvm_wishes wishes = {.folder = folders[i]};
		CLEANUP_MADE struct made made;

		plan(&made, NULL, NULL, &(struct vm_wishes){.name = NULL});
		cr_expect_lt(kvm_machine_make(&made.plan, &wishes, &made.machine, &made.err), 0);
		cr_expect_eq(made.err.kind, ERROR_USAGE);
	}
}

Test(vm_libvirt, a_disk_that_stays_on_its_host)
{
	CLEANUP_MADE struct made made;

	plan(&made, NULL, NULL, &(struct vm_wishes){.name = NULL});
	made.plan.disks[1].is_attached = true;
	cr_expect_lt(kvm_machine_make(&made.plan, &usual, &made.machine, &made.err), 0);
	cr_expect_eq(made.err.kind, ERROR_USAGE);
}

Test(vm_libvirt, hostile_names)
{
	static const char *const texts[] = {
		"</name><devices>&amp;",
		"a\"b'c\xe2\x80\x98\xe2\x80\x99`$(x)",
		"../../etc/passwd",
		"a\nb\r\nc\td",
		"\xe2\x80\xae"
		"evil\xe2\x80\xa8\xc2\x85\x1b[31m\x7f",
		"\xed\xa0\x80 \xff \xef\xbf\xbe ]]> <!-- <?x ?>",
		"..",
		"\xf0\x9f\x98\x80 Gr\xc3\xb6\xc3\x9f"
		"e",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP_FREE char *name = domain_expected(texts[i], DOMAIN_NAME);
		CLEANUP_FREE char *title = domain_expected(texts[i], DOMAIN_LINE);
		CLEANUP_FREE char *lines = domain_expected(texts[i], DOMAIN_LINES);
		CLEANUP_MADE struct made made;

		plan(&made, NULL, NULL, &(struct vm_wishes){.name = NULL});
		made.plan.name = made.plan.notes = texts[i];
		emit(&made, &usual);
		expect(&made, "name", name);
		expect(&made, "title", strcmp(name, texts[i]) == 0 ? "" : title);
		expect(&made, "description", lines);
		cr_expect_eq(strpbrk(name, "/\n\r\t\x1b"), NULL);
	}
}
