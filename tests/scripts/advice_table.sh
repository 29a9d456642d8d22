#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# advice_table.sh: what the program advises about disks of another kind, or without a table, is given word for word; what
# is to be done in the guest is done to a raw copy. (advice.sh follows those that name an option, in every format.)
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk sfdisk

make() { "$MKVM" --small --format raw "$@" vm.raw; }
converts() { # CONVERT OPTION...
	expect 0 "$HVGEN2" convert -f --format dynamic -o new.vhdx "$@" vm.raw
	expect 0 "$HVGEN2" verify --no-guestfs new.vhdx
}

# No table at all, in each of the ways, and an empty one.
make --defect no-partition-table
advised not-a-disk-image "name a VHDX, VHD or raw disk image" convert vm.raw
"$MKVM" --small --defect no-partition-table vm.vhdx
advised no-partition-table "give the disk on which Windows is installed" convert vm.vhdx
truncate -s 64M empty.raw
echo 'label: dos' | sfdisk -q empty.raw
advised no-partition-table "give the disk on which Windows is installed" convert empty.raw
mkntfs -Q -F -q empty.raw >/dev/null 2>&1
advised no-partition-table "give the disk on which Windows is installed" convert empty.raw
make
converts

# A GPT, with and without its halves, and together with an MBR. No tool is named that could write to the image.
make --hybrid
advised already-gpt "copy Windows with imaging software in the guest to a new disk that has an MBR alone, let the VM start \
from that one, and convert that one" convert vm.raw
make --defect already-gpt
advised already-gpt "a disk with a GPT needs no conversion: attach it to a generation 2 VM as it is" convert vm.raw
for at in 512 $((2 ** 31 - 512)); do
	dd if=/dev/zero of=vm.raw bs=512 seek=$((at / 512)) count=1 conv=notrunc status=none
done
advised already-gpt "take the disk from a backup; without its GPT nobody can tell where its partitions lie" convert vm.raw

make --defect dynamic-disk
advised dynamic-disk "copy Windows with imaging software in the guest to a new basic disk, let the VM start from that one, \
and convert that one; Windows itself makes a basic disk only by deleting all volumes" convert vm.raw

# 125 partitions, more than any tool makes; the last is deleted as Disk Management does it: the chain ends before it.
le32() { printf '\\x%02x\\x%02x\\x%02x\\x%02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24)); }
entry() { echo "\\0\\0\\0\\0\\x$1\\0\\0\\0$(le32 "$2")$(le32 "$3")"; } # TYPE START SIZE
write() { printf "$2" | dd of=vm.raw bs=1 seek="$1" conv=notrunc status=none; } # OFFSET BYTES
make
truncate -s 3G vm.raw
first=4194304 step=8192 unused=$(entry 0 0 0)$(entry 0 0 0)
write $((446 + 32)) "$(entry 0f $first 1500000)"
for ((i = 0; i < 123; i++)); do
	link=$(entry 05 $((step * (i + 1))) $step)
	[ $i -lt 122 ] || link=$(entry 0 0 0)
	write $(((first + step * i) * 512 + 446)) "$(entry 07 2048 2048)$link$unused\x55\xaa"
done
advised layout-impossible "move what some of them hold to another disk, delete those in the guest and convert again" \
	convert vm.raw
write $(((first + step * 121) * 512 + 446 + 16)) "$(entry 0 0 0)"
converts
[ "$(jq '.before.partitions | length' new.report.json)" -eq 124 ] || fail "not all of the others are there"
