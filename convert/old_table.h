/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The partition table that the disk has, as the partitions of a survey. */
#ifndef HVGEN2_CONVERT_OLD_TABLE_H
#define HVGEN2_CONVERT_OLD_TABLE_H

#include "convert/survey.h"

/*
 * Read the table of 'disk' and fill ret->mbr_signature or ret->gpt, and ret->partitions with their
 * places. *ret_mbr is that of an MBR, with what was left out of it; all zero for a GPT.
 *
 * A disk with a GPT needs no conversion unless it is that of a Linux which the BIOS starts: for one
 * that can be read, *ret_why_not is the refusal that holds when no Linux is found on it. What is
 * wrong with the backup of a GPT goes to ret->warnings.
 *
 * Errors: those of mbr_read(); REFUSAL_ALREADY_GPT for a GPT that cannot be read, or that has more
 * entries than MBR_MAX_PARTITIONS, too.
 */
int old_table_read(struct disk *disk, struct survey *ret, struct mbr *ret_mbr,
		   struct error *ret_why_not, struct error *err);

#endif
