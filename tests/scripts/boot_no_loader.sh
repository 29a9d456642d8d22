#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# boot_no_loader.sh: when the BCD names a file that is not on the partition of Windows, the stand-in boot manager does not
# say that all is well. (boot_result.sh trusts it.)
. "$(dirname "$0")/lib.sh"
need qemu-img mkntfs sgdisk mcopy qemu-system-x86_64

"$MKVM" --small vm.vhdx
expect 0 "$HVGEN2" convert --nvram vm.fd -o vm-gen2.vhdx vm.vhdx
to_raw vm-gen2.vhdx result.raw
esp=result.raw@@$(gpt_partitions result.raw | awk '$3 == "EF00" { print $1 }')
mcopy -i "$esp" ::/EFI/Microsoft/Boot/BCD BCD
# UTF-16: winload.efi becomes winlost.efi.
sed 's/l\x00o\x00a\x00d\x00\.\x00e\x00f\x00i/l\x00o\x00s\x00t\x00.\x00e\x00f\x00i/g' BCD >BCD.lost
cmp -s BCD BCD.lost && fail "the BCD does not name winload.efi"
mcopy -o -i "$esp" BCD.lost ::/EFI/Microsoft/Boot/BCD

status=0
"$SOURCE_DIR/tests/boot/boot.sh" result.raw vm.fd >serial.txt || status=$?
cat serial.txt
[ "$status" -ne 77 ] || skip "no OVMF"
[ "$status" -eq 1 ] || fail "exit status $status instead of 1"
grep -q 'HVGEN2 BOOT FAILED: NTFS: .*winlost\.efi. is not there' serial.txt || fail "not for the loader's sake"
