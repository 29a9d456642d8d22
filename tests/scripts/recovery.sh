#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ReAgent.xml and the boot store agree, or the report says that they do not and what to do; nothing is changed for it.
# The sample's files are edited by sed, iconv and hivex and put back by ntfs-3g.
set -euo pipefail
# shellcheck source=tests/scripts/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/scripts/guest.sh
. "$(dirname "$0")/guest.sh"
need sfdisk ntfscat ntfscp hivexsh hivexget jq iconv qemu-img

loader='{b7f4d1a3-6a52-11e3-824f-00155d0a1c02}'
recovery='{b7f4d1a4-6a52-11e3-824f-00155d0a1c02}'
nowhere='{deadbeef-6a52-11e3-824f-00155d0a1c02}'
again="run 'reagentc /disable' and then 'reagentc /enable' in the guest"

"$MKVM" --small --winre own --format raw sample.raw
sfdisk -J sample.raw >table.json
# The partitions in the order of the disk: boot files, Windows and what is behind it.
mapfile -t starts < <(jq '.partitiontable.partitions | sort_by(.start)[] | .start * 512' table.json)
mapfile -t sizes < <(jq '.partitiontable.partitions | sort_by(.start)[] | .size * 512' table.json)
cat_file sample.raw "${starts[0]}" "${sizes[0]}" /Boot/BCD >BCD.old
cat_file sample.raw "${starts[1]}" "${sizes[1]}" "$reagent" >ReAgent.old

# vm.raw is the sample with another file in the partition of that number.
put() { put_file vm.raw "${starts[$1]}" "${sizes[$1]}" "$2" "$3"; } # N PATH FILE
fresh() { cp --sparse=always sample.raw vm.raw; }
edit_reagent() { # SED-SCRIPT
	sed -E "$1" ReAgent.old >ReAgent.new
	! cmp -s ReAgent.old ReAgent.new || fail "'$1' changes nothing"
	put 1 "$reagent" ReAgent.new
}
edit_store() { # HIVEXSH-COMMANDS
	cp BCD.old BCD.new
	printf '%s\ncommit\n' "$1" | hivexsh -w BCD.new
	put 0 /Boot/BCD BCD.new
}

warnings() { jq -r '.warnings[]' out.txt; }
convert() {
	expect 0 "$HVGEN2" convert -n --json --format dynamic vm.raw
	jq -e '.refusal == null' out.txt >/dev/null
}
expect_warning() { # TEXT...
	local text
	convert
	for text; do warnings | grep -F -- "$text" >/dev/null || fail "no '$text' in: $(warnings)"; done
}

# No word when all is well.
fresh
convert
! warnings | grep -i -e reagent -e recovery || fail "a false alarm"

fresh
edit_reagent "s/\\$recovery/$nowhere/"
expect_warning "ReAgent.xml names the boot entry $nowhere for the recovery environment, which is not in the boot store; $again"

fresh
edit_reagent "s/\\$recovery/{00000000-0000-0000-0000-000000000000}/"
expect_warning "says that the recovery environment is on, but names no boot entry for it; $again"

fresh
edit_reagent 's/(InstallState state=")1/\10/'
expect_warning "the boot entry of Windows falls back to $recovery; run 'reagentc /enable' in the guest"

fresh
edit_reagent 's/(WinreLocation .*offset=")[0-9]*/\14096/'
expect_warning "WinreLocation names byte 4096 of the disk, where no partition starts; it stays as it is: $again"

fresh
edit_reagent 's/(WinreLocation .* id=")[0-9]*/\117/'
expect_warning "on another disk, of signature 00000011; $again"

# The boot manager would start another image than reagentc services.
fresh
edit_reagent 's/(WinreLocation .*offset=")[0-9]*/\1'"${starts[0]}/"
expect_warning "at byte ${starts[0]} of the old disk, but its boot entry starts it from another partition, {" \
	"where no Winre.wim is; put it there"

fresh
edit_reagent 's/(WinreLocation path=")[^"]*/\1\\Elsewhere/'
expect_warning "has the recovery environment in '\\Elsewhere' of partition" "$again"

# The entry of Windows falls back to nothing, or to what is not there.
fresh
edit_store "cd \\Objects\\$loader\\Elements\\14000008
del"
expect_warning "to which that of Windows does not fall back; $again"

fresh
edit_store "cd \\Objects\\$recovery
del"
expect_warning "$loader falls back to a recovery environment that is not in the store; $again" \
	"names the boot entry $recovery for the recovery environment, which is not in the boot store"
jq -r '.dropped[]' out.txt | grep -F "$recovery in recoverysequence of" >/dev/null || fail "the reference is not listed"

fresh
printf '<WindowsRE version="2.0"></WindowsRE>' | iconv -f UTF-8 -t UTF-16BE >ReAgent.new
put 1 "$reagent" ReAgent.new
expect_warning "ReAgent.xml is UTF-16, which Windows does not write; nothing in it had to change"

# UTF-16 goes through the conversion in its encoding.
fresh
sed -E '1s/utf-8/utf-16/I' ReAgent.old | iconv -f UTF-8 -t UTF-16LE >ReAgent.new
put 1 "$reagent" ReAgent.new
expect_warning "is UTF-16"
expect 0 "$HVGEN2" convert --format dynamic --nvram none -o new.vhdx vm.raw
to_raw new.vhdx new.raw
sfdisk -J new.raw >table.json
mapfile -t places < <(jq '.partitiontable.partitions | sort_by(.start)[] | .start * 512' table.json)
for place in "${places[@]}"; do
	cat_file new.raw "$place" "$(jq ".partitiontable.partitions[] | select(.start * 512 == $place) | .size * 512" table.json)" \
		"$reagent" >ReAgent.xml || continue
	[ -s ReAgent.xml ] || continue
	[ "$(head -c 2 ReAgent.xml | hex)" = fffe ] || fail "the result is not UTF-16"
	[ "$(attribute ReAgent.xml WinreLocation id)" = 0 ] || fail "UTF-16: the id is that of the MBR"
	[ "$(attribute ReAgent.xml WinreBCD id)" = "$recovery" ] || fail "UTF-16: the entry is lost"
	grep -qF "$(attribute ReAgent.xml WinreLocation offset)" <(printf '%s\n' "${places[@]}") || fail "UTF-16: a wrong offset"
	exit 0
done
fail "no ReAgent.xml in the result"
