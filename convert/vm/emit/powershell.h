/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan as a PowerShell script, STEM.ps1, which makes the VM on a host of Hyper-V. */
#ifndef HVGEN2_CONVERT_VM_EMIT_POWERSHELL_H
#define HVGEN2_CONVERT_VM_EMIT_POWERSHELL_H

#include "common/buffer.h"
#include "convert/vm/emit/plan.h"

/*
 * Append the whole script: UTF-8 with its mark (older hosts read a file without it in their code
 * page), lines that end with CR LF. All of the VM stands in one literal, $Plan, and nowhere else;
 * the rest, script/, is the same for all VMs, and says in its head what it does, with which
 * parameters, and what it gives back. Running out of memory is remembered in 'out'.
 */
void emit_powershell(const struct vm_plan *plan, struct buffer *out);

#endif
