/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every entry of a BAT, looked at once. Internal to vhd/. */
#ifndef HVGEN2_VHD_VHDX_SCAN_H
#define HVGEN2_VHD_VHDX_SCAN_H

#include "vhd/findings.h"
#include "vhd/vhdx_map.h"

/*
 * Look at every BAT entry of 'vhdx', whose other structures have been read. All that
 * is against the specification is noted in 'findings'; unless those are the checker's, an entry
 * that would give wrong data is ERROR_DAMAGED. 'states' are the payload blocks by state, *ret_slack the bytes
 * of the file that nothing refers to.
 */
int vhdx_scan(struct vhdx *vhdx, struct findings *findings, uint64_t states[VHD_STATES],
	      uint64_t *ret_slack, struct error *err);

#endif
