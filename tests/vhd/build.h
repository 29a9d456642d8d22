/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Images made byte by byte in tests, by other code than the library's writer, together with the
 * truth about them: a sparse raw file (the oracle) that holds what the disk must read as. A child
 * is built over the oracle of its parent, which then becomes the child's.
 */
#ifndef HVGEN2_TESTS_VHD_BUILD_H
#define HVGEN2_TESTS_VHD_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/guid.h"

struct vhdx_recipe {
	uint64_t size;
	uint32_t block_size;
	uint32_t sector_size;
	bool leave_allocated;
	/* Bit n set: blocks may have state n (0-3, 5-7). */
	unsigned int states;
	struct guid data_write;
	/* Differencing when 'linkage' is not NULL. */
	const struct guid *linkage;
	const char *relative_path;
	const char *absolute_path;
	const char *volume_path;
	uint64_t seed;
	bool spare_bitmaps; /* no bitmap block for chunks without a block of state 7 */
};

#define STATES(...) (0u __VA_ARGS__)
#define MAY_BE(n)   | 1u << (n)

/* Write the image and bring the oracle, which has the parent's contents or does not exist, up to
 * date. */
void build_vhdx(const char *path, const char *oracle, const struct vhdx_recipe *recipe);

/* Where build_vhdx() puts things. */
#define BUILD_LOG_OFFSET      (1024 * 1024)
#define BUILD_LOG_LENGTH      (1024 * 1024)
#define BUILD_METADATA_OFFSET (2 * 1024 * 1024)
#define BUILD_BAT_OFFSET      (3 * 1024 * 1024)

enum build_vhd_type { BUILD_VHD_FIXED = 2, BUILD_VHD_DYNAMIC = 3, BUILD_VHD_DIFFERENCING = 4 };

struct vhd_recipe {
	enum build_vhd_type type;
	uint64_t size;
	uint32_t block_size;
	struct guid id;
	const struct guid *parent_id;
	const char *relative_path;
	const char *absolute_path;
	uint64_t seed;
};

void build_vhd(const char *path, const char *oracle, const struct vhd_recipe *recipe);

/* Recompute the checksum of header 0 or 1, of a region table, of a VHD's footer or header, after
 * patching it. */
void seal_header(const char *path, unsigned int i);
void seal_regions(const char *path, unsigned int i);
void seal_vhd(const char *path, uint64_t offset, size_t size, size_t field);

/* One page of a log entry: 4096 bytes at 'target', or, with page NULL, 'length' zeros. */
struct log_page {
	uint64_t target;
	const uint8_t *page;
	uint64_t length;
};

struct log_recipe {
	uint32_t at;   /* place in the ring, of 1 MiB */
	uint32_t tail; /* place of the oldest entry needed */
	uint64_t sequence;
	uint64_t flushed;
	uint64_t last;
	struct guid guid;
	const struct log_page *pages;
	size_t count;
};

/* Write one entry into the log of an image of build_vhdx(); returns the place behind it. */
uint32_t build_log_entry(const char *path, const struct log_recipe *recipe);

/* Put the log GUID into the current header. */
void set_log_guid(const char *path, const struct guid *guid);

#endif
