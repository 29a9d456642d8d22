/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Features of the switch port of an adapter: records whose layout hangs on the feature and on the
 * version beside them.
 *
 * A record is the properties of the WMI class (Msvm_EthernetSwitchPort...SettingData) in the order
 * of their WmiDataId, as an aligned little-endian structure; the version is that of the interface
 * times 256. Offload records in samples are just so; no other feature is in any sample, so those
 * are taken only as far as the classes leave no doubt, and in a record where one value is none that
 * the class has, nothing is believed. What is not understood is dropped, never guessed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/bytes.h"
#include "common/checked.h"
#include "convert/vm/extract.h"

#define VERSION_1 256

struct record {
	const uint8_t *data;
	size_t size;
	uint64_t version;
	struct vm_adapter *adapter;
	struct vm_rows *rows;
	struct vm_row *row;
};

static bool are_flags(const uint8_t *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (at[i] > 1)
			return false;
	return true;
}

/* Mode (4 bytes; 1 access, 2 trunk, 3 private), VLAN of the access mode (2), and what other modes
 * have. */
static bool read_vlan(const struct record *record)
{
	char text[32];

	if (record->version != VERSION_1 || record->size < 16 || get_le32(record->data) != 1)
		return false;
	record->adapter->vlan.id = get_le16(record->data + 4);
	record->adapter->vlan.is_access =
		record->adapter->vlan.id >= 1 && record->adapter->vlan.id <= 4094;
	if (!record->adapter->vlan.is_access)
		return false;
	snprintf(text, sizeof(text), "access, VLAN %u", record->adapter->vlan.id);
	vm_row_becomes(record->rows, record->row, text);
	record->row->how = "Set-VMNetworkAdapterVlan -Access -VlanId";
	return true;
}

/* Five flags and a mode among them, then a virtual subnet, which belongs to network
 * virtualization. */
static bool read_security(const struct record *record)
{
	const uint8_t *data = record->data;

	if (record->version != VERSION_1 || record->size < 16 || !are_flags(data, 3) ||
	    data[3] > 2 || !are_flags(data + 5, 1) || get_le32(data + 8) != 0 ||
	    !are_flags(data + 12, 1) || !is_zero(data + 13, record->size - 13))
		return false;
	record->adapter->security = (struct vm_security){.is_present = true,
							 .mac_spoofing = data[0],
							 .dhcp_guard = data[1],
							 .router_guard = data[2],
							 .mirroring = data[3],
							 .ieee_priority = data[5],
							 .teaming = data[12]};
	vm_row_becomes(record->rows, record->row, "the same");
	record->row->how = "Set-VMNetworkAdapter -MacAddressSpoofing -DhcpGuard -RouterGuard "
			   "-PortMirroring -IeeePriorityTag -AllowTeaming";
	return true;
}

static bool read_bandwidth(const struct record *record)
{
	const uint8_t *data = record->data;

	if (record->version != VERSION_1 || record->size != 40)
		return false;
	for (size_t i = 0; i < 40; i += 8)
		if (get_le64(data + i) > INT64_MAX)
			return false;
	record->adapter->bandwidth = (struct vm_bandwidth){.is_present = true,
							   .reservation = get_le64(data),
							   .weight = get_le64(data + 8),
							   .limit = get_le64(data + 16),
							   .burst_limit = get_le64(data + 24),
							   .burst_size = get_le64(data + 32)};
	vm_row_becomes(record->rows, record->row, "the same");
	record->row->how = "Set-VMNetworkAdapter -MinimumBandwidthAbsolute "
			   "-MinimumBandwidthWeight -MaximumBandwidth";
	return true;
}

/* What a new adapter has, of versions 1.0 and 4.0. */
static const uint8_t offload_1[20] = {0, 2, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 1};
static const uint8_t offload_4[56] = {0,    2,	  0,	0, 100, 0, 0, 0, 0,  0, 0,  0, 1, 0,
				      0,    0,	  0,	0, 0,	0, 0, 0, 0,  0, 64, 0, 0, 0,
				      0x40, 0x42, 0x0f, 0, 1,	1, 0, 0, 16, 0, 0,  0, 1, 0,
				      0,    0,	  0,	0, 0,	0, 0, 0, 0,  0, 3};

