#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Damage of every kind ends in exit status 4 and one sentence, which says what to do next; with --json that stands in the
# report. First the kinds one by one, each with the words of its own advice, then rubbish all over what a VM is made of.
. "$(dirname "$0")/lib.sh"
need jq qemu-img

put() { # FILE OFFSET BYTES
	printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Put bytes at each place where a text stands, or OFFSET behind it.
spoil() { # FILE TEXT OFFSET BYTES
	local at count=0
	while read -r at; do
		put "$1" $((at + $3)) "$4"
		count=$((count + 1))
	done < <(LC_ALL=C grep -obUaF "$2" "$1" | cut -d: -f1)
	[ $count -gt 0 ] || fail "no '$2' in $1"
}

expect_advice() { # WORDS COMMAND...
	local words=$1
	shift
	expect 4 "$@"
	[ "$(wc -l <err.txt)" -eq 1 ] || fail "not one sentence: $(cat err.txt)"
	grep -q "; .*$words" err.txt || fail "no '$words' in: $(cat err.txt)"
	echo "ok: $(cat err.txt)"
}

fresh() { # OPTIONS...
	rm -f vm.*
	"$MKVM" --small --block-size 1M "$@" vm.vhdx
}

# A folder that another one lists, where nobody finds it: "en-US" is out of its order among the names.
"$MKVM" --small --format raw vm.raw
while read -r at; do
	[ "$(dd if=vm.raw bs=1 skip=$((at / 4096 * 4096)) count=4 status=none | tr -d '\0')" != INDX ] || put vm.raw "$at" z
done < <(LC_ALL=C grep -obUaP 'e\0n\0-\0U\0S\0' vm.raw | cut -d: -f1)
expect_advice 'let the VM start once more' "$HVGEN2" inspect vm.raw
grep -qF "': its folder lists this folder, but it is not there" err.txt || fail "$(cat err.txt)"

# The image.
fresh
spoil vm.vhdx 'regi' 0 'xxxx'
expect_advice 'another copy of it' "$HVGEN2" inspect vm.vhdx
"$MKVM" --small --format vhd vm.vhd
spoil vm.vhd 'cxsparse' 40 'xxxx'
expect_advice 'another copy of it' "$HVGEN2" inspect vm.vhd

# A volume that the VM needs.
fresh --system-fs fat32
spoil vm.vhdx 'FAT32   ' -46 '\xff\xff\xff\xff'
expect_advice 'chkdsk /f' "$HVGEN2" inspect vm.vhdx
expect 4 "$HVGEN2" inspect --json vm.vhdx
jq -e '.error.exit_status == 4 and (.error.advice | contains("chkdsk /f"))' out.txt >/dev/null ||
	fail "no advice in the report: $(jq .error out.txt)"

# What Windows keeps: its registry.
fresh
spoil vm.vhdx 'hbin' 32 '\xff\xff\xff\x7f'
expect_advice 'start once more' "$HVGEN2" convert -n vm.vhdx

# Stores.
truncate -s 64K store.vmgs
expect_advice 'from a backup' "$HVGEN2" nvram list store.vmgs
expect_advice 'let bcdboot make' "$HVGEN2" bcd list store.vmgs
mkfifo pipe.bcd
for action in "list pipe.bcd" "check pipe.bcd" "diff store.vmgs pipe.bcd" "diff pipe.bcd store.vmgs"; do
	# shellcheck disable=SC2086
	expect 4 timeout 10 "$HVGEN2" bcd $action
done
fresh
expect_advice 'another store' "$HVGEN2" convert -n --nvram-template store.vmgs vm.vhdx
expect 0 "$HVGEN2" convert -q vm.vhdx
expect_advice 'generation 2 VM' "$HVGEN2" nvram add-file --disk vm.vhdx vm-gen2.vmgs

# Wherever it is: four places in index blocks and hives.
LC_ALL=C grep -obUaE 'INDX|regf|hbin' vm.vhdx | cut -d: -f1 >structures.txt
places() { # SEED COUNT
	awk -v seed="$1" -v count="$2" '
		{ start[NR] = $1 }
		END {
			srand(seed)
			while (count-- > 0)
				printf "%d\n", start[1 + int(rand() * NR)] + int(rand() * 400)
		}' structures.txt
}
damaged=0
for run in {1..25}; do
	mapfile -t at < <(places "$run" 4)
	for i in "${!at[@]}"; do
		dd if=vm.vhdx of="was.$i" bs=1 skip="${at[i]}" count=8 status=none
		put vm.vhdx "${at[i]}" '\xa5\xff\x80\x01\0\x7f\xc3\x28'
	done
	status=0
	"$HVGEN2" inspect --json vm.vhdx >out.txt 2>err.txt || status=$?
	case $status in
	0 | 3) ;;
	4)
		damaged=$((damaged + 1))
		jq -e '.error.advice | length > 0' out.txt >/dev/null || fail "run $run: no next step: $(cat err.txt)"
		;;
	*) fail "run $run: exit status $status: $(cat err.txt)" ;;
	esac
	for ((i = ${#at[@]} - 1; i >= 0; i--)); do
		dd if="was.$i" of=vm.vhdx bs=1 seek="${at[i]}" conv=notrunc status=none
	done
done
[ $damaged -gt 3 ] || fail "only $damaged of 25 were called damaged"
echo "$damaged of 25 disks with rubbish were called damaged, each with a next step"
