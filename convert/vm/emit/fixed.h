/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The part of the script that is the same for all VMs: script/, embedded at build time. */
#ifndef HVGEN2_CONVERT_VM_EMIT_FIXED_H
#define HVGEN2_CONVERT_VM_EMIT_FIXED_H

extern const unsigned char emit_fixed_script[];
extern const unsigned long emit_fixed_script_size;

#endif
