#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# boot_result.sh "MKVM OPTIONS" "CONVERT OPTIONS" [KIND]: the result starts from its NVRAM store, and without one from
# \EFI\Boot\bootx64.efi; both times the loader that its BCD names is on the partition that its BCD names. KIND is what
# the stand-in boot manager finds the loader to be, "x64 PE" when not given.
. "$(dirname "$0")/lib.sh"
need qemu-img mkntfs qemu-system-x86_64

read -ra shape <<<"$(words "$1")"
read -ra options <<<"$(words "$2")"
loader="loader: .Windows.system32.winload.efi, [0-9]+ bytes, ${3:-x64 PE}, on partition \\{[0-9A-Fa-f-]{36}\\}"
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
grep -qE "$loader" serial.txt || fail "the boot manager did not find the loader"
"$SOURCE_DIR/tests/boot/boot.sh" vm-gen2.vhdx - >serial.txt || {
	cat serial.txt
	fail "the result does not start with empty variables"
}
grep -qE "$loader" serial.txt || fail "the boot manager did not find the loader, with empty variables"
