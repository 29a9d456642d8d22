/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libguestfs, loaded when it is asked for: it brings fifty libraries, which every start of the
 * program would otherwise have to link (40 of 60 ms), and every process that reads a guest's bytes
 * to carry. The header says what the functions are; their names lack its "guestfs_".
 */
#ifndef HVGEN2_CONVERT_VERIFY_GUESTFS_LIBRARY_H
#define HVGEN2_CONVERT_VERIFY_GUESTFS_LIBRARY_H

#include <guestfs.h>
#include <stdbool.h>

#define GUESTFS_FUNCTIONS(f)                                                                       \
	f(create) f(close) f(last_error) f(set_error_handler) f(set_tmpdir) f(set_cachedir)        \
		f(set_backend) f(set_backend_setting) f(add_drive_opts) f(launch) f(part_list)     \
			f(free_partition_list) f(part_get_gpt_type) f(part_get_gpt_guid)           \
				f(vfs_type) f(mount_ro) f(umount_all) f(case_sensitive_path)       \
					f(checksum) f(filesize) f(inspect_os) f(inspect_get_type)  \
						f(inspect_get_arch) f(inspect_get_product_name)    \
							f(inspect_get_windows_systemroot)          \
								f(inspect_get_major_version) f(    \
									inspect_get_minor_version)

#define GUESTFS_MEMBER(name) __typeof__(guestfs_##name) *name;
struct guestfs {
	guestfs_h *handle; /* NULL until it is created, by the caller */
	GUESTFS_FUNCTIONS(GUESTFS_MEMBER)
};
#undef GUESTFS_MEMBER

/* Load the library, for as long as the process lives. False, with the reason in 'text', when it is
 * not installed or lacks a function. */
bool guestfs_library_load(struct guestfs *ret, char text[256]);

#endif
