/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Devices of a configuration. Each is an entry "vdevNNN" of the manifest, with its class and its
 * instance, and a branch "_<instance>_" with its settings. Of what there is only one, the instance
 * is the class, and in version 5.0 such devices are not all in the manifest. The order of the
 * manifest is the order of controllers and adapters: in XML the branches are sorted by name.
 *
 * Classes and names from real manifests of versions 5.0 and 9.0.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/checked.h"
#include "convert/vm/extract.h"

#define CHIPSET "@chipset"
#define SERVICE "@integration"

/* Devices whose settings have rules of their own, and those of the chipset. */
static const struct vm_class classes[] = {
	{"83f8638b-8dca-4152-9eda-2ca8b33039b4", "@ide", "IDE controller", NULL, NULL},
	{"d422512d-2bf2-4752-809d-7b82b5fcb1b4", "@scsi", "SCSI controller", NULL, NULL},
	{"8f0d2762-0b00-4e04-af4f-19010527cb93", "@floppy", "floppy controller", NULL, NULL},
	{"2fc216b0-d2e2-4967-9b6d-b8a5c9ca2778", "@nic", "network adapter", NULL, NULL},
	{"ac6b8dc1-3257-4a70-b1b2-a9c9215659ad", "@firmware", "BIOS", NULL, NULL},
	{"8e3a359f-559a-4b6a-98a9-1690a6100ed7", "@com", "serial controller", NULL, NULL},
	{"917bd8cb-3bb6-4124-9383-b7d21ac07f79", "@state", "guest state", NULL, NULL},
	{"e51b7ef6-4a7f-4780-aaae-d4b291aacd2e", "@rtc", "real time clock", NULL, NULL},
	{"f3cf6965-e8d3-44a9-9b7d-a04245ea7525", "@video", "synthetic video", NULL, NULL},
	{"6c09bb55-d683-4da0-8931-c9bf705f6480", SERVICE, "guest interface", NULL, NULL},
	{"84eaae65-2f2e-45f5-9bb5-0e857dc8eb47", SERVICE, "heartbeat", NULL, NULL},
	{"2a34b1c2-fd73-4043-8a5b-dd2159bc743f", SERVICE, "key-value pair exchange", NULL, NULL},
	{"9f8233ac-be49-4c79-8ee3-e7e1985b2077", SERVICE, "shutdown", NULL, NULL},
	{"2497f4de-e9fa-4204-80e4-4b75c46419c0", SERVICE, "time synchronization", NULL, NULL},
	{"5ced1297-4598-4915-a5fc-ad21bb4d02a4", SERVICE, "VSS", NULL, NULL},
	{"d41a1872-3740-41ce-a1ee-4522ab82f991", CHIPSET, "VMBus", NULL, NULL},
	{"db8b9818-b4bb-4725-b99d-b4612716b6b4", CHIPSET, "power management", NULL, NULL},
	{"72682fc4-040a-430a-be0b-224574b953fe", CHIPSET, "IoAPIC", NULL, NULL},
	{"e3c82929-edb4-475e-85a4-29aaa2a30c2d", CHIPSET, "dynamic memory", NULL, NULL},
	{"de6cdc86-e1fb-4940-801b-c3c1a26c4da4", CHIPSET, "input management", NULL, NULL},
	{"deaeeed3-4119-4b44-95cf-a73604b76971", CHIPSET, "synthetic debugger", NULL, NULL},
	{"9cb98db1-4d09-4538-a192-2d3d8c0b6cdb", CHIPSET, "RDP encoder", NULL, NULL},
	{"ba8735ef-e3a9-4f1b-badd-dbf3a5909915", CHIPSET, "video monitor", NULL, NULL},
	{"9ed5fd4b-40c3-4de3-8597-98ecd17035da", CHIPSET, "synthetic RDP", NULL, NULL},
	{"58f75a6d-d949-4320-99e1-a2a2576d581c", CHIPSET, "synthetic mouse", NULL, NULL},
	{"197f74e3-b84b-46de-8ae6-82f1cd181cdc", CHIPSET, "synthetic keyboard", NULL, NULL},
	{"bc12c717-8898-4688-8ee4-2cd14894f8ea", CHIPSET, "activation", NULL, NULL},
	{"6c5addb9-a11a-4e8e-84cb-e6208201db63", CHIPSET, "remote desktop", NULL, NULL},
	{"7d80d3db-61ee-4879-8879-5609f1100ad0", CHIPSET, "VGA", NULL, NULL},
	{"655bc5c5-a784-46b7-81bc-e26328f7eb0e", CHIPSET, "PS/2", NULL, NULL},
	{"84535fad-4d98-4a6a-bdcd-21d5720dc430", CHIPSET, "PCI bus", NULL, NULL},
	{"4d42d9f7-6531-4f6c-9e46-1f0477876104", CHIPSET, "ISA bus", NULL, NULL},
	{"87045ce9-5323-438f-93bb-1e83dcbce18e", CHIPSET, "DMA", NULL, NULL},
	{"9edd1639-9bca-40dc-b3a2-07c828da60b5", CHIPSET, "PIC", NULL, NULL},
	{"a28e4d02-3323-4148-9569-565930a5cb39", CHIPSET, "PIT", NULL, NULL},
	{"35b0b12f-a0d7-482f-80a0-f52f1ab3da2e", CHIPSET, "SuperIO", NULL, NULL},
	{"4d46d139-7821-4dc4-98a3-01e98a586a44", CHIPSET, "speaker", NULL, NULL},
	{"736e6aa9-a3f8-49c0-9550-a963214d259a", "@dropped", "TPM", "tpm",
	 "give the new VM one with Set-VMKeyProtector -NewLocalKeyProtector and Enable-VMTPM"},
	{"2fcc454e-a36a-4c77-bb5e-a2d75a51f02c", "@dropped", "assigned PCI device",
	 "assigned-device", "give it to the new VM with Add-VMAssignableDevice"},
	{"99dcd00c-fbd6-42d3-9dfd-1b5ad7058f61", "@dropped", "part of a GPU", "gpu-partition",
	 "give the new VM one with Add-VMGpuPartitionAdapter"},
};

