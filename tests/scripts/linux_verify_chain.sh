#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Of a good result of a Linux guest 'verify' says which partition is not where and as the report has it, and no more of what stands
# beside Linux than that nothing is edited there.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_verify_lib.sh"
need sgdisk mkntfs

convert plain

# --- the table is that of the report ---

table() { # OPTION...: of sgdisk
	cp --sparse=always good.raw bad.raw
	sgdisk "$@" bad.raw >sgdisk.txt || fail "$(cat sgdisk.txt)"
}
says 'ok    partitions-report: 4, with numbers, places and attributes of the report'
table -r 5:9
fails partitions-report 'the table has no partition 5, which the report has at LBA '
table -A 5:clear:63
fails partitions-report 'partition 5 has the attributes 0x0000000000000000, by the report 0x8000000000000000'
table -n 20:0:+1M
fails partitions-report 'the table has 5 partitions, the report 4'
first=$(jq '.after.partitions[] | select(.number == 5).start_lba' good.report.json)
table -d 5 -n "5:$((first + 2048)):+1M" -t 5:8200 -A 5:set:63
fails partitions-report "partition 5 has 2048 sectors from LBA $((first + 2048)), by the report [0-9]+ from $first"

# --- nothing beside Linux is edited ---

truncate -s +20M old.raw
printf 'start=%s,size=32768,type=7\n' 655360 | sfdisk -q --append old.raw
truncate -s 16M ntfs
mkntfs -q -F -H 255 -S 63 -p 655360 ntfs >mkntfs.txt 2>&1
dd if=ntfs of=old.raw bs=1M seek=320 conv=notrunc,sparse status=none
expect 0 "$HVGEN2" convert -q -f -o good.raw --nvram none old.raw
verified 0
says "ok    ntfs-3: mounts, label ''; 655360 hidden sectors, not [0-9]*, as nothing beside Linux is edited"
echo "table, NTFS beside Linux"
