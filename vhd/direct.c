/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writing past the page cache: see direct.h. */
#include "vhd/direct.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "common/checked.h"

static bool is_fit(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	       (fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_SUPER_MAGIC);
}

/* Not the output's fault: the source cannot be read (EFAULT), or it does not work this way. */
static bool is_for_another_way(int code)
{
	return code == EFAULT || code == EINVAL || code == EOPNOTSUPP || code == ENOMEM;
}

/* Returns how much was written, or a negative errno. */
static int64_t write_pages(int to, const char *pages, uint64_t length, uint64_t offset)
{
	ssize_t n;

	do {
		n = pwrite(to, pages, length, (off_t)offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return is_for_another_way(errno) ? 0 : -errno;
	return n;
}

/* One window. The mapping is for the kernel alone: a source that cannot be read fails a call there,
 * and would kill the process here. */
static int64_t copy_window(int from, uint64_t from_offset, int to, uint64_t to_offset,
			   uint64_t length)
{
	uint64_t skip = from_offset % (uint64_t)sysconf(_SC_PAGESIZE);
	char *map =
		mmap(NULL, skip + length, PROT_READ, MAP_SHARED, from, (off_t)(from_offset - skip));
	int64_t n;

	if (map == MAP_FAILED)
		return 0;
	n = write_pages(to, map + skip, length, to_offset);
	munmap(map, skip + length);
	return n;
}

int64_t direct_copy(int from, uint64_t from_offset, int to, uint64_t to_offset, uint64_t length)
{
	int flags = fcntl(to, F_GETFL);
	uint64_t done = 0, window;
	int64_t n;

	if (length < DIRECT_MIN || (from_offset | to_offset | length) % DIRECT_PAGE || flags < 0 ||
	    !is_fit(to) || fcntl(to, F_SETFL, flags | O_DIRECT) < 0)
		return 0;
	do {
		window = min_u64(length - done, DIRECT_WINDOW);
		n = copy_window(from, from_offset + done, to, to_offset + done, window);
		if (n > 0)
			done += (uint64_t)n;
	} while (n == (int64_t)window && done < length);
	fcntl(to, F_SETFL, flags);
	return n < 0 ? n : (int64_t)done;
}
