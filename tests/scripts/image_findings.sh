#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the image itself is found to have stands in inspect's page and JSON, in convert's page and in its report, once each;
# a VHD in saved state is refused, and converts when the flag is gone, as it is after the VM was started and shut down.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk

# Fill in the checksum of a footer of a VHD.
seal_footer() { # FILE OFFSET
	local sum
	printf '\0\0\0\0' | dd of="$1" bs=1 seek=$(($2 + 64)) conv=notrunc status=none
	sum=$(od -An -v -tu1 -w1 -j "$2" -N 512 "$1" | awk '{ s += $1 } END { printf "%08x", 4294967295 - s }')
	printf "%b" "$(sed 's/../\\x&/g' <<<"$sum")" | dd of="$1" bs=1 seek=$(($2 + 64)) conv=notrunc status=none
}

# The sentence stands once in each place, and the source is not touched.
expect_told() { # IMAGE TEXT
	local before
	before=$(sum "$1")
	expect 0 "$HVGEN2" inspect "$1"
	[ "$(grep -c -- "$2" out.txt)" -eq 1 ] || fail "inspect does not tell '$2' once"
	expect 0 "$HVGEN2" inspect --json "$1"
	jq -e --arg text "$2" '[.warnings[] | select(contains($text))] | length == 1' out.txt >/dev/null ||
		fail "inspect --json does not tell '$2' once"
	expect 0 "$HVGEN2" convert -f -o out.vhdx "$1"
	[ "$(grep -c -- "$2" out.txt)" -eq 1 ] || fail "convert does not tell '$2' once"
	jq -e --arg text "$2" '[.warnings[] | select(contains($text))] | length == 1' out.report.json >/dev/null ||
		fail "the report does not tell '$2' once"
	[ "$before" = "$(sum "$1")" ] || fail "the source was changed"
}

"$MKVM" --small --format vhd vm.vhd
expect 0 "$HVGEN2" inspect --json vm.vhd
jq -e '[.warnings[] | select(contains("footer"))] == []' out.txt >/dev/null || fail "a sound VHD is warned about"

# The end of the copy is missing, or zeros follow it.
end=$(($(stat -c %s vm.vhd) - 512))
cp --sparse=always vm.vhd cut.vhd
truncate -s -512 cut.vhd
expect_told cut.vhd "the footer at"
cp --sparse=always vm.vhd zeros.vhd
truncate -s +1M zeros.vhd
expect_told zeros.vhd "the footer at"

# Saved, not shut down.
printf '\1' | dd of=vm.vhd bs=1 seek=$((end + 84)) conv=notrunc status=none
seal_footer vm.vhd "$end"
for verb in inspect convert; do
	expect 3 "$HVGEN2" "$verb" vm.vhd
	grep -q '^hvgen2: refused \[saved-state\]: .*shut it down' err.txt || fail "$verb: $(cat err.txt)"
done
expect_only vm.vhd cut.vhd zeros.vhd out.vhdx out.vmgs out.report.json
printf '\0' | dd of=vm.vhd bs=1 seek=$((end + 84)) conv=notrunc status=none
seal_footer vm.vhd "$end"
expect 0 "$HVGEN2" convert vm.vhd

# A fixed disk with zeros behind it is not longer by them.
"$MKVM" --small --format vhd-fixed fixed.vhd
size=$(($(stat -c %s fixed.vhd) - 512))
truncate -s +1M fixed.vhd
expect_told fixed.vhd "the footer at $size"
jq -e --argjson size "$size" '.source.image == "fixed VHD" and .source.virtual_size == $size' out.report.json >/dev/null ||
	fail "the zeros were taken as a part of the disk"

# Blocks of a VHDX in a reserved state: the last ones of a disk that were never used. qemu's first region is the BAT.
"$MKVM" --small --block-size 1M bat.vhdx
bat=$(od -An -v -tu8 -j $((192 * 1024 + 32)) -N 8 bat.vhdx | tr -d ' ')
count=$(((2 << 10) - 10)) # the very last ones hold the end of C:
[ "$(od -An -v -tu8 -w8 -j $((bat + 8 * (count - 30))) -N 240 bat.vhdx | sort -u | tr -d ' ')" = 2 ] ||
	fail "the last blocks are not zeros"
for ((i = count - 30; i < count; i++)); do
	printf '\5' | dd of=bat.vhdx bs=1 seek=$((bat + 8 * i)) conv=notrunc status=none
done
expect_told bat.vhdx "block $((count - 30)) has the reserved state 5"
expect_told bat.vhdx "and 10 more findings"
