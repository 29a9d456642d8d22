#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The machine starts from what nbdkit serves, nothing of which was written: with nbdkit's cow filter in front, which takes what it writes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/nbd_lib.sh"
need mkntfs qemu-system-x86_64

"$MKVM" --small --size 1G vm.vhdx
before=$(sum vm.vhdx)
start_serving --filter=cow "$plugin" vm.vhdx nvram=vm.fd
BOOT_FORMAT=raw BOOT_SNAPSHOT=off "$SOURCE_DIR/tests/boot/boot.sh" "$uri" vm.fd >serial.txt || {
	status=$?
	cat serial.txt
	[ "$status" -ne 77 ] || skip "no OVMF"
	fail "the served disk does not start from its NVRAM store"
}
cat serial.txt
grep -q 'load option path: HD(.*)/.EFI.Microsoft.Boot.bootmgfw.efi' serial.txt || fail "not a short-form path"
stop_serving
[ "$(sum vm.vhdx)" = "$before" ] || fail "the source was written"
