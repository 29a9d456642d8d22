/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A machine as libvirt's domain XML, STEM.libvirt.xml, for 'virsh define'. */
#ifndef HVGEN2_CONVERT_VM_EMIT_KVM_LIBVIRT_H
#define HVGEN2_CONVERT_VM_EMIT_KVM_LIBVIRT_H

#include "common/buffer.h"
#include "convert/vm/emit/kvm/machine.h"

/*
 * Append the whole document, UTF-8, valid by the schema of libvirt 9.0. The firmware is where Debian
 * and Ubuntu have it. A VLAN is not in it: libvirt refuses to start a domain that has one on a
 * bridge of the kernel or on its own network. Running out of memory is remembered in 'out'.
 */
void emit_libvirt(const struct kvm_machine *machine, struct buffer *out);

#endif
