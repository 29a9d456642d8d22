/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * md_run DEVICE: start the array that a block device is a member of, as /dev/md0, with no other member, in the
 * initramfs of a made guest (tests/fixtures/linux), which has no mdadm: one ioctl after the other, as mdadm does it
 * for superblocks of version 1.2. Linked statically.
 */
#include <fcntl.h>
#include <linux/major.h>
#include <linux/raid/md_u.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	mdu_array_info_t array = {.major_version = 1, .minor_version = 2};
	mdu_disk_info_t disk = {.number = 0};
	struct stat st;
	int fd;

	if (argc != 2 || stat(argv[1], &st) < 0) {
		perror("md_run");
		return 1;
	}
	disk.major = (int)major(st.st_rdev);
	disk.minor = (int)minor(st.st_rdev);
	(void)mknod("/dev/md0", S_IFBLK | 0600, makedev(MD_MAJOR, 0));
	fd = open("/dev/md0", O_RDWR | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, SET_ARRAY_INFO, &array) < 0 || ioctl(fd, ADD_NEW_DISK, &disk) < 0 ||
	    ioctl(fd, RUN_ARRAY, NULL) < 0) {
		perror("md_run: /dev/md0");
		return 1;
	}
	return 0;
}
