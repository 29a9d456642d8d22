#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Linux guests of generation 1 that have a GPT already, as images for clouds do: they keep it, entry by entry and byte by byte, and get
# the ESP that they lack, or only the boot entry when they have one.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
need blkid debugfs sgdisk sfdisk qemu-img fsck.fat mcopy mdel jq

entries() { # DISK: every entry, and the GUID of the disk
	sfdisk --dump "$1" | sed -n 's/^label-id: //p; s/^[^ ]*raw\([0-9]* : \)/\1/p'
}

judge() { # LOADER
	sgdisk -v new.raw | grep -q 'No problems found' || fail "$(sgdisk -v new.raw)"
	expect 0 "$HVGEN2" verify --no-guestfs --nvram new.fd $disk
	grep -q "^ok *esp-grub-cfg:" out.txt || fail "$(cat out.txt)"
	! can_ask_grub || grep -q "^ok *linux-kernel:" out.txt || fail "$(cat out.txt)"
	expect 0 "$HVGEN2" nvram list --json new.fd
	jq -e --arg path "$1" '.entries[0].filePath == $path' out.txt >/dev/null || fail "another loader: $(cat out.txt)"
}

# The ESP that the report has for fstab is the new one; where another one starts the guest, that is known to it.
told_fstab() { # NUMBER
	local start
	jq -r '.afterwards.fstab // empty' new.report.json | sed 's/^UUID=\([^ ]*\) .*/\1/' >told.txt
	jq -e 'any(.warnings[]; endswith("updates of shim and GRUB in the guest go on there"))' new.report.json >/dev/null && [ ! -s told.txt ] && return
	start=$(sfdisk --json new.raw | jq ".partitiontable.partitions[] | select(.node | endswith(\"raw$1\")).start * 512")
	[ "$(cat told.txt)" = "$(blkid -p -O "$start" -s UUID -o value new.raw)" ] || fail "another ESP: $(jq .afterwards new.report.json)"
}

# Nothing of the old disk differs, but for the GPT with its new entry.
gets_esp() { # NUMBER [dynamic|differencing [KEEP [OPTION...]]]
	local number=$1 type=${2:-dynamic} keep=${3:-}
	local options=("${@:4}")
	disk=new.raw
	if [ "$type" = differencing ]; then
		disk=new.vhdx
		qemu-img convert -O vhdx old.raw old.vhdx
		expect 0 "$HVGEN2" convert -q "${options[@]}" --format "$type" -o $disk --nvram new.fd old.vhdx
		cp --sparse=always old.raw new.raw
		flatten new.vhdx new.raw
	else
		expect 0 "$HVGEN2" convert -q "${options[@]}" -o $disk --nvram new.fd old.raw
	fi
	entries old.raw >old.txt
	entries new.raw | grep -v "^$number : " | diff old.txt - || fail "entries differ"
	sgdisk -i "$number" new.raw | grep -q 'EFI system partition' || fail "entry $number is no ESP"
	cmp -n 446 old.raw new.raw || fail "boot code"
	cmp -n $((320 * 1024 * 1024 - 2048 * 512 - 33 * 512)) -i $((2048 * 512)) old.raw new.raw || fail "partitions differ"
	judge '\EFI\debian\shimx64.efi'
	jq -e '.before.table == "gpt" and .after.layout == "end" and (.dropped | length) == 0' new.report.json >/dev/null ||
		fail "$(cat new.report.json)"
	told_fstab "$number"
	[ -z "$keep" ] || { mv new.raw "$keep" && mv new.report.json "${keep%.raw}.json"; }
	rm -f new.* old.vhdx
}

make_linux gpt old.raw
printf 'GRUB of the BIOS' | dd of=old.raw conv=notrunc status=none
gets_esp 15
gets_esp 15 differencing

advised layout-impossible "use --layout end" convert -n --layout front old.raw

# The disk was made larger, and its backup GPT was left where it was.
cp --sparse=always old.raw grown.raw
truncate -s +40M grown.raw
expect 0 "$HVGEN2" convert -n grown.raw
grep -q 'the copy of the GPT stands in LBA 655359' out.txt || fail "$(cat out.txt)"
rm -f grown.raw

# Its PARTUUIDs stay, so that names with them do.
make_linux --root partuuid gpt partuuid.raw
expect 0 "$HVGEN2" inspect --json partuuid.raw
jq -e '.convertible and .linux.root.partition == 1' out.txt >/dev/null || fail "$(cat out.txt)"
rm partuuid.raw*

