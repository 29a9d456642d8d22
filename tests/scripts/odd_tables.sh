#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Partition tables that were written by hand, on one raw disk: what of a left-out entry lies on the disk is kept to its last
# sector; what starts Windows is never "not needed"; and no sentence about a table is untrue.
. "$(dirname "$0")/lib.sh"
need mkntfs jq python3 sfdisk

entry() { # FILE SLOT STATUS TYPE START SECTORS
	python3 -c 'import struct, sys
status, kind, start, sectors = (int(x, 0) for x in sys.argv[1:])
sys.stdout.buffer.write(struct.pack("<B3xB3xII", status, kind, start, sectors))' "${@:3}" |
		dd of="$1" bs=1 seek=$((446 + 16 * $2)) conv=notrunc status=none
}
warnings() { jq -r '.warnings[]' out.txt >warnings.txt; }

"$MKVM" --small --format raw plain.raw
"$MKVM" --small --size 4G --logical --data 1 --winre none --format raw logical.raw
size=$(($(stat -c %s plain.raw) / 512))

# An entry that goes beyond the end of the disk: its sectors on the disk are all there, also where a backup GPT would stand.
cp --sparse=always plain.raw vm.raw
start=$((size - 2048))
entry vm.raw 2 0 7 $start 100000
python3 - vm.raw $start <<'END'
import sys
with open(sys.argv[1], 'r+b') as disk:
    for sector in range(int(sys.argv[2]), int(sys.argv[2]) + 2048):
        disk.seek(sector * 512)
        disk.write(b'KEEP%08d;' % sector)
END
for layout in front reuse end; do
	expect 0 "$HVGEN2" convert -f --ignore-bad-partitions --layout $layout --nvram none -o new.raw vm.raw
	at=$((start + $(jq .after.shift new.report.json) / 512))
	kept=$(dd if=new.raw bs=512 skip=$at count=2048 status=none | grep -ao 'KEEP0[0-9]*;' | sort -u | wc -l)
	[ "$kept" -eq 2048 ] || fail "layout $layout keeps $kept of 2048 sectors"
done
rm new.raw

# The partition that starts Windows, called extended: without it nothing starts.
cp --sparse=always plain.raw vm.raw
entry vm.raw 0 0x80 5 2048 716800
for option in "" --ignore-bad-partitions; do
	# shellcheck disable=SC2086
	expect 4 "$HVGEN2" inspect $option vm.raw
	grep -q "Windows or the partition that starts it is concerned" err.txt || fail "$(cat err.txt)"
done

# Two active partitions, both with a boot store.
"$MKVM" --small --stale-bcd --format raw vm.raw
entry vm.raw 0 0x80 7 2048 716800
entry vm.raw 1 0x80 7 718848 3473408
expect 0 "$HVGEN2" inspect --json vm.raw
warnings
grep -q "partitions 1, 2 are active, .* partition 1 is converted" warnings.txt || fail "$(cat warnings.txt)"

# An unused entry with a status of its own.
cp --sparse=always plain.raw vm.raw
entry vm.raw 2 1 0 0 0
expect 4 "$HVGEN2" inspect vm.raw
expect 0 "$HVGEN2" inspect --json --ignore-bad-partitions vm.raw
warnings
grep "status 0x01" warnings.txt >line.txt || fail "$(cat warnings.txt)"
! grep -q logical line.txt || fail "$(cat line.txt)"

# No logical partition is carried over, and none is said to be.
read -r start sectors < <(sfdisk --json logical.raw |
	jq -r '.partitiontable.partitions[] | select(.type == "f" or .type == "5") | "\(.start) \(.size)"')
cp --sparse=always logical.raw vm.raw
entry vm.raw 2 0 0x83 "$start" 10
entry vm.raw 3 0 0x0f "$start" "$sectors"
expect 0 "$HVGEN2" inspect --json --ignore-bad-partitions vm.raw
warnings
! grep -q "are carried over" warnings.txt || fail "$(cat warnings.txt)"
grep -q "no logical partition of it is sound" warnings.txt || fail "$(cat warnings.txt)"

# An extended partition whose table was zeroed.
cp --sparse=always logical.raw vm.raw
dd if=/dev/zero of=vm.raw bs=512 seek="$start" count=1 conv=notrunc status=none
expect 0 "$HVGEN2" inspect --json vm.raw
warnings
grep -q "extended partition . begins with a sector of zeros" warnings.txt || fail "$(cat warnings.txt)"
