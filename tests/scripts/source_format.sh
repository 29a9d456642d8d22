#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the guest of a raw disk writes to its own sectors makes no other format of it; a name that does not agree with the content is
# refused, and the option that the message names helps.
. "$(dirname "$0")/lib.sh"
need jq mkntfs

"$MKVM" --small --size 1G --format raw vm.raw
"$MKVM" --small --size 1G --format vhd other.vhd
"$MKVM" --small --size 1G --format vhd-fixed fixed.vhd
size=$(stat -c %s vm.raw)

raw() { # WORDS FILE [OPTION...]
	local words=$1 file=$2
	shift 2
	expect 0 "$HVGEN2" inspect --json "$@" "$file"
	jq -e --arg words "$words" '.source.format == "raw" and (.source.files | length) == 1 and
		([.warnings[] | select(contains($words))] | length) == 1' out.txt >/dev/null ||
		fail "$file is not raw with a warning: $(jq -c '.source, .warnings' out.txt)"
	expect 0 "$HVGEN2" convert -n -q "$@" "$file"
}

# The footer of a dynamic VHD in the last sector, the signature of a VHD alone, and that of a VHDX.
tail -c 512 other.vhd | dd of=vm.raw bs=512 seek=$((size / 512 - 1)) conv=notrunc status=none
raw "the signature of a VHD stands" vm.raw
printf 'conectixxxxx' | dd of=vm.raw bs=512 seek=$((size / 512 - 1)) conv=notrunc status=none
raw "the signature of a VHD stands" vm.raw
for name in vm.img vm.dd vm; do
	ln -f vm.raw "$name"
	raw "the signature of a VHD stands" "$name"
done
dd if=/dev/zero of=vm.raw bs=512 seek=$((size / 512 - 1)) count=1 conv=notrunc status=none
printf 'vhdxfile' | dd of=vm.raw bs=1 conv=notrunc status=none
raw "the signature of a VHDX stands at offset 0" vm.raw
printf 'QFI\xfb' | dd of=vm.raw bs=1 conv=notrunc status=none
expect 3 "$HVGEN2" convert -n vm.raw
grep -q "is a qcow2 image.*qemu-img convert" err.txt || fail "$(cat err.txt)"
expect 0 "$HVGEN2" convert -n -q --source-format raw vm.raw

# A fixed VHD under the name of a raw disk: all of it is the disk, unless it is said what it is.
ln fixed.vhd fixed.img
raw "the signature of a VHD stands" fixed.img
expect 0 "$HVGEN2" inspect --json --source-format vhd fixed.img
jq -e '.source.image == "fixed VHD"' out.txt >/dev/null || fail "not a VHD"

# Names that do not agree.
ln other.vhd other.vhdx
ln other.vhd other.raw
ln vm.raw raw.vhd
ln vm.raw raw.avhdx
printf '\x33\xc0\x8e\xd0' | dd of=vm.raw bs=1 conv=notrunc status=none
for pair in other.vhdx:vhd other.raw:vhd raw.vhd:raw raw.avhdx:raw; do
	file=${pair%:*} format=${pair#*:}
	for verb in inspect "convert -n" "verify --no-guestfs"; do
		expect 3 "$HVGEN2" $verb "$file"
		grep -q "refused \[not-a-disk-image\]: '$file' .*; .*--source-format $format\$" err.txt || fail "$(cat err.txt)"
	done
	expect 0 "$HVGEN2" convert -n -q --source-format "$format" "$file"
done
advised not-a-disk-image "if it is a VHD, give --source-format vhd" convert other.vhdx
advised not-a-disk-image "if it is a raw disk image, give --source-format raw" convert raw.vhd
"$MKVM" --small --size 1G --block-size 1M x.vhdx
mv x.vhdx x.vhd
advised not-a-disk-image "if it is a VHDX, give --source-format vhdx" convert x.vhd
expect 0 "$HVGEN2" convert -n -q --source-format vhdx x.vhd
head -c 1M /dev/zero >zeros.vhd
advised not-a-disk-image "name a VHDX, VHD or raw disk image" convert zeros.vhd
expect 2 "$HVGEN2" inspect --source-format qcow2 vm.raw

# A fixed VHD with something behind it: both ways out help.
cp --sparse=always fixed.vhd long.vhd
head -c 1M /dev/zero | tr '\0' x >>long.vhd
advised not-a-disk-image "cut a copy of it to its right size: truncate --size=$(stat -c %s fixed.vhd) COPY, or take all of it \
for a raw disk image with --source-format raw" convert long.vhd
expect 0 "$HVGEN2" convert -n -q --source-format raw long.vhd
truncate --size="$(stat -c %s fixed.vhd)" long.vhd
expect 0 "$HVGEN2" convert -n -q long.vhd
