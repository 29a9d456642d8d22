/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first and only program of the machine that judges journals (tests/scripts/ntfs3_judge.sh): it
 * loads the modules, mounts every partition of the disk with ntfs3 for writing, which replays its
 * log, says what became of it on the console, and switches off. Linked statically.
 *
 *   NTFS3 NUMBER mounted|failed: REASON
 *   NTFS3 END
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_PARTITIONS 128

static void load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0)
		printf("NTFS3 cannot load '%s': %s\n", path, strerror(errno));
	close(fd);
}

/* Read everything once, so that a file that cannot be read is noticed. */
static int read_folder(const char *path);

static int read_file(const char *path)
{
	static char bytes[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0)
		n = read(fd, bytes, sizeof(bytes));
	if (n < 0)
		printf("NTFS3 '%s': %s\n", path, strerror(errno));
	close(fd);
	return n < 0 ? -1 : 0;
}

static int read_entry(const char *folder, const char *name)
{
	char path[4096];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (lstat(path, &st) < 0) {
		printf("NTFS3 '%s': %s\n", path, strerror(errno));
		return -1;
	}
	if (S_ISDIR(st.st_mode))
		return read_folder(path);
	return S_ISREG(st.st_mode) ? read_file(path) : 0;
}

static int read_folder(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	int result = folder ? 0 : -1;

	while (folder && (entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    read_entry(path, entry->d_name) < 0)
			result = -1;
	if (folder)
		closedir(folder);
	return result;
}

static void judge(int number)
{
	char device[32];

	snprintf(device, sizeof(device), "/dev/vda%d", number);
	if (mount(device, "/mnt", "ntfs3", MS_NOATIME, "iocharset=utf8") < 0) {
		printf("NTFS3 %d failed: %s\n", number, strerror(errno));
		return;
	}
	if (read_folder("/mnt") < 0)
		printf("NTFS3 %d failed: files cannot be read\n", number);
	else
		printf("NTFS3 %d mounted\n", number);
	if (umount("/mnt") < 0)
		printf("NTFS3 %d failed: cannot unmount: %s\n", number, strerror(errno));
}

int main(void)
{
	char device[32];

	setvbuf(stdout, NULL, _IONBF, 0);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	load("/virtio_blk.ko");
	load("/ntfs3.ko");
	/* The partitions come a moment after the module. */
	for (int tries = 0; tries < 100 && access("/dev/vda1", F_OK) < 0; tries++)
		usleep(50000);
	for (int number = 1; number <= MAX_PARTITIONS; number++) {
		snprintf(device, sizeof(device), "/dev/vda%d", number);
		if (access(device, F_OK) == 0)
			judge(number);
	}
	printf("NTFS3 END\n");
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
