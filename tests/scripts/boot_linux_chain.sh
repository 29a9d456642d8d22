#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# boot_linux_chain.sh SHAPE STORE STUB-OPTIONS [CONTROL]: the chain of EFI programs and our grub.cfg start a made guest whose disk
# was converted by other people's tools alone: a GPT with the partitions under their numbers, contents as they were, and an ESP.
# CONTROL is what the console must say of a guest that must not start.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
need qemu-system-x86_64 qemu-img sgdisk mformat mcopy sfdisk
need_built "$MKCHAIN"
read -ra shape <<<"$1"
store=$2
read -ra stub <<<"$3"
control=${4:-}

make_linux "${shape[@]}" old.raw
# As the converter will: entry 15 the ESP, 14 the BIOS boot partition, behind all others.
truncate -s 448M new.raw
sgdisk -Z new.raw >/dev/null
sgdisk -n 14:327M:+1M -t 14:ef02 -n 15:328M:+100M -t 15:ef00 new.raw >/dev/null
sfdisk --json old.raw | jq -r '.partitiontable.partitions[] | "\(.node | sub(".*raw"; "")) \(.start) \(.size) \(.type)"' >table.txt
while read -r number start size type; do
	[ "$type" != 5 ] || continue
	sgdisk -n "$number:$start:$((start + size - 1))" -t "$number:8300" new.raw >/dev/null
	dd if=old.raw of=new.raw bs=1M iflag=skip_bytes,count_bytes oflag=seek_bytes skip=$((start * 512)) seek=$((start * 512)) \
		count=$((size * 512)) conv=notrunc,sparse status=none
done <table.txt
sgdisk -v new.raw | grep -q 'No problems found' || fail "$(sgdisk -v new.raw)"
status=0
"$MKCHAIN" --name 'The guest' "${stub[@]}" esp >mkchain.txt 2>&1 || status=$?
[ "$status" -ne 77 ] || skip "$(cat mkchain.txt)"
[ "$status" -eq 0 ] || fail "$(cat mkchain.txt)"
mformat -i new.raw@@328M -F -T 204800 -h 16 -s 63 -H 671744 ::
mcopy -i new.raw@@328M -s esp/EFI ::

if [ -n "$control" ]; then
	boot_linux_fails new.raw "$store" "$control"
else
	boot_linux new.raw "$store" old.raw.cmdline
	grep HVGEN2 serial.txt
fi
