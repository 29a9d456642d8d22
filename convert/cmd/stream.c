/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Standard output as the place of the disk: see stream.h. */
#include "convert/cmd/stream.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/checked.h"
#include "vhd/vhd.h"

int stream_take(bool is_dry_run, int *ret, struct error *err)
{
	int fd;

	*ret = 0;
	if (!is_dry_run && isatty(STDOUT_FILENO))
		return error_usage(err, "standard output is a terminal: with '--output -' the disk "
					"goes into a pipe or a file ('> web01.raw')");
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		return error_errno(err, "'%s'", WRITE_STREAM);
	if (is_dry_run)
		close(fd);
	else
		*ret = fd;
	return 0;
}

static bool is_file(const char *path, const struct stat *stream)
{
	struct stat st;

	return path && stat(path, &st) == 0 && st.st_dev == stream->st_dev &&
	       st.st_ino == stream->st_ino;
}

int stream_check(const struct write_paths *paths, struct progress_view *progress,
		 const struct disk *source, struct error *err)
{
	struct stat stream, member;

	if (!paths->stream)
		return 0;
	if (fstat(paths->stream, &stream) < 0)
		return error_errno(err, "'%s'", WRITE_STREAM);
	for (unsigned int i = 0; vhd_member_stat(source, i, &member); i++)
		if (member.st_dev == stream.st_dev && member.st_ino == stream.st_ino)
			return error_usage(err,
					   "standard output is '%s', which belongs to the "
					   "source, which is never written",
					   vhd_member_path(source, i));
	if (progress_keep_off(progress, &stream))
		return error_usage(err, "standard output is the disk, and '--progress' or "
					"'--progress-fd' leads to the same place");
	if (is_file(paths->nvram, &stream) || is_file(paths->report, &stream))
		return error_usage(err,
				   "standard output is '%s', which is named for another output",
				   is_file(paths->nvram, &stream) ? paths->nvram : paths->report);
	return 0;
}