static const struct vm_class unknown_class = {
	.alias = "@unknown",
	.name = "unknown device",
	.id = "unknown-device",
	.advice = "look at the old VM's settings on its host for what this is",
};
static const struct vm_class legacy_class = {.alias = "@legacy", .name = "legacy network adapters"};

const struct vm_class *vm_class_of(const struct guid *guid)
{
	char text[GUID_TEXT_SIZE];

	guid_format(guid, text);
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (strcmp(classes[i].guid, text) == 0)
			return &classes[i];
	return NULL;
}

/* The leaf of that name as a GUID. */
static bool read_guid(const struct vm_node *node, const char *name, struct guid *ret)
{
	const struct vm_node *leaf = vm_child(node, name);

	return leaf && leaf->value.type == VM_STRING &&
	       guid_parse((const char *)leaf->value.data, ret);
}

int vm_devices_read(const struct vm_node *configuration, struct vm_devices *ret, struct error *err)
{
	const struct vm_node *manifest = vm_child(configuration, "manifest");
	size_t count = 0;

	for (const struct vm_node *node = manifest ? manifest->first : NULL; node;
	     node = node->next)
		count++;
	ret->list = calloc(count + 1, sizeof(*ret->list));
	if (!ret->list)
		return error_failed(err, ENOMEM, "out of memory");
	for (const struct vm_node *node = manifest ? manifest->first : NULL; node;
	     node = node->next) {
		struct vm_device device = {.order = 0};
		struct guid class;

		if (!vm_number_of(node->name, "vdev", &device.order) ||
		    !read_guid(node, "instance", &device.instance) ||
		    !read_guid(node, "device", &class))
			continue;
		device.class = vm_class_of(&class);
		ret->list[ret->count++] = device;
	}
	return 0;
}

/* Its class is not known from any sample; the names of its keys are, from a published schema. */
bool vm_is_legacy(const struct vm_node *branch)
{
	for (const struct vm_node *child = branch->first; child; child = child->next)
		if (child->value.type == VM_NODE && strncmp(child->name, "ethernet_card", 13) == 0)
			return true;
	return false;
}

/* "_83f8638b-8dca-4152-9eda-2ca8b33039b4_" */
static bool instance_of(const char *name, struct guid *ret)
{
	char text[GUID_TEXT_SIZE];

	if (strlen(name) != GUID_TEXT_SIZE + 1 || name[0] != '_' || name[GUID_TEXT_SIZE] != '_')
		return false;
	memcpy(text, name + 1, GUID_TEXT_SIZE - 1);
	text[GUID_TEXT_SIZE - 1] = '\0';
	return guid_parse(text, ret);
}

const struct vm_class *vm_class_of_branch(const struct vm_devices *devices,
					  const struct vm_node *branch, unsigned int *ret_order)
{
	const struct vm_class *class = NULL;
	struct guid instance;

	*ret_order = 0;
	if (!instance_of(branch->name, &instance))
		return NULL;
	for (size_t i = 0; i < devices->count; i++)
		if (guid_equal(&devices->list[i].instance, &instance)) {
			*ret_order = devices->list[i].order;
			class = devices->list[i].class;
			break;
		}
	if (!class)
		class = vm_class_of(&instance);
	if (!class)
		class = vm_is_legacy(branch) ? &legacy_class : &unknown_class;
	return class;
}
