#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# boot_result.sh "MKVM OPTIONS" "CONVERT OPTIONS": the result starts from its NVRAM store, and without one from
# \EFI\Boot\bootx64.efi.
. "$(dirname "$0")/lib.sh"
need qemu-img mkntfs qemu-system-x86_64

read -ra shape <<<"$(words "$1")"
read -ra options <<<"$(words "$2")"
"$MKVM" --small "${shape[@]}" vm.vhdx
expect 0 "$HVGEN2" convert "${options[@]}" --nvram vm.fd -o vm-gen2.vhdx vm.vhdx
"$SOURCE_DIR/tests/boot/boot.sh" vm-gen2.vhdx vm.fd >serial.txt || {
	status=$?
	cat serial.txt
	[ "$status" -ne 77 ] || skip "no OVMF"
	fail "the result does not start from its NVRAM store"
}
cat serial.txt
grep -q 'load option path: HD(.*)/.EFI.Microsoft.Boot.bootmgfw.efi' serial.txt || fail "not a short-form path"
"$SOURCE_DIR/tests/boot/boot.sh" vm-gen2.vhdx - >serial.txt || {
	cat serial.txt
	fail "the result does not start with empty variables"
}
