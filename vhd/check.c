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
	       (err->kind == ERROR_REFUSED && err->refusal != REFUSAL_NOT_A_DISK_IMAGE &&
		err->refusal != REFUSAL_IN_USE);
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

static int check_vhdx(struct image *image, struct findings *findings, uint64_t states[VHD_STATES],
		      uint64_t *ret_slack, struct error *err)
{
	struct vhdx *vhdx = (struct vhdx *)image;

	if (image->info.log_replayed)
		findings_add(findings, VHD_WARNING, vhdx->header.log_offset,
			     "'%s': the log at offset %" PRIu64
			     " has changes that are not in the file yet",
			     image->file.path, vhdx->header.log_offset);
	return vhdx_scan(vhdx, findings, states, ret_slack, err);
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
