#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Of a good result of a Linux guest 'verify' says what of the chain on the ESP is missing, which partition is not where and as the
# report has it, and no more of what stands beside Linux than that nothing is edited there.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_verify_lib.sh"
need sgdisk iconv mkntfs

convert plain
esp=$(start 15)

take() { mcopy -n -o -i good.raw@@"$esp" "::/EFI/$1" "$2"; }
put() { # FILE PATH...: on the ESP of a disk that differs in them
	local path
	cp --sparse=always good.raw bad.raw
	for path in "${@:2}"; do mcopy -o -i bad.raw@@"$esp" "$1" "::/EFI/$path"; done
}
remove() { # PATH...: on a copy
	cp --sparse=always good.raw bad.raw
	mdel -i bad.raw@@"$esp" "${@/#/::/EFI/}"
}

# --- what firmware without an entry starts ---

remove BOOT/fbx64.efi
fails esp-fallback "there is no '.EFI.BOOT.fbx64.efi', nor GRUB in its place"
take debian/grubx64.efi program
mcopy -i bad.raw@@"$esp" program ::/EFI/BOOT/grubx64.efi
verified 0 bad.raw
says "ok    esp-fallback: '.EFI.BOOT.grubx64.efi' is GRUB"
take debian/mmx64.efi other
mcopy -o -i bad.raw@@"$esp" other ::/EFI/BOOT/grubx64.efi
fails esp-fallback 'differ'
remove debian/BOOTX64.CSV
fails esp-csv 'BOOTX64.CSV'
take debian/BOOTX64.CSV csv
iconv -f UTF-16 -t UTF-8 csv >csv.8
put csv.8 debian/BOOTX64.CSV
fails esp-csv "is no UTF-16 text that names 'shimx64.efi'"
{ printf '\377\376' && sed 's/shimx64/shim/' csv.8 | iconv -t UTF-16LE; } >csv.other
put csv.other debian/BOOTX64.CSV
fails esp-csv "is no UTF-16 text that names 'shimx64.efi'"
{ cat csv.other && iconv -f UTF-8 -t UTF-16LE csv.8; } >csv.two
put csv.two debian/BOOTX64.CSV
verified 0 bad.raw

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
echo "fallback, table, NTFS beside Linux"