# So do the names of its entries, by which /boot is found; in an MBR there are none.
make_linux own-boot label.raw
sgdisk -g label.raw >/dev/null
sgdisk -a 1 -n 14:34:2047 -t 14:ef02 -c '1:my boot' label.raw >/dev/null
start=$(sfdisk --json label.raw | jq '.partitiontable.partitions[] | select(.node | endswith("raw2")) | .start * 512')
for name in 'PARTLABEL=my\040boot' '/dev/disk/by-partlabel/my\x20boot' 'PARTLABEL=other'; do
	printf '%s\n' '/dev/sda2 / ext4 defaults 0 1' "$name /boot ext4 defaults 0 2" >fstab
	debugfs -w -R 'rm /etc/fstab' "label.raw?offset=$start" 2>/dev/null
	debugfs -w -R 'write fstab /etc/fstab' "label.raw?offset=$start" >/dev/null 2>&1
	[ "$name" != PARTLABEL=other ] || break
	expect 0 "$HVGEN2" inspect --json label.raw
	jq -e '.linux.boot.partition == 1 and .linux.root.partition == 2 and (any(.warnings[]; contains("LABEL")) | not)' out.txt >/dev/null ||
		fail "$name: $(jq -c '.linux, .warnings' out.txt)"
done
# Of another /boot, it has the root that its menu names; and none when that names none.
expect 0 "$HVGEN2" inspect --json label.raw
jq -e '.linux.root.partition == 2' out.txt >/dev/null || fail "not the root of root=: $(jq -c .linux out.txt)"
start=$(sfdisk --json label.raw | jq '.partitiontable.partitions[] | select(.node | endswith("raw1")) | .start * 512')
debugfs -R 'cat /grub/grub.cfg' "label.raw?offset=$start" 2>/dev/null | sed 's/ root=UUID=[^ ]*//' >grub.cfg
debugfs -w -R 'rm /grub/grub.cfg' "label.raw?offset=$start" 2>/dev/null
debugfs -w -R 'write grub.cfg /grub/grub.cfg' "label.raw?offset=$start" >/dev/null 2>&1
expect 0 "$HVGEN2" inspect --json label.raw
jq -e '.linux.root == null and .linux.menu == "/grub"' out.txt >/dev/null || fail "whose /boot is it? $(jq -c .linux out.txt)"
rm label.raw*

# Without a Linux that the BIOS starts it is a disk that UEFI can have.
truncate -s 64M data.raw
echo 'label: gpt
size=20M' | sfdisk -q data.raw
expect 3 "$HVGEN2" convert -n data.raw
grep -q 'already-gpt' err.txt || fail "$(cat err.txt)"
cp --sparse=always old.raw other.raw
sgdisk -d 14 other.raw >/dev/null
expect 0 "$HVGEN2" convert -n other.raw
dd if=/dev/zero of=other.raw bs=440 count=1 conv=notrunc status=none
expect 3 "$HVGEN2" convert -n other.raw
grep -q 'already-gpt' err.txt || fail "$(cat err.txt)"
cp --sparse=always old.raw other.raw
sgdisk -h 1 other.raw >/dev/null
expect 3 "$HVGEN2" convert -n other.raw
grep -q 'hybrid MBR' err.txt || fail "$(cat err.txt)"
cp --sparse=always old.raw other.raw
printf x | dd of=other.raw bs=1 seek=$((2 * 512 + 60)) conv=notrunc status=none
expect 3 "$HVGEN2" convert -n other.raw
grep -q 'already-gpt.*wrong CRC' err.txt || fail "$(cat err.txt)"
rm other.raw
expect 3 "$HVGEN2" convert -n --boot-uuid 01234567-89ab-cdef-0123-456789abcdef old.raw
grep -q 'no-windows.*no Linux starts from a file system with the UUID' err.txt || fail "$(cat err.txt)"

# An ESP that starts the guest: the disk stays what it was, and only the firmware has to know.
make_linux gpt-esp old.raw
disk=new.raw
expect 0 "$HVGEN2" convert -q -o new.raw --nvram new.fd old.raw
[ "$(entries old.raw)" = "$(entries new.raw)" ] || fail "entries differ"
[ "$(stat -c %s old.raw)" -eq "$(stat -c %s new.raw)" ] || fail "another size"
cmp -n $((320 * 1024 * 1024 - 67 * 512)) -i $((34 * 512)) old.raw new.raw || fail "the disk differs"
judge '\EFI\debian\shimx64.efi'
jq -e '.esp.source == "the guest'\''s own ESP" and .esp.secure_boot and .after.layout == "reuse" and (.warnings | length) == 1
	and (.afterwards | (.commands == []) and (has("fstab") | not) and (.notes | length) == 1)' new.report.json >/dev/null || fail "$(cat new.report.json)"
