#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A VM whose data volume was in use when its disk was copied: the conversion replays the journal of that volume, says so, and
# the new disk holds what Windows had made of the same records. With --no-journal-replay, and where the journal cannot be
# replayed, the volume is carried over as it is. Both shapes of output.
. "$SOURCE_DIR/tests/scripts/lib.sh"

data=$SOURCE_DIR/../shared/data/ntfs-journal
before=$data/client1-vss3-1-2-v2.before.qcow2 after=$data/client1-vss3-1-2-v2.after.qcow2
[ -e "$before" ] && [ -e "$after" ] || skip "no pair in $data"
need qemu-img sfdisk jq

qemu-img convert -f qcow2 -O raw "$before" volume.raw
qemu-img convert -f qcow2 -O raw "$after" after.raw
"$MKVM" --small small.vhdx
to_raw small.vhdx vm.raw
start=$(($(stat -c %s vm.raw) / 512 + 2048)) size=$(($(stat -c %s volume.raw) / 512))
truncate -s $(((start + size + 2048) * 512)) vm.raw
echo "start=$start, size=$size, type=7" | sfdisk -q --append --no-reread vm.raw
dd if=volume.raw of=vm.raw bs=1M oflag=seek_bytes seek=$((start * 512)) conv=notrunc,sparse status=none
chmod a-w vm.raw
number=$(sfdisk -J vm.raw | jq '.partitiontable.partitions | length')
sum=$(sum vm.raw)

journal() { # KEY
	jq -r ".before.partitions[] | select(.number == $number).journal.$1" "$2"
}

# The last partition of the new disk, by its start and size.
take_volume() { # DISK VOLUME
	to_raw "$1" whole.raw
	sfdisk -J whole.raw | jq -r ".partitiontable.partitions[] | select(.size == $size) | .start" >start.txt
	cut_raw whole.raw $(($(cat start.txt) * 512)) $((size * 512)) "$2"
}

expect 0 "$HVGEN2" inspect --json vm.raw
cp out.txt inspect.json
[ "$(journal state inspect.json)" = 'to be replayed' ] || fail "inspect: $(journal state inspect.json)"

for format in dynamic differencing; do
	[ $format = dynamic ] || qemu-img convert -q -f raw -O vhdx -o subformat=dynamic vm.raw vm.vhdx
	source=vm.raw
	[ $format = dynamic ] || source=vm.vhdx
	expect 0 "$HVGEN2" convert --format $format -o new.vhdx "$source"
	grep -q "partition $number: \$LogFile" out.txt || fail "the page does not list the journal: $(cat out.txt)"
	grep -q 'may be missing, as after a power cut' out.txt || fail "no warning: $(cat out.txt)"
	[ "$(journal state new.report.json)" = replayed ] || fail "report: $(journal state new.report.json)"
	[ "$(journal log_version new.report.json)" = 2.0 ] || fail "report: $(journal log_version new.report.json)"
	[ "$(journal records new.report.json)" = 26 ] || fail "report: $(journal records new.report.json)"
	[ "$(journal transactions_undone new.report.json)" = 0 ] || fail "report: transactions"
	# No other tool reads a child together with its parent.
	if [ $format = dynamic ]; then
		take_volume new.vhdx result.raw
		expect 0 "$JUDGE" after.raw result.raw
	fi
	rm -f new.* whole.raw
done
[ "$(sum vm.raw)" = "$sum" ] || fail 'the source has changed'

expect 0 "$HVGEN2" convert --no-journal-replay -o new.vhdx vm.raw
grep -q "partition $number could not be read.*convert again without --no-journal-replay" out.txt ||
	fail "nothing is said about the volume and what to do: $(cat out.txt)"
[ "$(journal state new.report.json)" = 'not replayed' ] || fail "report: $(journal state new.report.json)"
take_volume new.vhdx result.raw
expect 1 "$JUDGE" after.raw result.raw
expect 0 "$JUDGE" volume.raw result.raw
