#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files of other formats are refused by name, and the command that the advice gives, run as it stands, makes a disk of them
# that can be converted.
. "$(dirname "$0")/lib.sh"
need qemu-img mkntfs sgdisk

"$MKVM" --small --format raw sample.raw

expect_named() { # FILE WORDS
	expect 3 "$HVGEN2" inspect "$1"
	grep -q "^hvgen2: refused \[not-a-disk-image\]: '$1' .*$2" err.txt || fail "$1 is not called '$2': $(cat err.txt)"
	expect 3 "$HVGEN2" convert "$1"
}
# The words between the advice's quotes.
command_in_advice() { sed -n "s/.*with '\([^']*\)' and convert.*/\1/p" err.txt; }
follow() { # FILE DISK
	local command
	command=$(command_in_advice)
	[ -n "$command" ] || fail "no command: $(cat err.txt)"
	command=${command/FILE/$1}
	command=${command/NEW.vhdx/$2}
	command=${command/DISK/$2}
	bash -c "$command" >/dev/null || fail "$command"
	expect 0 "$HVGEN2" inspect "$2"
	rm "$1" "$2"
}

for format in qcow2 qed vdi parallels vmdk; do
	qemu-img convert -t unsafe -f raw -O $format sample.raw disk.$format
	expect_named disk.$format "$(tr a-z A-Z <<<$format | sed 's/QCOW2/qcow2/; s/PARALLELS/Parallels/')"
	follow disk.$format new.vhdx
done
qemu-img convert -f raw -O vmdk -o subformat=monolithicFlat sample.raw flat.vmdk
[ "$(stat -c %s flat.vmdk)" -lt 512 ] || echo "the descriptor is larger than a sector"
expect_named flat.vmdk "VMDK descriptor"
cp flat.vmdk descriptor.vmdk
follow flat.vmdk new.vhdx
rm flat-flat.vmdk

# Packed disks. (Two of them are unpacked; a sample has two gigabytes.)
gzip -1 -c sample.raw >disk.gz
expect_named disk.gz gzip
follow disk.gz new.raw
if command -v xz >/dev/null; then
	xz -0 -c sample.raw >disk.xz
	expect_named disk.xz xz
	follow disk.xz new.raw
fi
for program in bzip2 lzip zstd lz4; do
	command -v $program >/dev/null || continue
	head -c 1M sample.raw | $program -c >disk.packed
	expect_named disk.packed $program
	bash -c "$(command_in_advice | sed 's/FILE/disk.packed/; s/DISK/out.raw/')"
	cmp -n 1048576 out.raw sample.raw || fail "$program: $(cat err.txt)"
done
if command -v zip >/dev/null; then
	head -c 1M sample.raw >inner.raw
	zip -q disk.zip inner.raw
	expect_named disk.zip zip
fi
tar -cSf disk.ova sample.raw
expect_named disk.ova OVA
[ "$(command_in_advice)" = "tar -xf FILE" ] || fail "$(cat err.txt)"

# By their first bytes alone: there is not always a program that writes them.
{ printf '\xef\xbb\xbf' && head -c 64 descriptor.vmdk; } >bom.vmdk
expect_named bom.vmdk "VMDK descriptor"
printf '\x50\x2a\x4d\x18\4\0\0\0abcd' >skip.zst
expect_named skip.zst zstd
printf '\x89LZO\0\r\n\x1a\n\x10\x40' >disk.lzo
expect_named disk.lzo lzop
printf '\x1f\x9d\x90' >disk.Z
expect_named disk.Z "compressed with compress"

printf 'LUKS\xba\xbe\0\2' >luks.img
truncate -s 1M luks.img
expect_named luks.img LUKS
printf '\x14\x20\x28\x01' >vm.vmrs
truncate -s 32K vm.vmrs
expect_named vm.vmrs vmcx
truncate -s 1M cd.iso
printf '\1CD001\1' | dd of=cd.iso bs=1 seek=32768 conv=notrunc status=none
expect_named cd.iso "ISO 9660"
# A disk on which the traces of a CD were left is a disk, and a file of nothing has no name.
printf '\1CD001\1' | dd of=sample.raw bs=1 seek=32768 conv=notrunc status=none
expect 0 "$HVGEN2" inspect sample.raw
: >empty.img
expect_named empty.img "it is empty"

# A raw disk with 4096-byte sectors, as a copy of a 4Kn disk is one.
truncate -s 1G large.raw
mkntfs -Q -F -q -s 4096 part.img 65536 >/dev/null 2>&1 || {
	truncate -s 256M part.img
	mkntfs -Q -F -q -s 4096 part.img 65536 >/dev/null 2>&1 || fail mkntfs
}
dd if=part.img of=large.raw bs=1M seek=1 conv=notrunc,sparse status=none
# Partition 1, active, type 7, at sector 256 of 4096 bytes, 65536 of them.
printf '\x80\0\0\0\7\0\0\0\0\1\0\0\0\0\1\0' | dd of=large.raw bs=1 seek=446 conv=notrunc status=none
printf '\x55\xaa' | dd of=large.raw bs=1 seek=510 conv=notrunc status=none
expect 3 "$HVGEN2" inspect large.raw
grep -q '^hvgen2: refused \[sector-size\]: ' err.txt || fail "$(cat err.txt)"
truncate -s 64M gpt.raw
sgdisk -n 1:2048:+1M gpt.raw >/dev/null 2>&1
dd if=gpt.raw of=gpt.raw bs=512 skip=1 seek=8 count=1 conv=notrunc status=none
dd if=/dev/zero of=gpt.raw bs=512 seek=1 count=7 conv=notrunc status=none
expect 3 "$HVGEN2" inspect gpt.raw
grep -q '^hvgen2: refused \[sector-size\]: ' err.txt || fail "$(cat err.txt)"
# The same volume where sectors of 512 bytes put it: the disk has such.
dd if=part.img of=large.raw bs=512 seek=256 conv=notrunc,sparse status=none
"$HVGEN2" inspect large.raw >out.txt 2>err.txt || true
! grep -q '\[sector-size\]' err.txt || fail "$(cat err.txt)"
