#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# linux_chain.sh: the EFI programs that start a Linux guest are those of the packages, what is said of them is what sbverify,
# objcopy and openssl say, and GRUB's own checker accepts each grub.cfg.
. "$(dirname "$0")/lib.sh"
need sbverify sbsign sbattach openssl objcopy grub-script-check iconv
need_built "$MKCHAIN"
shim=/usr/lib/shim/shimx64.efi.signed
grub=/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed
for file in $shim $grub /usr/lib/shim/mmx64.efi.signed /usr/lib/shim/fbx64.efi.signed; do
	[ -e $file ] || skip "'$file' is missing (packages shim-signed, shim-helpers-amd64-signed, grub-efi-amd64-signed)"
done

# The files, and nothing else.
expect 0 "$MKCHAIN" --name 'Debian GNU/Linux 12 (bookworm)' esp
grep -qx "source: the host's packages" out.txt || fail "not from the packages: $(cat out.txt)"
grep -qx 'loader: .EFI.debian.shimx64.efi' out.txt || fail "another loader: $(cat out.txt)"
! grep warning out.txt || fail "a warning about Debian's own files"
(cd esp && find . -type f | sort) >files.txt
diff files.txt - <<'END' || fail "other files"
./EFI/BOOT/BOOTX64.EFI
./EFI/BOOT/fbx64.efi
./EFI/debian/BOOTX64.CSV
./EFI/debian/grub.cfg
./EFI/debian/grubx64.efi
./EFI/debian/mmx64.efi
./EFI/debian/shimx64.efi
END
cmp $shim esp/EFI/debian/shimx64.efi
cmp $shim esp/EFI/BOOT/BOOTX64.EFI
cmp $grub esp/EFI/debian/grubx64.efi
cmp /usr/lib/shim/mmx64.efi.signed esp/EFI/debian/mmx64.efi
cmp /usr/lib/shim/fbx64.efi.signed esp/EFI/BOOT/fbx64.efi
[ "$(iconv -f UTF-16 -t UTF-8 esp/EFI/debian/BOOTX64.CSV)" = \
	'shimx64.efi,Debian GNU/Linux 12 (bookworm),,This is the boot entry for debian' ] || fail "another BOOTX64.CSV"

# What the images say, against other people's readers.
section() { # IMAGE NAME
	objcopy --dump-section "$2=section.bin" "$1" scratch.efi 2>/dev/null || : >section.bin
	cat section.bin
}
generation() { # IMAGE COMPONENT
	section "$1" .sbat | tr -d '\0' | awk -F, -v name="$2" 'BEGIN { g = 0 } $1 == name { g = $2 } END { print g }'
}
issuers() { # IMAGE
	sbverify --list "$1" 2>/dev/null | awk '/issuers:/ { on = 1; next } /certificates:/ { on = 0 }
		on && sub(/.*\/CN=/, "") { print "signer " $0 }'
}
vendor() { # IMAGE
	section "$1" .vendor_cert | tail -c +17 | openssl x509 -inform DER -noout -subject -nameopt multiline 2>/dev/null |
		awk -F ' = ' '/commonName/ { print $2 }' || true
}
for file in $shim $grub /usr/lib/shim/mmx64.efi.signed /usr/lib/shim/fbx64.efi.signed; do
	expect 0 "$MKCHAIN" --facts $file
	grep '^signer' out.txt | diff - <(issuers $file) || fail "$file: other issuers than sbverify's"
	[ -n "$(issuers $file)" ] || fail "$file: sbverify knows no issuer"
	grep -qx "sbat $(generation $file shim) $(generation $file grub)" out.txt || fail "$file: $(grep sbat out.txt)"
	grep -qx "vendor $(vendor $file)" out.txt || fail "$file: $(grep vendor out.txt), not '$(vendor $file)'"
	grep -qx 'pe64 yes' out.txt || fail "$file: no program for x64"
done
expect 0 "$MKCHAIN" --facts $grub
prefix=$(sed -n 's/^prefix //p' out.txt)
[ "$prefix" = /EFI/debian ] || fail "prefix '$prefix'"
section $grub mods | tr '\0' '\n' | grep -aqx "$prefix" || fail "'$prefix' is not in GRUB's modules"

