/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What kind of a name a guest has for a device, in fstab, root= and resume=: whether it stays true
 * on another controller and another partition table depends on that alone. */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_DEVICES_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_DEVICES_H

enum device_name {
	DEVICE_UUID,	  /* UUID=, /dev/disk/by-uuid/ */
	DEVICE_LABEL,	  /* LABEL=, /dev/disk/by-label/ */
	DEVICE_PARTUUID,  /* PARTUUID= */
	DEVICE_PARTLABEL, /* PARTLABEL=, /dev/disk/by-partlabel/ */
	DEVICE_BY_ID,	  /* /dev/disk/by-id/, ID=: scsi-, wwn- ... */
	DEVICE_BY_OLD_ID, /* the same of a bus that generation 2 does not have: ata-, virtio- ... */
	DEVICE_BY_CONTENTS, /* the same of what is written on the disk: lvm-pv-uuid- */
	DEVICE_BY_PATH,	    /* /dev/disk/by-path/ */
	DEVICE_BY_PARTUUID, /* /dev/disk/by-partuuid/ */
	DEVICE_MAPPER,	    /* /dev/mapper/x, /dev/dm-0, /dev/VG/LV, by-id/dm-uuid- ... */
	DEVICE_MD,	    /* /dev/md0, /dev/md/x, by-id/md-uuid- ... */
	DEVICE_SDA,	    /* sda, sda1: the first disk */
	DEVICE_OTHER_SD,    /* sdb, sdaa ... */
	DEVICE_OLD,	    /* hda, xvda, vda: other controllers' and hypervisors' */
	DEVICE_FLOPPY,	    /* fd0, floppy */
	DEVICE_CDROM,	    /* sr0, scd0, cdrom, dvd */
	DEVICE_PSEUDO, /* no disk: proc, tmpfs, host:/export, //host/share, a path (/swapfile) */
	DEVICE_OTHER,  /* nvme0n1p1, loop0, 8:1 ... */
	DEVICE_NAME_MAX
};

/*
 * 'text' as it stands in fstab or behind root=; /dev/ before a disk's name may be missing, quotes
 * around a tag's value are no matter. An empty text is DEVICE_PSEUDO.
 */
enum device_name device_name_of(const char *text);

/* The number of the partition in a name: 5 of sda5, /dev/hda5, /dev/nvme0n1p5 and
 * /dev/disk/by-path/...-part5; 0 when it names a whole disk or nothing that has a number, and for
 * numbers above 9999. */
unsigned int device_partition_number(const char *text);

#endif
