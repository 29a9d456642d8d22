/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log of a VHDX (MS-VHDX 2.3). Internal to vhd/. */
#ifndef HVGEN2_VHD_VHDX_LOG_H
#define HVGEN2_VHD_VHDX_LOG_H

#include "common/error.h"
#include "vhd/image_file.h"
#include "vhd/vhdx_header.h"

/*
 * Replay the log, which is not empty, into file->overlay, and lengthen file->size by what it
 * appends. REFUSAL_LOG_DAMAGED when there is no valid sequence of entries.
 */
int vhdx_replay_log(struct image_file *file, const struct vhdx_header *header, struct error *err);

#endif
