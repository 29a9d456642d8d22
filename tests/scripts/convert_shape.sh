#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# convert_shape.sh "MKVM OPTIONS" "CONVERT OPTIONS" [SUFFIX]: a VM of this shape is converted; all file systems are whole
# and hold what they held, but for what the report lists under "changed"; two conversions give the same bytes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/guest.sh"
need jq qemu-img mkntfs sgdisk sfdisk fsck.fat mcopy ntfsfix ntfscat hivexget xmllint
need_built "$TREE_HASH"

read -ra shape <<<"$(words "$1")"
read -ra options <<<"$(words "$2")"
source=vm.${3:-vhdx}
"$MKVM" "${shape[@]}" "$source"
before=$(sum "$source")
to_raw "$source" source.raw
mbr_partitions source.raw >source.txt
hash_volumes source.raw source.txt >before.txt
take_source
rm source.raw

expect 0 "$HVGEN2" convert "${options[@]}" "$source"
cat out.txt
check_result vm-gen2.vhdx
check_guest
[[ $1 != *dirty-hives* ]] || check_newest vm-gen2.report.json
# The volumes of the source come in their order; no other NTFS volume is in the result.
hash_volumes result.raw partitions.txt >after.txt
rm result.raw
expect 0 "$HVGEN2" verify --no-guestfs vm-gen2.vhdx
tail -1 out.txt

# The files that differ are those that the report owns up to ($Boot, $MFT and the like are no files to tree_hash).
diff before.txt after.txt | sed -n 's/^[<>] //p' | cut -f7 | sort -u >differing.txt || true
jq -r '.changed[] | select(.path | startswith("$") | not) | .path | gsub("\\\\"; "/")' vm-gen2.report.json | sort -u >changed.txt
diff -i changed.txt differing.txt || fail "the report lists (<) other files than those that differ (>)"
grep -qix '/Windows/System32/config/SYSTEM' changed.txt || fail "the SYSTEM hive was not changed"
[ "$(wc -l <before.txt)" -gt 100 ] || fail "too few files were compared: $(wc -l <before.txt)"
[ "$(wc -l <before.txt)" -eq "$(wc -l <after.txt)" ] || fail "files were added or lost"

mkdir again
expect 0 "$HVGEN2" convert -q "${options[@]}" -o again/vm-gen2.vhdx "$source"
cmp vm-gen2.vhdx again/vm-gen2.vhdx || fail "two conversions differ"
cmp vm-gen2.vmgs again/vm-gen2.vmgs || fail "the NVRAM stores of two conversions differ"
[ "$before" = "$(sum "$source")" ] || fail "the source was changed"
echo "$(wc -l <before.txt) streams, files and folders compared, $(wc -l <differing.txt) differ"
