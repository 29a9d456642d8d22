/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The checker: each file of a chain by itself, then the chain.
 *
 * Most of the looking is done by the readers, which note in 'findings' what they tolerate; so the
 * checker and the readers cannot disagree about what a file says.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "vhd/chain.h"
#include "vhd/image.h"
#include "vhd/vhd1_bitmap.h"
#include "vhd/vhd1_map.h"
#include "vhd/vhdx_format.h"
#include "vhd/vhdx_map.h"
#include "vhd/vhdx_scan.h"

/* Errors that say something about the file; the others mean that the check cannot be made. */
static bool is_finding(const struct error *err)
{
	return err->kind == ERROR_DAMAGED ||
	       (err->kind == ERROR_REFUSED && err->refusal != REFUSAL_NOT_A_DISK_IMAGE);
}

/* Turn an error into a finding where it is one. Returns 0, or the code of the error. */
static int note_error(struct findings *findings, const struct error *local, struct error *err)
{
	if (is_finding(local)) {
		findings_add(findings, VHD_ERROR, 0, "%s", local->message);
		return 0;
	}
	if (err)
		*err = *local;
	return -local->code;
}

/* The blocks of a fixed disk should be all there, and in order: some tools rely on it. */
static int check_fixed(struct image *image, const uint64_t states[VHD_STATES],
		       struct findings *findings, struct error *err)
{
	struct image_extent extent = {.kind = IMAGE_DATA};
	uint64_t size = image->info.virtual_size, offset = 0, expected = 0;
	int r;

	if (states[VHDX_NOT_PRESENT] || states[VHDX_UNDEFINED] || states[VHDX_ZERO] ||
	    states[VHDX_UNMAPPED]) {
		findings_add(findings, VHD_WARNING, 0,
			     "'%s': a fixed disk with blocks that are not allocated",
			     image->file.path);
		return 0;
	}
	for (; offset < size;
	     offset += extent.length, expected = extent.file_offset + extent.length) {
		r = image->ops->lookup(image, offset, size - offset, &extent, err);
		if (r < 0)
			return r;
		if (offset > 0 && extent.file_offset != expected) {
			findings_add(findings, VHD_WARNING, extent.file_offset,
				     "'%s': a fixed disk whose block at %" PRIu64
				     " stands at offset %" PRIu64
				     " of the file, not directly behind the one before",
				     image->file.path, offset, extent.file_offset);
			return 0;
		}
	}
	return 0;
}

static int check_vhdx(struct image *image, struct findings *findings, uint64_t states[VHD_STATES],
		      uint64_t *ret_slack, struct error *err)
{
	struct vhdx *vhdx = (struct vhdx *)image;
	size_t errors = findings->errors;
	int r;

	if (image->info.log_replayed)
		findings_add(findings, VHD_WARNING, vhdx->header.log_offset,
			     "'%s': the log at offset %" PRIu64
			     " has changes that are not in the file yet",
			     image->file.path, vhdx->header.log_offset);
	r = vhdx_scan(vhdx, findings, states, ret_slack, err);
	if (r == 0 && image->info.type == VHD_TYPE_FIXED && findings->errors == errors)
		r = check_fixed(image, states, findings, err);
	return r;
}

static int check_vhd1(struct vhd1 *vhd, struct findings *findings, uint64_t states[VHD_STATES],
		      uint64_t *ret_slack, struct error *err)
{
	size_t errors = findings->errors;
	int r = vhd1_scan(vhd, findings, states, ret_slack, err);

	/* Blocks that lie somewhere else are not to be looked into. */
	return r < 0 || findings->errors > errors
		       ? r
		       : vhd1_note_clear_bits(vhd, states[VHDX_FULLY_PRESENT], findings, err);
}

/* One file. *ret_image is NULL when it could not be opened because of what has been noted. */
static int check_file(const char *path, struct findings *findings, uint64_t states[VHD_STATES],
		      uint64_t *ret_slack, struct image **ret_image, struct error *err)
{
	struct error local = ERROR_INIT;
	struct image *image = NULL;
	int r = image_open(path, findings, &image, &local);

	*ret_image = NULL;
	*ret_slack = 0;
	if (r < 0)
		return note_error(findings, &local, err);
	if (image->info.format == VHD_FORMAT_VHDX)
		r = check_vhdx(image, findings, states, ret_slack, &local);
	else if (image->info.format == VHD_FORMAT_VHD && image->info.type != VHD_TYPE_FIXED)
		r = check_vhd1((struct vhd1 *)image, findings, states, ret_slack, &local);
	*ret_image = image;
	return r < 0 ? note_error(findings, &local, err) : 0;
}

/* The files below the first, and whether they belong together. */
static int check_parents(const char *path, const struct vhd_open_options *options,
			 struct findings *findings, unsigned int *ret_length, struct error *err)
{
	uint64_t states[VHD_STATES], slack;
	struct error local = ERROR_INIT;
	struct chain *chain = calloc(1, sizeof(*chain));
	int r;

	if (!chain)
		return error_failed(err, ENOMEM, "out of memory");
	r = chain_open(path, options, chain, &local);
	if (r < 0)
		r = note_error(findings, &local, err);
	for (size_t i = 1; i < chain->count && r == 0; i++) {
		CLEANUP_IMAGE struct image *parent = NULL;

		r = check_file(chain->images[i]->file.path, findings, states, &slack, &parent, err);
	}
	*ret_length = (unsigned int)chain->count;
	chain_close(chain);
	return r;
}

static int check_all(const char *path, const struct vhd_open_options *options,
		     struct vhd_check *result, struct findings *findings, struct error *err)
{
	CLEANUP_IMAGE struct image *image = NULL;
	int r = check_file(path, findings, result->blocks, &result->slack, &image, err);

	if (r < 0 || !image)
		return r;
	result->info = image->info;
	/* The chain is opened by the strict rules of reading: of a file with errors that would only
	 * repeat them. */
	if (image->info.type == VHD_TYPE_DIFFERENCING && findings->errors == 0)
		r = check_parents(path, options, findings, &result->info.chain_length, err);
	return r;
}

int vhd_check(const char *path, const struct vhd_open_options *options, struct vhd_check **ret,
	      struct error *err)
{
	struct vhd_check *result = calloc(1, sizeof(*result));
	struct findings findings = {.is_check = true};
	int r;

	if (!result)
		return error_failed(err, ENOMEM, "out of memory");
	r = check_all(path, options, result, &findings, err);
	result->findings = findings.list;
	result->finding_count = findings.count;
	result->error_count = findings.errors;
	result->unlisted_count = findings.unlisted;
	if (r < 0)
		vhd_check_free(result);
	else
		*ret = result;
	return r;
}

void vhd_check_free(struct vhd_check *check)
{
	struct findings findings;

	if (!check)
		return;
	findings = (struct findings){.list = check->findings, .count = check->finding_count};
	findings_done(&findings);
	free(check);
}
