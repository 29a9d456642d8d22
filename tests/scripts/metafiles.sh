#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# metafiles.sh "MKVM OPTIONS" "CONVERT OPTIONS": every cluster of the volume of Windows that differs belongs to a file that the
# report lists, $MFT and $Bitmap among them, by what ntfscluster says; and each of NTFS' own that is listed has one.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk sfdisk ntfscluster

read -ra shape <<<"$(words "$1")"
read -ra options <<<"$(words "$2")"
"$MKVM" "${shape[@]}" vm.vhdx
expect 0 "$HVGEN2" convert "${options[@]}" vm.vhdx
to_raw vm.vhdx source.raw
to_raw vm-gen2.vhdx result.raw
number=$(jq .windows.partition vm-gen2.report.json)
read -r offset size <<<"$(jq -r --argjson n "$number" '.before.partitions[] | select(.number == $n) |
	"\(.start_lba * 512) \(.sectors * 512)"' vm-gen2.report.json)"
cut_raw source.raw "$offset" "$size" before.raw
cut_raw result.raw "$(jq '.after.partitions[] | select(.role == "windows") | .start_lba * 512' vm-gen2.report.json)" \
	"$size" after.raw
rm source.raw result.raw

# Runs of clusters of 4096 bytes that differ, but for the boot sector and its copy behind the last cluster.
{ cmp -l before.raw after.raw || true; } | awk -v last=$((size - 512)) '$1 > 512 && $1 <= last {
	c = int(($1 - 1) / 4096)
	if (c == end) next
	if (c != end + 1 || !seen) { if (seen) print start "-" end; start = c }
	end = c; seen = 1
} END { if (seen) print start "-" end }' >runs.txt
while read -r run; do
	ntfscluster -f -q -c "$run" after.raw 2>/dev/null | sed -n 's/^Inode [0-9]* \(.*\)\/[^/]*$/\1/p'
done <runs.txt | sed 's|^/\$|$|' | sort -u >owners.txt
jq -r --argjson n "$number" '.changed[] | select(.partition == $n and .path != "$Boot") | .path | gsub("\\\\"; "/")' \
	vm-gen2.report.json >all.txt
sort all.txt >listed.txt
[ -z "$(uniq -d listed.txt)" ] || fail "listed twice: $(uniq -d listed.txt)"
cat owners.txt
grep -qx '\$MFT' owners.txt || fail "ntfscluster does not find that \$MFT differs"
while read -r owner; do
	grep -qixF -- "$owner" listed.txt || fail "$owner differs and is not listed"
done <owners.txt
for name in $(grep '^\$' listed.txt); do
	grep -qxF -- "$name" owners.txt || fail "$name is listed and does not differ"
done
