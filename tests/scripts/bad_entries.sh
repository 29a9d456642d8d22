#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bad_entries.sh FORMAT KIND WORDS [MKVM OPTION ...]: a partition table with this bad entry stops a conversion with exit
# status 4. Where Windows does not need the entry, the sentence names --ignore-bad-partitions, which leaves it out with a
# warning and copies what lies under it; where it does ("kept" in front of the kind), the option changes nothing.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk fsck.fat mcopy ntfsfix

format=$1 kind=$2 words=$3
shift 3
source=vm.${format%-fixed}
needed=false
[[ $kind != kept-* ]] || needed=true
"$MKVM" --small --block-size 1M --format "$format" --bad-entry "${kind#kept-}" "$@" "$source"
before=$(sum "$source")

for verb in inspect convert; do
	expect 4 "$HVGEN2" $verb "$source"
	grep -qF "$words" err.txt || fail "$verb does not say '$words': $(cat err.txt)"
	if $needed; then
		grep -q ignore-bad-partitions err.txt && fail "$verb names an option that does not help: $(cat err.txt)"
		grep -Eq 'on a raw copy|from a backup' err.txt || fail "$verb names no next step: $(cat err.txt)"
		expect 4 "$HVGEN2" $verb --ignore-bad-partitions "$source"
		grep -qF "$words" err.txt || fail "$verb --ignore-bad-partitions does not say '$words': $(cat err.txt)"
	else
		grep -q -e --ignore-bad-partitions err.txt || fail "$verb does not name the way out: $(cat err.txt)"
	fi
	expect_only "$source"
done
[ "$before" = "$(sum "$source")" ] || fail "the source was changed"
! $needed || exit 0

expect 0 "$HVGEN2" inspect --json --ignore-bad-partitions "$source"
jq -e --arg words "$words" '[.warnings[] | select(contains($words) and contains("left out"))] | length > 0' out.txt \
	>/dev/null || fail "inspect does not warn of '$words': $(jq .warnings out.txt)"
expect 0 "$HVGEN2" convert --ignore-bad-partitions "$source"
check_result vm-gen2.vhdx
jq -e --arg words "$words" '[.warnings[] | select(contains($words))] | length > 0' vm-gen2.report.json >/dev/null ||
	fail "the report does not warn of '$words'"
[ "$before" = "$(sum "$source")" ] || fail "the source was changed"

# What follows C: on the old disk stands behind it on the new one, byte by byte, whatever the table says of it.
to_raw "$source" source.raw
start=$(jq '.before.partitions[] | select(.number == 2) | (.start_lba + .sectors) * 512' vm-gen2.report.json)
shift=$(jq .after.shift vm-gen2.report.json)
length=$(($(stat -c %s source.raw) - start - 512 * 33))
cut_raw source.raw "$start" "$length" old.raw
cut_raw result.raw $((start + shift)) "$length" new.raw
# NTFS volumes that stay partitions have their hidden sectors set: 4 bytes in each of the two boot sectors.
cmp -l old.raw new.raw >differing.txt || true
[ "$(wc -l <differing.txt)" -le 16 ] || fail "$(wc -l <differing.txt) bytes behind C: differ"
echo "$words: $length bytes behind C: compared, $(wc -l <differing.txt) differ"
