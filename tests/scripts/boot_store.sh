#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# boot_store.sh: the boot store that the BIOS would use is the one that is converted, whatever the file system of the
# active partition, and whatever stores lie about elsewhere. A guess is warned about, with the numbers of the partitions.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk sfdisk fsck.fat mkfs.fat mcopy mdir hivexget ntfscp

bootmgr='Objects\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\Elements'

make() { "$MKVM" --small --format raw "$@" vm.raw; }
convert() { expect 0 "$HVGEN2" convert -f --format dynamic "$@" vm.raw; }
report() { jq -e "$1" vm-gen2.report.json >/dev/null || fail "the report does not say $1"; }
refuted() { jq -e "$1 | not" vm-gen2.report.json >/dev/null || fail "the report says $1"; }

# mkvm gives the store of the system partition a time-out of 30 seconds, and an old one another.
expect_store() { # new|old
	local element
	check_result vm-gen2.vhdx
	element=$(hivexget BCD "$bootmgr\\25000004" | sed -n 's/.*=hex([0-9a-f]*)://p')
	case $1.$element in
	new.1e,00,*) ;;
	new.* | old. | old.1e,00,*) fail "not the $1 store was converted: time-out $element" ;;
	esac
}

# A partition of vm.raw into part.raw, and back.
take_part() { # NUMBER
	read -r offset size _ < <(mbr_partitions vm.raw | sed -n "$1p")
	cut_raw vm.raw "$offset" "$size" part.raw
}
put_part() { dd if=part.raw of=vm.raw bs=1M seek=$((offset / 1048576)) conv=notrunc,sparse status=none; }

# Active FAT partitions of each kind; C: has an old store that must not win. What they held, they hold.
for shape in "fat12 --system-size 120M" "fat16 --stale-bcd" "fat32 --stale-bcd" "fat32 --defect dirty-hives"; do
	# shellcheck disable=SC2086
	make --system-fs $shape
	take_part 1
	mcopy -s -n -i part.raw ::/ before
	convert
	expect_store new
	report '[.warnings[] | select(contains("BCD") or contains("boot store"))] == []'
	report '.before.partitions[0] | .has_bcd and .label == "SYSTEM" and .filesystem == "FAT"'
	report '.after.partitions[] | select(.old_number == 1) |
		.role == "old-system" and .attributes == "0x8000000000000000"'
	read -r offset size _ < <(gpt_partitions result.raw | sed -n 3p)
	cut_raw result.raw "$offset" "$size" part.raw
	fsck.fat -n part.raw >fsck.txt 2>&1 || fail "$shape: fsck.fat: $(cat fsck.txt)"
	[ "$(od -An -tu4 -j28 -N4 part.raw | tr -d ' ')" -eq $((offset / 512)) ] || fail "$shape: hidden sectors"
	mcopy -s -n -i part.raw ::/ after
	diff -r before after || fail "$shape: files of the old system partition differ"
	rm -r before after
	convert --layout reuse
	expect_store new
	report '[.dropped[] | select(startswith("partition 1: \\Boot\\BCD"))] | length > 0'
done
grep -q 'FAT .SYSTEM., boot manager' out.txt || fail "the page does not show the boot manager"

# Windows To Go: the partition starts UEFI machines as well. It is boot files alone, unless a user left something there.
make --to-go
convert
expect_store new
convert --layout reuse
expect_store new
report '[.dropped[] | select(. == "partition 1: \\EFI\\Microsoft\\Boot\\BCD")] | length == 1'
make --to-go --system-file /EFI/mine/notes.txt
expect 3 "$HVGEN2" convert -f --format dynamic --layout reuse vm.raw
grep -qF 'boot files: \EFI\mine\notes.txt;' err.txt || fail "the file of a user is not named: $(cat err.txt)"

# A FAT that is too small stays.
make --system-fs fat16 --system-size 64M
expect 3 "$HVGEN2" convert -f --format dynamic --layout reuse vm.raw
grep -q 'less than 100 MiB' err.txt || fail "$(cat err.txt)"
convert
expect_store new

# The store is lost: rebuilt, and the reason is the true one.
make --system-fs fat32 --defect bcd-lost
convert
report '[.warnings[] | select(contains("rebuilt") and contains("no partition holds"))] | length == 1'
make --system-fs fat32 --defect bcd-spoiled
convert
report '[.warnings[] | select(contains("rebuilt") and contains("partition 1: "))] | length == 1'
refuted 'any(.warnings[]; contains("no partition holds"))'

# The active FAT cannot be read: another store is taken only when it starts this Windows, and never without a word.
make --system-fs fat32 --stale-bcd
printf '\377' | dd of=vm.raw bs=1 seek=$((1048576 + 14)) conv=notrunc status=none # reserved sectors beyond the end
printf '\377' | dd of=vm.raw bs=1 seek=$((1048576 + 44)) conv=notrunc status=none # and a root that is nowhere
convert
expect_store old
report 'any(.warnings[]; contains("partition 1 is active but cannot be read; the boot store of partition 2"))'
make --system-fs fat32
printf '\377' | dd of=vm.raw bs=1 seek=$((1048576 + 44)) conv=notrunc status=none
expect 4 "$HVGEN2" convert -f --format dynamic vm.raw
grep -q 'partition 1: .*FAT\|partition 1: .*cluster' err.txt || fail "$(cat err.txt)"

# Two stores and no active partition: both start this Windows, and the choice is said.
make --no-active --stale-bcd
convert
expect_store new
report 'any(.warnings[]; contains("on the partitions 1, 2, of which none is active; that of partition 1"))'
# The first does not say what it starts: the other.
printf x >junk
take_part 1
ntfscp -q -f part.raw junk /Boot/BCD
put_part
convert
expect_store old
report 'any(.warnings[]; contains("on the partitions 1, 2, of which none is active; that of partition 2"))'
# Neither says: both are named, and nothing says that there is none.
take_part 2
ntfscp -q -f part.raw junk /Boot/BCD
put_part
convert
report 'any(.warnings[]; contains("rebuilt") and contains("on the partitions 1, 2; none of these is active"))'
refuted 'any(.warnings[]; contains("no partition holds"))'
# What the refusal without a template advises: the partition made active.
sfdisk -q --activate vm.raw 1 >/dev/null
convert
refuted 'any(.warnings[]; contains("on the partitions"))'
# The active partition has none: the only one there is, with a word.
make
sfdisk -q --activate vm.raw 2 >/dev/null
convert
expect_store new
report 'any(.warnings[]; contains("partition 2 is active but holds no \\Boot\\BCD; the boot store of partition 1"))'
# One store and no active partition: that one.
make --no-active
convert
expect_store new
