/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which file system it is, and what opens it: see linux_files.h. Apart from what uses an open one, as
 * the kinds do. */
#include "convert/linux_files/kinds.h"
#include "convert/linux_files/linux_files.h"

bool linux_files_can_open(enum linux_contents contents)
{
	return contents == LINUX_EXT;
}

bool linux_files_can_open_by_grub(enum linux_contents contents)
{
	return contents == LINUX_XFS || contents == LINUX_BTRFS;
}

int linux_files_open(struct disk *disk, struct linux_files **ret, struct error *err)
{
	struct linux_volume_id id;
	int r = linux_contents_probe(disk, &id, err);

	if (r < 0)
		return r;
	if (id.contents == LINUX_EXT)
		return linux_files_open_ext(disk, ret, err);
	return error_refused(err, REFUSAL_LINUX_UNREADABLE, LINUX_UNREADABLE_ADVICE,
			     "what it holds (%s) cannot be read", linux_contents_text(id.contents));
}

int linux_files_open_by_grub(struct grub_reader *reader, const char *device,
			     enum linux_contents contents, struct linux_files **ret,
			     struct error *err)
{
	return linux_files_open_grub(reader, device, contents == LINUX_BTRFS, ret, err);
}
