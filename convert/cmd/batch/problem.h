/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why a VM is not done, in words. */
#ifndef HVGEN2_CONVERT_CMD_BATCH_PROBLEM_H
#define HVGEN2_CONVERT_CMD_BATCH_PROBLEM_H

#include <stdio.h>

#include "convert/batch/state/state.h"

/* "refused [bitlocker]: sentence; what to do", "failed: sentence", "done": without the end of the line. */
void problem_print(const struct batch_vm *vm, FILE *stream);

/* A line for each that is refused or failed. */
void problems_print(const struct batch *batch, FILE *stream);

/* Set object["state"], and ["refusal"] or ["error"] where there is one. */
void problem_set(json_t *object, const struct batch_vm *vm);

/* "damaged": what is wrong with which records, where there are some. */
void damage_set(json_t *object, const struct batch *batch);

/* "vms": all VMs, each as 'vm_object' makes it (a new reference), those that are to be planned behind
 * them; and the above. */
void vms_set(json_t *object, const struct batch *batch,
	     json_t *(*vm_object)(const struct batch_vm *vm));

#endif
