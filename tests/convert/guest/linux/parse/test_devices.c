/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kinds of names of devices. */
#include <criterion/criterion.h>

#include "common/checked.h"
#include "convert/guest/linux/parse/devices.h"

TestSuite(linux_devices);

Test(linux_devices, kinds_and_numbers)
{
	static const struct {
		const char *text;
		enum device_name name;
		unsigned int number;
	} cases[] = {
		{"UUID=1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4be1", DEVICE_UUID, 0},
		{"UUID=\"1b9d\"", DEVICE_UUID, 0},
		{"/dev/disk/by-uuid/1b9d6bcd", DEVICE_UUID, 0},
		{"LABEL=root1", DEVICE_LABEL, 0},
		{"/dev/disk/by-label/root", DEVICE_LABEL, 0},
		{"PARTUUID=8a3f21c7-01", DEVICE_PARTUUID, 0},
		{"/dev/disk/by-partuuid/8a3f21c7-01", DEVICE_BY_PARTUUID, 0},
		{"PARTLABEL=root", DEVICE_PARTLABEL, 0},
		{"/dev/disk/by-partlabel/root", DEVICE_PARTLABEL, 0},
		{"/dev/disk/by-id/scsi-360022480-part1", DEVICE_BY_ID, 1},
		{"/dev/disk/by-id/scsi-360022480", DEVICE_BY_ID, 0},
		{"ID=scsi-360022480-part2", DEVICE_BY_ID, 2},
		{"/dev/disk/by-id/wwn-0x600224801-part3", DEVICE_BY_ID, 3},
		{"/dev/disk/by-id/ata-Virtual_HD-part1", DEVICE_BY_OLD_ID, 1},
		{"ID=\"ata-Virtual_HD\"", DEVICE_BY_OLD_ID, 0},
		{"/dev/disk/by-id/virtio-1234-part2", DEVICE_BY_OLD_ID, 2},
		{"/dev/disk/by-id/nvme-eui.1234", DEVICE_BY_OLD_ID, 0},
		{"/dev/disk/by-id/usb-Stick-0:0-part1", DEVICE_BY_OLD_ID, 1},
		{"/dev/disk/by-id/dm-uuid-LVM-abcd", DEVICE_MAPPER, 0},
		{"/dev/disk/by-id/dm-name-vg-root", DEVICE_MAPPER, 0},
		{"/dev/disk/by-id/md-uuid-12:34", DEVICE_MD, 0},
		{"/dev/disk/by-id/md-name-host:0", DEVICE_MD, 0},
		{"/dev/disk/by-id/lvm-pv-uuid-abcd", DEVICE_BY_CONTENTS, 0},
		{"/dev/disk/by-path/acpi-VMBUS:01-vmbus-x-lun-0-part12", DEVICE_BY_PATH, 12},
		{"/dev/disk/by-diskseq/1-part1", DEVICE_OTHER, 0},
		{"/dev/mapper/rhel-root", DEVICE_MAPPER, 0},
		{"/dev/rhel/root", DEVICE_MAPPER, 0},
		{"/dev/vg0/lv1", DEVICE_MAPPER, 0},
		{"/dev/dm-0", DEVICE_MAPPER, 0},
		{"/dev/md0", DEVICE_MD, 0},
		{"/dev/md/root", DEVICE_MD, 0},
		{"/dev/sda", DEVICE_SDA, 0},
		{"/dev/sda5", DEVICE_SDA, 5},
		{"sda15", DEVICE_SDA, 15},
		{"/dev/sda99999", DEVICE_SDA, 0},
		{"/dev/sdaa1", DEVICE_OTHER_SD, 1},
		{"/dev/sdb", DEVICE_OTHER_SD, 0},
		{"/dev/sdb3", DEVICE_OTHER_SD, 3},
		{"/dev/hda2", DEVICE_OLD, 2},
		{"/dev/xvda1", DEVICE_OLD, 1},
		{"/dev/vdb", DEVICE_OLD, 0},
		{"/dev/fd0", DEVICE_FLOPPY, 0},
		{"/dev/floppy", DEVICE_FLOPPY, 0},
		{"/dev/fd/0", DEVICE_OTHER, 0},
		{"/dev/sr0", DEVICE_CDROM, 0},
		{"/dev/cdrom", DEVICE_CDROM, 0},
		{"/dev/scd1", DEVICE_CDROM, 0},
		{"/dev/nvme0n1p2", DEVICE_OTHER, 2},
		{"/dev/nvme0n1", DEVICE_OTHER, 0},
		{"/dev/mmcblk0p1", DEVICE_OTHER, 1},
		{"/dev/loop0", DEVICE_OTHER, 0},
		{"/dev/cciss/c0d0p1", DEVICE_OTHER, 0},
		{"/dev/", DEVICE_OTHER, 0},
		{"8:1", DEVICE_OTHER, 0},
		{"0801", DEVICE_OTHER, 0},
		{"", DEVICE_PSEUDO, 0},
		{"proc", DEVICE_PSEUDO, 0},
		{"sda1x", DEVICE_PSEUDO, 0},
		{"tmpfs", DEVICE_PSEUDO, 0},
		{"overlay", DEVICE_PSEUDO, 0},
		{"none", DEVICE_PSEUDO, 0},
		{"host:/export", DEVICE_PSEUDO, 0},
		{"[fe80::1]:/export", DEVICE_PSEUDO, 0},
		{"//server/share", DEVICE_PSEUDO, 0},
		{"/swapfile", DEVICE_PSEUDO, 0},
		{"tank/home", DEVICE_PSEUDO, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cr_expect_eq(device_name_of(cases[i].text), cases[i].name, "%s: %d", cases[i].text,
			     (int)device_name_of(cases[i].text));
		cr_expect_eq(device_partition_number(cases[i].text), cases[i].number, "%s",
			     cases[i].text);
	}
}
