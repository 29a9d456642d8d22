/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * emit_script [OPTION ...] CONFIG: the script that makes the generation 2 VM of a configuration, on standard output. Disks are
 * named as the converter names them: STEM.vhdx, STEM-ide0-1.vhdx.
 *
 *   --name NAME --secure-boot-off --new-id --dynamic-macs --tpm --network --attach-data
 *   --switch OLD=NEW    --store FILE    --store-keys    --no-esp
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/checked.h"
#include "convert/vm/emit/powershell.h"
#include "convert/vm/read/config.h"

static const struct nvram_file windows_loader = {"\\EFI\\Microsoft\\Boot\\bootmgfw.efi",
						 NVRAM_WINDOWS_BOOT_MANAGER};

#define MAX_DISKS 64

enum {
	NAME = 256,
	NO_SECURE_BOOT,
	NEW_ID,
	DYNAMIC,
	TPM,
	NETWORK,
	ATTACH,
	SWITCH,
	STORE,
	KEYS,
	NO_ESP
};

static const struct option options[] = {{"name", required_argument, NULL, NAME},
					{"secure-boot-off", no_argument, NULL, NO_SECURE_BOOT},
					{"new-id", no_argument, NULL, NEW_ID},
					{"dynamic-macs", no_argument, NULL, DYNAMIC},
					{"tpm", no_argument, NULL, TPM},
					{"network", no_argument, NULL, NETWORK},
					{"attach-data", no_argument, NULL, ATTACH},
					{"switch", required_argument, NULL, SWITCH},
					{"store", required_argument, NULL, STORE},
					{"store-keys", no_argument, NULL, KEYS},
					{"no-esp", no_argument, NULL, NO_ESP},
					{NULL, 0, NULL, 0}};

static void fail(const char *what)
{
	fprintf(stderr, "emit_script: %s\n", what);
	exit(1);
}

static void read_file(const char *path, struct buffer *ret)
{
	FILE *file = fopen(path, "rb");
	uint8_t part[4096];
	size_t n;

	if (!file)
		fail(path);
	while ((n = fread(part, 1, sizeof(part), file)) > 0)
		buffer_append(ret, part, n);
	fclose(file);
}

static struct vm_guest_address address = {"192.0.2.7", "255.255.255.0"};
static const char *const gateways[] = {"192.0.2.1"};
static const char *const dns[] = {"192.0.2.53", "192.0.2.54"};

static struct vm_guest_network network = {.addresses = &address,
					  .address_count = 1,
					  .gateways = gateways,
					  .gateway_count = 1,
					  .dns = dns,
					  .dns_count = 2};

static struct nvram_partition esp = {.number = 2, .start_lba = 2048, .sectors = 532480};
static struct vm_switch_map map;
static struct guid new_id;
static bool attach;

static void take_option(int option, struct vm_wishes *wishes)
{
	switch (option) {
	case NAME:
		wishes->name = optarg;
		return;
	case NO_SECURE_BOOT:
		wishes->no_secure_boot = true;
		return;
	case NEW_ID:
		new_id = GUID(0xaaaaaaaa, 0xbbbb, 0x4ccc, 0x8ddd, 0xeeeeeeeeeeee);
		wishes->new_id = &new_id;
		return;
	case DYNAMIC:
		wishes->dynamic_macs = true;
		return;
	case TPM:
		wishes->tpm = true;
		return;
	case NETWORK:
		wishes->networks = &network;
		wishes->network_count = 1;
		return;
	case ATTACH:
		attach = true;
		return;
	case SWITCH:
		map.from = strsep(&optarg, "=");
		map.to = optarg;
		wishes->switches = &map;
		wishes->switch_count = 1;
		return;
	case STORE:
		wishes->store = optarg;
		return;
	case KEYS:
		wishes->store_has_keys = true;
		return;
	case NO_ESP:
		wishes->esp = NULL;
		return;
	default:
		exit(2);
	}
}

static size_t name_disks(const struct vm *vm, struct vm_output *outputs, char names[][64])
{
	static const char *const buses[] = {"ide", "scsi", "floppy"};
	size_t count = 0;

	for (size_t c = 0; c < vm->controller_count; c++)
		for (size_t d = 0; d < vm->controllers[c].count; d++) {
			const struct vm_drive *drive = &vm->controllers[c].drives[d];
			const struct vm_controller *controller = &vm->controllers[c];
			bool is_attached = attach && !drive->is_boot;

			if (drive->kind != VM_DRIVE_DISK || count == MAX_DISKS)
				continue;
			snprintf(names[count], 64, "vm-%s%u-%u.vhdx", buses[controller->bus],
				 controller->number, drive->slot);
			outputs[count] = (struct vm_output){controller, drive,
							    is_attached	     ? NULL
							    : drive->is_boot ? "vm.vhdx"
									     : names[count]};
			count++;
		}
	return count;
}

/* The last legacy adapter is what a static address is for. */
static size_t legacy_adapter(const struct vm *vm)
{
	size_t found = 0;

	for (size_t i = 0; i < vm->adapter_count; i++)
		if (vm->adapters[i].is_legacy)
			found = i;
	return found;
}

static void emit(const struct vm *vm, const struct vm_wishes *wishes)
{
	CLEANUP_VM_PLAN struct vm_plan plan = VM_PLAN_INIT;
	CLEANUP_BUFFER struct buffer script = BUFFER_INIT;
	struct vm_output outputs[MAX_DISKS];
	static char names[MAX_DISKS][64];
	struct error err = ERROR_INIT;

	network.adapter = legacy_adapter(vm);
	if (vm_plan_make(vm, outputs, name_disks(vm, outputs, names), wishes, &plan, &err) < 0)
		fail(err.message);
	emit_powershell(&plan, &script);
	if (script.failed || fwrite(script.data, 1, script.size, stdout) != script.size ||
	    fflush(stdout) != 0)
		fail("the script cannot be written");
}

int main(int argc, char **argv)
{
	CLEANUP_VM_TREE struct vm_tree tree = VM_TREE_INIT;
	CLEANUP_BUFFER struct buffer bytes = BUFFER_INIT;
	CLEANUP_VM struct vm vm = VM_INIT;
	struct vm_wishes wishes = {.esp = &esp, .loader = &windows_loader};
	struct error err = ERROR_INIT;
	enum vm_format format;
	int option;

	esp.guid = GUID(0x0f1e2d3c, 0x4b5a, 0x4697, 0x8877, 0x665544332211);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		take_option(option, &wishes);
	if (optind + 1 != argc)
		fail("give one configuration");
	read_file(argv[optind], &bytes);
	if (vm_config_read(&(struct file_bytes){bytes.data, bytes.size, argv[optind]}, &tree,
			   &format, &err) < 0 ||
	    vm_extract(&tree, &vm, &err) < 0)
		fail(err.message);
	emit(&vm, &wishes);
	return 0;
}