expect 0 "$HVGEN2" convert -q --if-needed -o new.raw --nvram new.fd old.raw
rm -f new.*
advised layout-impossible "use --layout reuse or end" convert -n --layout front old.raw

# A second ESP changes nothing. Which one it is the report says without a store, and without a report the files on it.
which_esp() { # NUMBER DISK [OPTION...]
	expect 0 "$HVGEN2" verify --no-guestfs "${@:3}" "$2"
	grep -q "^ok *esp: partition $1, one of several" out.txt || fail "$(cat out.txt)"
}
cp --sparse=always old.raw more.raw
sgdisk -n 16:0:0 -t 16:ef00 more.raw >/dev/null
expect 0 "$HVGEN2" convert -q -o new.raw --nvram new.fd more.raw
jq -e '.after.layout == "reuse"' new.report.json >/dev/null || fail "$(jq .after new.report.json)"
which_esp 15 new.raw
! grep -q esp-removable out.txt || fail "$(cat out.txt)"
rm new.report.json
which_esp 15 new.raw
rm -f new.* more.raw

# Unless there are other files for it, which go on an ESP beside it; and where that is asked for.
mkdir efi
cp /usr/lib/shim/shimx64.efi.signed /usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed efi
gets_esp 16 dynamic beside.raw --efi-files efi
which_esp 16 beside.raw --report beside.json
grep -q '^skipped esp-removable (partition 15 is the first ESP: .* only a File entry leads to partition 16)' out.txt || fail "$(cat out.txt)"
which_esp 15 beside.raw
sgdisk -c '15:EFI system partition' old.raw >/dev/null
gets_esp 16 differencing named.raw --layout end
sgdisk -i 16 named.raw | grep -q "'EFI system partition 2'" || fail "two of one name: $(sgdisk -i 16 named.raw)"
sgdisk -c 15: old.raw >/dev/null
jq -e 'any(.warnings[]; startswith("partition 15 is an ESP that starts the guest, and is left as it is"))' beside.json \
	>/dev/null || fail "$(cat beside.json)"
# Nothing but the File entry leads to that.
jq -e 'any(.warnings[]; . == "only the File entry of the firmware leads to the new ESP: without a store, with an empty one and by a " +
	"Drive entry partition 15 starts the guest")' beside.json >/dev/null || fail "$(jq .warnings beside.json)"
for option in '--layout end' '--efi-files efi'; do
	# shellcheck disable=SC2086 # two words
	advised layout-impossible "have an NVRAM store made (--nvram), or leave --efi-files and --layout end out: the guest's own ESP \
starts it" convert -o new.raw --nvram none $option old.raw
	jq -e 'has("convertible") | not' out.txt >/dev/null || fail "$option: it is said to be the disk's fault: $(cat out.txt)"
done
# Behind the new one in the table it is not found first.
cp --sparse=always old.raw behind.raw
sgdisk -r 15:20 behind.raw >/dev/null
expect 0 "$HVGEN2" inspect --json behind.raw
jq -e '.after.layout == "reuse"' out.txt >/dev/null || fail "$(jq .after out.txt)"
expect 0 "$HVGEN2" convert -q -o new.raw --nvram none --efi-files efi behind.raw
jq -e '.warnings | any(startswith("partition 20 is an ESP that starts the guest")) and (any(startswith("only the File entry")) | not)' \
	new.report.json >/dev/null || fail "$(jq .warnings new.report.json)"
sgdisk -i 15 new.raw | grep 'EFI system partition' >/dev/null || fail "$(sgdisk -p new.raw)"
expect 0 "$HVGEN2" verify --no-guestfs new.raw
rm -f new.* behind.*
expect 0 "$HVGEN2" convert -n --nvram none old.raw
expect 0 "$HVGEN2" inspect --efi-files efi --json old.raw
jq -e '.esp.source == "'"'efi'"'" and .after.layout == "end"' out.txt >/dev/null || fail "$(jq '.esp, .after' out.txt)"
advised layout-impossible "use --layout end, which puts them on an ESP beside it, or leave --efi-files out" \
	convert -n --layout reuse --efi-files efi old.raw
rm -f beside.* named.*

