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

static int check_image(struct image *image, struct findings *findings, uint64_t states[VHD_STATES],
		       uint64_t *ret_slack, struct error *err)
{
	struct error local = ERROR_INIT;
	int r = 0;

	*ret_slack = 0;
	if (image->info.format == VHD_FORMAT_VHDX)
		r = check_vhdx(image, findings, states, ret_slack, &local);
	else if (image->info.format == VHD_FORMAT_VHD && image->info.type != VHD_TYPE_FIXED)
		r = check_vhd1((struct vhd1 *)image, findings, states, ret_slack, &local);
	return r < 0 ? note_error(findings, &local, err) : 0;
}

/* The file that was opened as a parent, and no other that has its name by now. */
static int check_parent(const struct image *parent, struct findings *findings, struct error *err)
{
	const struct image_format format = {parent->info.format, IMAGE_FORMAT_OF_CHILD};
	CLEANUP_IMAGE struct image *image = NULL;
	struct image_file file = {.fd = -1};
	uint64_t states[VHD_STATES], slack;
	struct error local = ERROR_INIT;
	int r = image_file_again(&parent->file, &file, err);

	if (r < 0)
		return r;
	r = image_open_file(&file, &format, findings, &image, &local);
	image_file_close(&file);
	return r < 0 ? note_error(findings, &local, err)
		     : check_image(image, findings, states, &slack, err);
}

/* The files below the first, and whether they belong together. */
static int check_parents(const char *path, const struct vhd_open_options *options,
			 struct findings *findings, unsigned int *ret_length, struct error *err)
{
	struct error local = ERROR_INIT;
	struct chain *chain = calloc(1, sizeof(*chain));
	int r;

	if (!chain)
		return error_failed(err, ENOMEM, "out of memory");
	r = chain_open(path, options, chain, &local);
	if (r < 0)
		r = note_error(findings, &local, err);
	for (size_t i = 1; i < chain->count && r == 0; i++)
		r = check_parent(chain->images[i], findings, err);
	*ret_length = (unsigned int)chain->count;
	chain_close(chain);
	return r;
}

static int check_all(const char *path, const struct vhd_open_options *options,
		     struct vhd_check *result, struct findings *findings, struct error *err)
{
	CLEANUP_IMAGE struct image *image = NULL;
	struct error local = ERROR_INIT;
	int r = image_open(path, options, findings, &image, &local);

	if (r < 0)
		return note_error(findings, &local, err);
	r = check_image(image, findings, result->blocks, &result->slack, err);
	if (r < 0)
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
