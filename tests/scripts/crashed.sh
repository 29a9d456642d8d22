#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# crashed.sh DEFECT FORMAT: a VM whose power was cut is converted as Windows would find it after its own replay: C: and System
# Reserved hold what the transactions in their logs left, read by other people's tools, and all other files are those of the
# same VM that was shut down. What cannot be replayed, or belongs to a hibernated system, is refused with the reason.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk sfdisk fsck.fat mcopy ntfsfix ntfsls ntfscat ntfsresize

defect=$1 format=$2
source=vm.$format
journals() { jq -r '[.before.partitions[].journal.state] | join(" ")' "$1"; }

refused() { # ID WORDS OPTION...
	local id=$1 words=$2
	shift 2
	expect 3 "$HVGEN2" convert "$@" "$source"
	grep -q "refused \[$id\]: .*$words" err.txt || fail "not refused as $id with '$words': $(cat err.txt)"
	expect_only "$source"
}

"$MKVM" --small --format "$format" --defect "$defect" "$source"
before=$(sum "$source")
case $defect in
crashed-hibernated)
	refused hibernated 'hiberfil.sys'
	;;
crashed-unreplayable)
	refused ntfs-dirty 'partition 2: .*operation'
	advised ntfs-dirty "take a copy that Windows has prepared (a production checkpoint or a VSS snapshot, an \
application-consistent recovery point), or start the guest, shut it down fully and convert again" convert "$source"
	;;
esac
if [[ $defect != crashed && $defect != crashed-7 ]]; then
	[ "$before" = "$(sum "$source")" ] || fail "the source was changed"
	exit 0
fi
refused ntfs-dirty 'not replayed' --no-journal-replay
advised ntfs-dirty "convert again without --no-journal-replay, or take a copy that was shut down or prepared by VSS" \
	convert --no-journal-replay "$source"

expect 0 "$HVGEN2" inspect --json "$source"
[ "$(journals out.txt)" = "to be replayed to be replayed" ] || fail "inspect: $(journals out.txt)"
expect 0 "$HVGEN2" convert "$source"
grep -q '\$LogFile' out.txt || fail "the page does not list the journals: $(cat out.txt)"
[ "$(journals vm-gen2.report.json)" = "replayed replayed" ] || fail "report: $(journals vm-gen2.report.json)"
jq -e 'all(.before.partitions[].journal; .records > 10 and .redone > 0 and .transactions_undone == 1)' \
	vm-gen2.report.json >/dev/null || fail "report: $(jq -c '[.before.partitions[].journal]' vm-gen2.report.json)"
jq -e '[.warnings[] | select(contains("after a power cut"))] | length == 2' vm-gen2.report.json >/dev/null ||
	fail "no warning for each volume: $(jq .warnings vm-gen2.report.json)"
check_result vm-gen2.vhdx
expect 0 "$HVGEN2" verify --no-guestfs vm-gen2.vhdx

# What the logs held, as other tools see it.
while read -r offset size type; do
	cut_raw result.raw "$offset" "$size" part.raw
	is_ntfs part.raw || continue
	ntfsresize --info --force --no-progress-bar part.raw >ntfsresize.txt 2>&1 || fail "$(cat ntfsresize.txt)"
	ntfsls -p /Journal part.raw | grep -v "^\.*$" | sort >names.txt
	[ "$(cat names.txt)" = "created in the log.txt" ] || fail "the volume at $offset holds: $(cat names.txt)"
	[ "$(ntfscat part.raw '/Journal/created in the log.txt' | wc -c)" -eq 10000 ] || fail "the file is not whole"
done <partitions.txt

# All else is as in the VM that was shut down.
hash_volumes result.raw partitions.txt | cut -f1-3,5-7 | grep -v /Journal | sort >crashed.txt
cut -f1 crashed.txt | uniq -c
"$MKVM" --small quiet.vhdx
expect 0 "$HVGEN2" convert -q --nvram none --report quiet.json -o quiet-gen2.vhdx quiet.vhdx
to_raw quiet-gen2.vhdx result.raw
gpt_partitions result.raw >partitions.txt
hash_volumes result.raw partitions.txt | cut -f1-3,5-7 | sort >quiet.txt
diff quiet.txt crashed.txt || fail "files were lost, added or changed"
[ "$(wc -l <quiet.txt)" -gt 100 ] || fail "too few files were compared: $(wc -l <quiet.txt)"
[ "$before" = "$(sum "$source")" ] || fail "the source was changed"