# One whose GRUB does not know the guest's kind of menu does not lead to it.
cp --sparse=always old.raw more.raw
root="more.raw?offset=$((264192 * 512))"
printf 'set btrfs_relative_path="y"\nexport btrfs_relative_path\n' >grub.cfg
debugfs -R 'cat /boot/grub/grub.cfg' "$root" 2>/dev/null >>grub.cfg
debugfs -w -R 'rm /boot/grub/grub.cfg' "$root" 2>/dev/null
debugfs -w -R 'write grub.cfg /boot/grub/grub.cfg' "$root" >/dev/null 2>&1
expect 3 "$HVGEN2" inspect more.raw
left='partition 15 is an ESP that is left as it is, beside a new one:'
grep -qF "$left its GRUB does not count paths from a subvolume of Btrfs, as the guest's menu does" out.txt || fail "$(cat out.txt)"
make_linux bls-root bls.raw
dd if=bls.raw of=more.raw bs=1M skip=1 count=96 seek=129 conv=notrunc status=none
expect 0 "$HVGEN2" convert -n more.raw
grep -qF "$left its GRUB has no command blscfg, which the guest's menu needs" out.txt || fail "$(cat out.txt)"
rm bls.raw* more.raw

# The UUID alone leads nowhere: it has to be looked for, and what is found to be handed over to.
esp=$((8192 * 512))
mtype -i old.raw@@$esp ::/EFI/debian/grub.cfg >stub
leads_not() { # EXPRESSION of sed, WORDS
	cp --sparse=always old.raw more.raw
	sed "$1" stub >stub.other
	mcopy -o -i more.raw@@$esp stub.other ::/EFI/debian/grub.cfg
	expect 0 "$HVGEN2" convert -n more.raw
	grep -qF "$left its grub.cfg $2" out.txt || fail "$1: $(cat out.txt)"
}
leads_not 's/^search.*/# &\nsearch.fs_uuid 00000000-1111-2222-3333-444444444444 root/' 'does not look for the file system with /boot'
leads_not 's,/boot/grub,/grub,' "does not hand over to the guest's menu"
leads_not '/^search/!d' "does not hand over to the guest's menu"
leads_not 's,^configfile.*,menuentry Old { linux /boot/vmlinuz-5.10.0-9-amd64; },' 'is a menu of its own'
rm more.raw

# Without the removable path there is that of the boot entry alone.
cp --sparse=always old.raw more.raw
mdel -i more.raw@@$esp ::/EFI/BOOT/BOOTX64.EFI
expect 0 "$HVGEN2" convert -n more.raw
grep -qF 'partition 15 is an ESP without \EFI\BOOT\BOOTX64.EFI: firmware without the boot entry does not start from it' out.txt ||
	fail "$(cat out.txt)"
rm more.raw

# Without the distribution's folder the removable path is started; verify takes what the firmware's entry names.
mdel -i old.raw@@$esp ::/EFI/debian/shimx64.efi
expect 0 "$HVGEN2" convert -q -o new.raw --nvram new.fd old.raw
expect 0 "$HVGEN2" verify --no-guestfs --nvram new.fd new.raw
expect 0 "$HVGEN2" nvram list --json new.fd
jq -e '.entries[0].filePath == "\\EFI\\BOOT\\BOOTX64.EFI"' out.txt >/dev/null || fail "$(cat out.txt)"
rm -f new.*

# One that does not lead to the guest, or has no shim, is left alone, beside a new one; also when it is one of ours.
mdel -i old.raw@@$esp ::/EFI/debian/grub.cfg
expect 0 "$HVGEN2" convert -n old.raw
grep -q 'ESP that is left as it is, beside a new one: it has no grub.cfg that can be read' out.txt || fail "$(cat out.txt)"
grep -q 'BOOTX64.EFI of partition 15, which does not lead to the guest' out.txt || fail "$(cat out.txt)"
mdel -i old.raw@@$esp ::/EFI/BOOT/BOOTX64.EFI
gets_esp 16 dynamic again.raw
second=$(($(sfdisk --json again.raw | jq '.partitiontable.partitions[] | select(.node | endswith("16")).start') * 512))
mdel -i again.raw@@$second ::/EFI/debian/shimx64.efi ::/EFI/BOOT/BOOTX64.EFI
expect 0 "$HVGEN2" convert -q -o new.raw --nvram new.fd again.raw
sgdisk -v new.raw | grep -q 'No problems found' && [ "$(entries new.raw | grep -c C12A7328)" -eq 3 ] || fail "$(entries new.raw)"

# No two of them have one UUID or label, for fstab may name them so.
sfdisk --json new.raw | jq '.partitiontable.partitions[] | select(.type | startswith("C12A7328")) | .start * 512' >starts.txt
for name in UUID LABEL; do
	while read -r start; do blkid -p -O "$start" -s $name -o value new.raw; done <starts.txt >names.txt
	[ "$(sort -u names.txt | wc -l)" -eq "$(wc -l <names.txt)" ] && [ -s names.txt ] || fail "$name: $(cat names.txt)"
done
echo "GPT guests"