/* Only the five numbers of version 1.0 have a place in the VM; a record that differs in the
 * others is not understood to its end. */
static bool read_offload(const struct record *record)
{
	const uint8_t *data = record->data, *usual = NULL;

	if (record->version == VERSION_1 && record->size == sizeof(offload_1))
		usual = offload_1;
	else if (record->version == 4 * VERSION_1 && record->size == sizeof(offload_4))
		usual = offload_4;
	if (!usual || memcmp(data + 20, usual + 20, record->size - 20) != 0)
		return false;
	if (memcmp(data, usual, 20) == 0) {
		vm_row_ignore(record->row, "the default, or nothing");
		return true;
	}
	record->adapter->offload = (struct vm_offload){true,
						       get_le32(data),
						       get_le32(data + 4),
						       get_le32(data + 8),
						       get_le32(data + 12),
						       get_le32(data + 16)};
	vm_row_becomes(record->rows, record->row, "the same");
	record->row->how = "Set-VMNetworkAdapter -IPsecOffloadMaximumSecurityAssociation "
			   "-VmqWeight -IovWeight -IovQueuePairsRequested -IovInterruptModeration";
	return true;
}

#define VLAN_GUID "952c5004-4465-451c-8cb8-fa9ab382b773"

/* GUIDs of the classes (their UUID qualifiers). */
static const struct {
	const char *guid, *what, *id, *advice;
	bool (*read)(const struct record *record);
} features[] = {
	{VLAN_GUID, "VLAN", "vlan", "set it for the new adapter with Set-VMNetworkAdapterVlan",
	 read_vlan},
	{"776e0ba7-94a1-41c8-8f28-951f524251b5", "security of the port", "port-security",
	 "set it for the new adapter with Set-VMNetworkAdapter", read_security},
	{"24ad3ce1-69bd-4978-b2ac-daad389d699c", "bandwidth", "bandwidth",
	 "set it for the new adapter with Set-VMNetworkAdapter", read_bandwidth},
	{"c885bfd1-abb7-418f-8163-9f379c9f7166", "offload", "offload",
	 "set it for the new adapter with Set-VMNetworkAdapter", read_offload},
	{"9940cd46-8b06-43bb-b9d5-93d50381fd56", "port profile", "port-profile",
	 "it belongs to the software that manages the network: assign the new adapter there", NULL},
};

static const struct vm_node *version_of(const struct vm_node *leaf)
{
	const struct vm_node *version = vm_child(leaf->parent, "Version");

	return version && (version->value.type == VM_INTEGER || version->value.type == VM_UNSIGNED)
		       ? version
		       : NULL;
}

int vm_judge_feature(struct vm_walk *walk, const struct vm_node *leaf, struct vm_row *row)
{
	const struct vm_node *version = version_of(leaf);
	const char *guid_text = walk->parts[2] + strlen("Feature_");
	struct record record = {.data = leaf->value.data,
				.size = leaf->value.size,
				.version = version ? version->value.number : 0,
				.adapter = vm_walk_adapter(walk),
				.rows = &walk->vm->rows,
				.row = row};
	char text[GUID_TEXT_SIZE];
	struct guid guid;

	vm_row_drop(row, "feature-unknown", "look at the old adapter on its host for what this is");
	if (leaf->value.type != VM_BYTES || !guid_parse(guid_text, &guid))
		return 0;
	guid_format(&guid, text);
	if (strcmp(text, VLAN_GUID) == 0)
		record.adapter->vlan_row = walk->vm->rows.count;
	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		if (strcmp(features[i].guid, text) != 0)
			continue;
		row->what = features[i].what;
		vm_row_drop(row, features[i].id, features[i].advice);
		row->status = VM_CARRIED; /* which the reader may make 'ignored' */
		if (!features[i].read || !features[i].read(&record))
			row->status = VM_DROPPED;
	}
	if (row->status == VM_CARRIED || row->status == VM_IGNORED)
		row->id = row->advice = NULL;
	return 0;
}
