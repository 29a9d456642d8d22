#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Linux ntfs3 replays the made journals and must make of each volume what the fixture says: the second opinion on the
# fixture itself, by another kernel's code. And it must mount what the program under test replayed (of those of log 2.0), and
# find the same there. All volumes are partitions of one disk of a machine under QEMU.
#
#   ntfs3_judge.sh [FILE]    FILE: lines "options of mkjournal"; without, the list below
#
# The kernel is Debian's 6.12, of which 'bootstrap' unpacks three files into build/ntfs3 (Debian's 6.1 has no ntfs3).
# Environment: NTFS3_KERNEL another folder with vmlinuz, ntfs3.ko and virtio_blk.ko; BOOT_ACCEL kvm or tcg (default).
. "$SOURCE_DIR/tests/scripts/lib.sh"
need qemu-system-x86_64 sfdisk cpio qemu-img
need_built "$MKJOURNAL"
need_built "$NTFS3_INIT"
kernel=${NTFS3_KERNEL:-$SOURCE_DIR/build/ntfs3}
for file in vmlinuz ntfs3.ko virtio_blk.ko; do
	[ -e "$kernel/$file" ] || skip "no kernel with ntfs3: '$kernel/$file' is missing ('./bootstrap ntfs3' fetches it)"
done

# Every variant in both versions, and then sizes and places. ntfs3 raises the sequence number of a record that is freed
# although the record on the disk has the operation already (it does not look at the LSN), and frees one that was used again:
# such volumes are marked '#freed', and may differ in that alone; their files are not compared.
list_all() {
	local variant mark
	for variant in $("$MKJOURNAL" --list | awk '$1 == "variant" { print $2 }'); do
		case $variant in stolen | halves | flushed) mark=' #freed' ;; *) mark= ;; esac
		echo "--variant $variant --version 2.0 --client 1$mark"
		echo "--variant $variant --version 1.1 --client 0$mark"
	done
	for variant in create many open-some; do
		echo "--variant $variant --newest place"
		echo "--variant $variant --newest both"
		echo "--variant $variant --newest place --version 1.1"
		echo "--variant $variant --newest both --version 1.1"
		echo "--variant $variant --cluster 512"
		echo "--variant $variant --cluster 65536"
		echo "--variant $variant --record 4096"
	done
}

if [ $# -gt 0 ]; then grep . "$1" >list.txt; else list_all >list.txt; fi

# The volumes, one after the other on a disk.
make_one() { # NUMBER OPTIONS
	local number=${1%% *} options=${1#* }
	# shellcheck disable=SC2086 # several words
	"$MKJOURNAL" ${options%%#*} "../crashed.$number" "../expected.$number" || fail "mkjournal $options"
}
nl -w 1 -s ' ' list.txt | in_two make_one
number=0
while read -r options; do
	number=$((number + 1))
	echo "$number crashed.$number $options" >>volumes.txt
done <list.txt
if [ -x "$JOURNAL_REPLAY" ]; then
	while read -r number crashed options; do
		case $options in *1.1*) continue ;; esac
		expect 0 "$JOURNAL_REPLAY" "$crashed" "replayed.$number"
		echo "$number replayed.$number $options, replayed by the program"
	done <volumes.txt >ours.txt
	cat ours.txt >>volumes.txt
fi
start=2048
echo 'label: gpt' >table.txt
while read -r number file options; do
	size=$(($(stat -c %s "$file") / 512))
	echo "start=$start, size=$size, type=EBD0A0A2-B9E5-4433-87C0-68B6B72699C7" >>table.txt
	echo "$start $size $number $file $options" >>places.txt
	start=$((start + (size + 2047) / 2048 * 2048))
done <volumes.txt
[ "$(wc -l <places.txt)" -le 128 ] || fail "more volumes than partitions"
truncate -s $(((start + 2048) * 512)) disk.raw
sfdisk -q disk.raw <table.txt
while read -r start _ _ file _; do
	dd if="$file" of=disk.raw bs=1M seek=$((start / 2048)) conv=notrunc,sparse status=none
done <places.txt

mkdir -p root/dev root/mnt
cp "$NTFS3_INIT" root/init
cp "$kernel/ntfs3.ko" "$kernel/virtio_blk.ko" root/
(cd root && find . | cpio -o -H newc --quiet) >initramfs
timeout "${BOOT_TIMEOUT:-250}" qemu-system-x86_64 -accel "${BOOT_ACCEL:-tcg}" -cpu max -m 768 -nodefaults -display none \
	-no-reboot -serial file:serial.txt -kernel "$kernel/vmlinuz" -initrd initramfs \
	-append 'console=ttyS0 panic=-1 loglevel=5 random.trust_cpu=on' \
	-drive if=none,id=disk,format=raw,cache=unsafe,file=disk.raw -device virtio-blk-pci,drive=disk || fail "QEMU: $?"
tr -d '\r' <serial.txt >log.txt
grep -q '^NTFS3 END' log.txt || {
	tail -n 40 log.txt >&2
	fail "the machine did not come to its end"
}

# Judge one partition: a line "RESULT: OPTIONS".
judge() { # PARTITION START SIZE NUMBER FILE OPTIONS
	local partition start size number options result=same volume
	read -r partition start size number _ options <<<"$1"
	qemu-img convert -O raw --image-opts \
		"driver=raw,offset=$((start * 512)),size=$((size * 512)),file.driver=file,file.filename=../disk.raw" mounted
	if ! grep -q "^NTFS3 $partition mounted" ../log.txt; then
		result=$(grep "^NTFS3 $partition failed" ../log.txt || echo "not mounted")
	elif ! "$JOURNAL_SAME" "../expected.$number" mounted >same.txt; then
		if [[ $options != *#freed ]] || grep -qv '^state of record' same.txt; then
			result="$(wc -l <same.txt) differences: $(head -n 3 same.txt | paste -sd ';')"
		fi
	else
		for volume in "../expected.$number" mounted; do
			"$TREE_HASH" -t "$volume" 0
		done >both.txt || fail "tree_hash: $options"
		[ -z "$(sort both.txt | uniq -u)" ] || result='files differ'
	fi
	echo "$result: $options" | tee "../verdict.$partition"
}
nl -w 1 -s ' ' places.txt | in_two judge
number=$(wc -l <places.txt)
wrong=$(cat verdict.* | grep -vc '^same: ' || true)
[ "$(cat verdict.* | wc -l)" -eq "$number" ] || fail "not all volumes were judged"
[ "$wrong" -eq 0 ] || grep -v "^NTFS3 [0-9]* mounted" log.txt >&2
[ "$wrong" -eq 0 ] || fail "$wrong of $number volumes are not as they should be"
echo "ntfs3 confirms $number volumes"
