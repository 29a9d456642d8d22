#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Boot sectors that are odd in the source: hidden sectors are right in every layout; a backup that is no copy is warned about
# and left alone; verify calls what was so before "as in the source", and only our own difference a failure.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk sfdisk

start=718848 sectors=3473408 # of C: in mkvm's small sample
backup=$((start + sectors - 1))
zero() { dd if=/dev/zero of="$1" bs=512 seek="$2" count=1 conv=notrunc status=none; }
hide() { printf '\x3f\0\0\0' | dd of="$1" bs=1 seek=$(($2 * 512 + 28)) conv=notrunc status=none; }
hidden() { od -An -tu4 -j $(($2 * 512 + 28)) -N 4 "$1" | tr -d ' '; }

# Convert vm.raw, and verify: no failure. The place of C: and the number of its partition are then in $at and $number.
convert() { # OPTIONS...
	expect 0 "$HVGEN2" convert -f -o out.vhdx "$@" vm.raw
	mv out.txt convert.txt
	to_raw out.vhdx out.raw
	at=$(jq '.after.partitions[] | select(.role == "windows") | .start_lba' out.report.json)
	number=$(jq '.after.partitions[] | select(.role == "windows") | .number' out.report.json)
	expect 0 "$HVGEN2" verify --no-guestfs out.vhdx
	[ "$(hidden out.raw "$at")" = "$at" ] || fail "$*: hidden sectors are $(hidden out.raw "$at")"
}
# What the report lists for the boot sectors of partition 2.
listed() { jq -r '.changed[] | select(.partition == 2 and .path == "$Boot") | .details[]' out.report.json; }
expect_backup_told() {
	jq -e '[.warnings[] | select(startswith("partition 2: the backup boot sector"))] | length == 1' out.report.json \
		>/dev/null || fail "the backup boot sector is not warned about once"
	grep -q "^ok    ntfs-$number: .*as in the source" out.txt || fail "$(grep "ntfs-$number" out.txt)"
}

"$MKVM" --small --format raw sample.raw
for layout in front end reuse; do
	# No backup boot sector: what partclone leaves.
	cp --sparse=always sample.raw vm.raw
	zero vm.raw $backup
	convert --layout $layout
	expect_backup_told
	# Without the report it might be our doing.
	mv out.report.json other.json
	expect 1 "$HVGEN2" verify --no-guestfs out.vhdx
	expect 0 "$HVGEN2" verify --no-guestfs --report other.json out.vhdx

	# A clone's 63, in both places, in the first and in the backup.
	for places in "$start $backup" "$start" "$backup"; do
		cp --sparse=always sample.raw vm.raw
		for place in $places; do hide vm.raw "$place"; done
		convert --layout $layout
		[ "$(hidden out.raw $((at + sectors - 1)))" = "$at" ] || fail "$layout, $places: the backup is wrong"
		listed | grep -q "63 -> $at" || fail "$layout, $places: not listed: $(listed)"
		grep -q "^ok    ntfs-$number: .*backup boot sector right" out.txt || fail "$(grep "ntfs-$number" out.txt)"
	done
done

# Nothing odd: nothing is changed where nothing moves.
cp --sparse=always sample.raw vm.raw
convert --layout end
[ -z "$(listed)" ] || fail "listed without need: $(listed)"
# A failure of ours: the report does not excuse it.
printf x | dd of=out.raw bs=1 seek=$(((at + sectors - 1) * 512 + 100)) conv=notrunc status=none
expect 1 "$HVGEN2" verify --no-guestfs --report out.report.json out.raw
grep -q "^FAIL  ntfs-$number: the backup boot sector" out.txt || fail "$(grep ntfs- out.txt)"

# Data volumes: of which only the boot sector is left, and one with 4096-byte sectors.
"$MKVM" --small --size 4G --format raw --data 1 data.raw
read -r data size <<<"$(sfdisk --json data.raw | jq -r '.partitiontable.partitions[-1] | "\(.start) \(.size)"')"
cp --sparse=always data.raw vm.raw
truncate -s $((size * 512)) part.raw
dd if=data.raw of=part.raw bs=512 skip="$data" count=1 conv=notrunc status=none
dd if=part.raw of=vm.raw bs=1M seek=$((data / 2048)) conv=notrunc status=none
convert
grep -q "^skipped ntfs-.*as in the source" out.txt || fail "$(grep ntfs- out.txt)"

cp --sparse=always data.raw vm.raw
mkntfs -Q -F -q -s 4096 -p "$data" part.raw $((size / 8)) >/dev/null 2>&1 || fail "mkntfs"
dd if=part.raw of=vm.raw bs=1M seek=$((data / 2048)) conv=notrunc status=none
convert
grep -q "^skipped ntfs-.*sectors of 4096 bytes.*as in the source" out.txt || fail "$(grep ntfs- out.txt)"
jq -e '[.warnings[] | select(contains("sectors of 4096 bytes"))] | length == 1' out.report.json >/dev/null ||
	fail "the sectors of 4096 bytes are not warned about once"

# FAT32, whose first boot sector alone has Windows' dirty bits: the backup follows all the same.
if PATH=$PATH:/sbin command -v mkfs.fat >/dev/null; then
	cp --sparse=always data.raw vm.raw
	truncate -s 0 part.raw
	truncate -s $((size * 512)) part.raw
	mkfs.fat -F 32 -h 63 part.raw >/dev/null
	printf '\1' | dd of=part.raw bs=1 seek=$((0x41)) conv=notrunc status=none
	dd if=part.raw of=vm.raw bs=1M seek=$((data / 2048)) conv=notrunc status=none
	for layout in front end; do
		convert --layout $layout
		new=$(jq '.after.partitions[-1].start_lba' out.report.json)
		[ $layout = front ] || new=$data
		[ "$(hidden out.raw "$new")" = "$new" ] || fail "FAT32, $layout: $(hidden out.raw "$new")"
		[ "$(hidden out.raw $((new + 6)))" = "$new" ] || fail "FAT32, $layout: the backup"
	done
fi
