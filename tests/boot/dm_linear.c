/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dm_linear NAME COUNT TYPE PARAMETERS [COUNT TYPE PARAMETERS...]: make /dev/mapper/NAME out of ranges of block
 * devices ("8192 linear '/dev/sda1 2048'"), one behind the other, in the initramfs of a made guest
 * (tests/fixtures/linux), which has no lvm: one ioctl after the other, as dmsetup does it. Linked statically.
 */
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static union {
	struct dm_ioctl head;
	char bytes[4096];
} request;

static void start_request(const char *name)
{
	memset(&request, 0, sizeof(request));
	request.head.version[0] = DM_VERSION_MAJOR;
	request.head.data_size = sizeof(request);
	request.head.data_start = sizeof(request.head);
	snprintf(request.head.name, sizeof(request.head.name), "%s", name);
}

static void send_request(int fd, unsigned long what, const char *text)
{
	if (ioctl(fd, what, &request) < 0) {
		perror(text);
		exit(1);
	}
}

static void load_table(int fd, char **arguments)
{
	struct dm_target_spec *spec = (void *)(request.bytes + sizeof(request.head));
	unsigned long long start = 0;

	start_request(arguments[1]);
	for (arguments += 2; arguments[0]; arguments += 3) {
		request.head.target_count++;
		spec->sector_start = start;
		spec->length = strtoull(arguments[0], NULL, 10);
		spec->next = sizeof(*spec) + 256;
		snprintf(spec->target_type, sizeof(spec->target_type), "%s", arguments[1]);
		snprintf((char *)(spec + 1), 256, "%s", arguments[2]);
		start += spec->length;
		spec = (void *)((char *)spec + spec->next);
	}
	send_request(fd, DM_TABLE_LOAD, "DM_TABLE_LOAD");
}

int main(int argc, char **argv)
{
	char path[256];
	int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);

	if (argc < 5 || argc % 3 != 2 || argc > 29 || fd < 0) {
		perror("dm_linear: /dev/mapper/control");
		return 1;
	}
	start_request(argv[1]);
	send_request(fd, DM_DEV_CREATE, "DM_DEV_CREATE");
	load_table(fd, argv);
	start_request(argv[1]);
	send_request(fd, DM_DEV_SUSPEND, "resume");
	snprintf(path, sizeof(path), "/dev/mapper/%s", argv[1]);
	if (mknod(path, S_IFBLK | 0600, (dev_t)request.head.dev) < 0) {
		perror(path);
		return 1;
	}
	return 0;
}
