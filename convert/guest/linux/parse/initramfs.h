/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names of files in an initramfs, of which the kernel takes a chain (Documentation/driver-api/
 * early-userspace/buffer-format.rst of Linux):
 *
 *   | archive, plain (microcode) | zeros | archive, compressed | zeros | ...
 *
 * An archive is cpio's "newc"; compressed is what gzip, xz, zstd, lz4 -l, bzip2 or lzma wrote. All
 * is read once from front to end, and no further than needed; nothing of the files is kept.
 */
#ifndef HVGEN2_CONVERT_GUEST_LINUX_PARSE_INITRAMFS_H
#define HVGEN2_CONVERT_GUEST_LINUX_PARSE_INITRAMFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/error.h"
#include "convert/guest/linux/parse/initramfs_source.h"

/* "hv_storvsc": without folders and suffixes; - and _ are one. */
struct initramfs_module {
	const char *name;
	bool is_found; /* set, never cleared */
};

struct initramfs_wanted {
	struct initramfs_module *modules;
	size_t count;
};

struct initramfs_result {
	char compression[64];	 /* of the parts in their order: "none, zstd" */
	bool is_complete;	 /* read to the end, not only until all was found */
	const char *unsupported; /* what the rest is compressed with that we cannot read: "lzo" */
	uint64_t output;	 /* bytes that were unpacked */
	uint64_t members;	 /* files, folders and links seen */
};

#define INITRAMFS_MAX_OUTPUT (UINT64_C(1) << 30)

/*
 * Mark the wanted modules that are in it (as .ko, .ko.gz, .ko.xz or .ko.zst); end early when all
 * are, never when none is wanted. More than 'max_output' bytes when unpacked, more than 64 parts,
 * and what is neither an archive nor compressed is ERROR_DAMAGED with the offset; what was found
 * before stays marked. 'ret' is filled in either case. At most 160 MiB of memory are taken.
 */
int initramfs_scan(const struct initramfs_source *source, struct initramfs_wanted *wanted,
		   uint64_t max_output, struct initramfs_result *ret, struct error *err);

/* Is the module named in a modules.builtin, which has a path a line? The same names as above. */
bool modules_builtin_has(const struct file_bytes *file, const char *name);

#endif
