/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine as a recipe for Proxmox VE, STEM.proxmox.sh, to be run by root on its host. */
#ifndef HVGEN2_CONVERT_VM_EMIT_KVM_PROXMOX_H
#define HVGEN2_CONVERT_VM_EMIT_KVM_PROXMOX_H

#include "common/buffer.h"
#include "convert/vm/emit/kvm/machine.h"

#define PROXMOX_MAX_DISKS 6 /* places on SATA */

/*
 * Append the whole script, for any POSIX shell: it looks at everything first, and then calls 'qm
 * create' once, which takes back what it made when it fails. It finds the files beside itself. Each
 * text of the VM is one word in quotes. The drive for DVDs is on IDE; there is one at most. Errors:
 * ERROR_USAGE for more disks than there are places; running out of memory is remembered in 'out'.
 */
int emit_proxmox(const struct kvm_machine *machine, struct buffer *out, struct error *err);

#endif
