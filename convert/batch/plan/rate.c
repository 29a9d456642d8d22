/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast a file system takes data: see rate.h. */
#include "convert/batch/plan/rate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "common/checked.h"

#define SAMPLE (32 * MIB)
/* With less room nothing is tried. */
#define SPARE (8 * SAMPLE)

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Numbers that no file system compresses. */
static uint8_t *random_bytes(size_t size)
{
	uint8_t *bytes = malloc(size);

	if (!bytes)
		return NULL;
	for (size_t done = 0; done < size;) {
		ssize_t n = getrandom(bytes + done, size - done, 0);

		if (n <= 0) {
			free(bytes);
			return NULL;
		}
		done += (size_t)n;
	}
	return bytes;
}

static bool write_sample(int fd, const uint8_t *bytes)
{
	for (size_t done = 0; done < SAMPLE; done += MIB)
		if (write(fd, bytes, MIB) != (ssize_t)MIB)
			return false;
	return fdatasync(fd) == 0;
}

double rate_measure(const char *folder)
{
	CLEANUP_FD int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	CLEANUP_FREE uint8_t *bytes = random_bytes(MIB);
	struct statvfs fs;
	double start;

	if (fd < 0 || !bytes || fstatvfs(fd, &fs) < 0 ||
	    (uint64_t)fs.f_bavail * fs.f_frsize < SPARE)
		return 0;
	start = seconds_now();
	if (!write_sample(fd, bytes))
		return 0;
	return (double)SAMPLE / (seconds_now() - start);
}