grep -qx 'blscfg no' out.txt && ! grep -aq blscfg $grub || fail "Debian's GRUB knows blscfg"

# Who starts whom: a vendor of the test's own, of which the shim is Debian's with another certificate.
openssl req -new -x509 -newkey rsa:2048 -nodes -subj "/CN=Other Secure Boot CA" -keyout ca.key -out ca.pem -days 3650 2>/dev/null
openssl req -new -newkey rsa:2048 -nodes -subj "/CN=Other Signer" -keyout one.key -out one.csr 2>/dev/null
openssl x509 -req -in one.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 3650 -out one.pem 2>/dev/null
openssl x509 -in ca.pem -outform DER -out ca.der
le32() { printf '%08x' "$1" | sed 's/\(..\)\(..\)\(..\)\(..\)/\\x\4\\x\3\\x\2\\x\1/' | xargs -0 printf '%b'; }
table() { # CERTIFICATES
	le32 "$(stat -c %s "$1")" && le32 0 && le32 16 && le32 0 && cat "$1"
}
cert-to-efi-sig-list ca.pem ca.esl
table ca.der >one.bin
table ca.esl >list.bin
objcopy --update-section .vendor_cert=one.bin $shim shim-one.efi 2>/dev/null
objcopy --update-section .vendor_cert=list.bin $shim shim-list.efi 2>/dev/null
sbsign --key one.key --cert one.pem --output signed.efi "$BUILD_DIR/tests/boot/bootmgfw.efi" 2>/dev/null
sbsign --key ca.key --cert ca.pem --output by-ca.efi "$BUILD_DIR/tests/boot/bootmgfw.efi" 2>/dev/null
cp $grub unsigned.efi
sbattach --remove unsigned.efi 2>/dev/null
starts() { # SHIM IMAGE ANSWER
	expect 0 "$MKCHAIN" --starts "$1" "$2"
	[ "$(cat out.txt)" = "$3" ] || fail "$1 starts $2: '$(cat out.txt)', not '$3'"
}
starts $shim $grub yes
starts $shim signed.efi no
starts $shim unsigned.efi no
for own in shim-one.efi shim-list.efi; do
	starts $own signed.efi yes
	starts $own by-ca.efi yes
	starts $own $grub no
	starts $own unsigned.efi no
	expect 0 "$MKCHAIN" --facts $own
	grep -qx 'vendor Other Secure Boot CA' out.txt || fail "$own: $(grep vendor out.txt)"
done

# A set of two vendors is one for Secure Boot off.
mkdir mixed
cp shim-one.efi mixed/shimx64.efi
cp $grub mixed/grubx64.efi
expect 0 "$MKCHAIN" --efi-files mixed esp2
grep -qF "warning: shim of 'mixed' accepts what is signed under 'Other Secure Boot CA', and its GRUB is signed under" out.txt ||
	fail "no warning of two vendors: $(cat out.txt)"
cp unsigned.efi mixed/grubx64.efi
expect 0 "$MKCHAIN" --efi-files mixed esp2
grep -qF "warning: GRUB of 'mixed' is not signed: shim starts it with Secure Boot off only" out.txt || fail "no warning of an unsigned GRUB: $(cat out.txt)"
# GRUB for a CD looks elsewhere.
if [ -e /usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed ]; then
	cp /usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed mixed/grubx64.efi
	expect 3 "$MKCHAIN" --efi-files mixed esp2
	grep -q "this GRUB looks for its grub.cfg in '/boot/grub'" err.txt || fail "$(cat err.txt)"
fi

# Every shape of grub.cfg.
for blscfg in '' --bls '--bls --own-grub' --btrfs; do
	for boot in '' '--own-boot --prefix /grub2 --hint 15' '--prefix /@/boot/grub'; do
		# shellcheck disable=SC2086 # several words
		expect 0 "$MKCHAIN" $blscfg $boot stub
		expect 0 grub-script-check stub/EFI/debian/grub.cfg
	done
done
