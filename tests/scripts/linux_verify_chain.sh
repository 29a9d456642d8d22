#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Of a good result of a Linux guest 'verify' says what lacks its signature where Secure Boot can be on, what of the chain on the ESP
# is missing, which partition is not where and as the report has it, and no more of what stands beside Linux than that nothing is
# edited there.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_verify_lib.sh"
need sgdisk iconv openssl sbattach sbsign sbverify mkntfs

convert plain
esp=$(start 15)
kernel=$(cd "$LINUX_FOLDER/boot" && ls vmlinuz-*)

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

# --- what must be signed where the report has Secure Boot on ---

stripped() { # FILE: into 'unsigned'; shim may have two
	cp "$1" unsigned
	while sbattach --remove unsigned >sbattach.txt 2>&1; do :; done
	sbverify --list unsigned 2>&1 | grep 'No signature table' >sbattach.txt || fail "sbattach leaves a signature"
}
changed() { # FILE: into 'changed'
	cp "$1" changed
	printf '\252' | dd of=changed bs=1 seek=$(($(stat -c %s "$1") / 2)) conv=notrunc status=none
	! cmp -s "$1" changed || fail "nothing changed in $1"
}
[ "$(jq .esp.secure_boot good.report.json)" = true ] || fail "Secure Boot is off: $(jq .esp good.report.json)"
says 'ok    esp-signatures: 3 programs are what was signed'
says 'ok    linux-signature: the kernel is what was signed'
jq '.esp.secure_boot = false' good.report.json >off.json
for file in debian/shimx64.efi debian/grubx64.efi BOOT/fbx64.efi; do
	paths=("$file")
	[ "$file" != debian/shimx64.efi ] || paths+=(BOOT/BOOTX64.EFI)
	take "$file" program
	stripped program
	put unsigned "${paths[@]}"
	fails esp-signatures "${file##*/}' has no signature, and the report has Secure Boot on"
	changed program
	put changed "${paths[@]}"
	fails esp-signatures "${file##*/}' was changed since it was signed"
done
# Where the report has it off, nobody asks for them.
verified 0 bad.raw --report off.json
says 'skipped esp-signatures \(nothing says that Secure Boot is on\)'
# Without the report the keys of a store say it.
expect 0 "$HVGEN2" convert -q -f -o good.raw --nvram keys.fd --secure-boot-keys auto old.raw
put program BOOT/fbx64.efi
expect 0 "$HVGEN2" verify --no-guestfs --nvram keys.fd bad.raw
says 'ok    esp-signatures: '
take debian/grubx64.efi program
stripped program
put unsigned debian/grubx64.efi
expect 1 "$HVGEN2" verify --no-guestfs --nvram keys.fd bad.raw
says "FAIL  esp-signatures: .*grubx64.efi' has no signature, and the store has the keys for Secure Boot"
verified 0 bad.raw --report off.json --nvram keys.fd
# Whatever signs it, its digest is what sbsign makes of it and sbverify finds.
openssl req -new -x509 -newkey rsa:2048 -subj /CN=own -keyout own.key -out own.pem -days 30 -nodes -sha256 2>openssl.txt
sbsign --key own.key --cert own.pem --output own.efi unsigned 2>sbsign.txt
sbverify --cert own.pem own.efi >sbverify.txt 2>&1 || fail "sbverify: $(cat sbverify.txt)"
put own.efi debian/grubx64.efi
verified 0 bad.raw
changed own.efi
! sbverify --cert own.pem changed >sbverify.txt 2>&1 || fail "sbverify finds nothing"
put changed debian/grubx64.efi
fails esp-signatures "grubx64.efi' was changed since it was signed"
head -c -8 own.efi >cut
put cut debian/grubx64.efi
fails esp-signatures "grubx64.efi' does not end with its signature"

cp "$LINUX_FOLDER/boot/$kernel" program
stripped program
damage "rm /boot/$kernel" "write unsigned /boot/$kernel"
fails linux-signature "'/boot/$kernel' of the entry 'Debian GNU/Linux' has no signature, and the report has Secure Boot on"
verified 0 bad.raw --report off.json
! grep linux-signature out.txt || fail "a signature that nobody asks for"
changed program
damage "rm /boot/$kernel" "write changed /boot/$kernel"
fails linux-signature "'/boot/$kernel' of the entry 'Debian GNU/Linux' was changed since it was signed"
# Nor can GRUB without shim.
take debian/grubx64.efi program
remove debian/shimx64.efi BOOT/BOOTX64.EFI
mcopy -i bad.raw@@"$esp" program ::/EFI/BOOT/BOOTX64.EFI
fails esp-signatures 'there is no shim, and the report has Secure Boot on'
verified 0 bad.raw --report off.json
says 'skipped esp-signatures \(GRUB without shim starts with Secure Boot off\)'

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
# Nor is one whose boot sectors differed before.
printf '\377' | dd of=old.raw bs=1 seek=$((320 * 1048576 + 28)) conv=notrunc status=none
expect 0 "$HVGEN2" convert -q -f -o good.raw --nvram none old.raw
verified 0
says "ok    ntfs-3: mounts"
echo "signatures, fallback, table, NTFS beside Linux"
