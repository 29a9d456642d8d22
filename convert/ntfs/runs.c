/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the file system's own files stand on the volume. */
#include <errno.h>

#include "common/checked.h"
#include "convert/ntfs/internal.h"

/* A run of the list, cut to the volume: damaged lists may point anywhere. */
static int visit_run(struct volume *volume, const runlist_element *run,
		     const struct volume_run_visitor *visitor, struct error *err)
{
	uint64_t cluster = volume->ntfs->cluster_size, offset, length;

	if (run->lcn < 0 || run->length <= 0 || !mul_u64((uint64_t)run->lcn, cluster, &offset) ||
	    !mul_u64((uint64_t)run->length, cluster, &length) ||
	    !range_within(offset, length, volume->window.disk.size))
		return 0;
	return visitor->visit(visitor->context, offset, length, err);
}

int volume_metafile_runs(struct volume *volume, unsigned int record,
			 const struct volume_run_visitor *visitor, struct error *err)
{
	CLEANUP_INODE ntfs_inode *inode = NULL;
	CLEANUP_ATTR ntfs_attr *data = NULL;
	int r = 0;

	volume_begin(volume, 0);
	inode = ntfs_inode_open(volume->ntfs, record);
	if (inode)
		data = ntfs_attr_open(inode, AT_DATA, AT_UNNAMED, 0);
	if (!data || (NAttrNonResident(data) && ntfs_attr_map_whole_runlist(data) < 0))
		return volume_fail(volume, "", errno ? errno : EIO, "read", err);
	for (const runlist_element *run = data->rl; run && run->length && r == 0; run++)
		r = visit_run(volume, run, visitor, err);
	return r;
}
