#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# unreadable.sh: nothing known begins a partition, as third-party encryption leaves it, or its end is cut off. C: is named
# beside what starts it, not called a data disk; a data partition is warned about by its number.
. "$(dirname "$0")/lib.sh"
need jq mkntfs sfdisk

spoil() { # NUMBER MKVM OPTION ...
	local number=$1 start
	shift
	"$MKVM" --small --format raw "$@" vm.raw
	start=$(sfdisk --json vm.raw | jq ".partitiontable.partitions[$number - 1].start")
	head -c 4M /dev/zero | tr '\0' x | dd of=vm.raw bs=512 seek="$start" conv=notrunc status=none
}

refused() { # WORDS: about the Windows partition
	expect 3 "$HVGEN2" convert vm.raw
	grep -q '^hvgen2: refused \[no-windows\]' err.txt || fail "not refused: $(cat err.txt)"
	grep -qF "$1" err.txt || fail "not said: '$1': $(cat err.txt)"
	grep -q 'decrypt it in the guest' err.txt || fail "no way out: $(cat err.txt)"
	! grep -q 'data disk' err.txt || fail "called a data disk: $(cat err.txt)"
}

spoil 2
refused "the VM starts from partition 1, but no Windows is found, and partition 2 cannot be read"
spoil 1 --no-system-reserved
refused "the VM starts from partition 1, but no Windows is found, and partition 1 cannot be read"
spoil 2 --data 1 --type data=83
refused "partition 2 cannot be read"

spoil 3 --data 1
expect 0 "$HVGEN2" inspect --json vm.raw
jq -e '[.warnings[] | select(contains("partition 3 could not be read"))] | length == 1' out.txt >/dev/null ||
	fail "the data partition is not named: $(jq .warnings out.txt)"

# What starts the VM cannot be read, C: can: the store is rebuilt, and nobody says that there is none.
spoil 1
expect 0 "$HVGEN2" inspect --json vm.raw
jq -e '[.warnings[] | select(contains("partition 1, which is active, cannot be read"))] | length == 1' out.txt >/dev/null ||
	fail "not said why the store is rebuilt: $(jq .warnings out.txt)"
! grep -q 'no partition holds' out.txt || fail "called missing: $(jq .warnings out.txt)"

# A disk that was cut off in C:, which nobody can read then: no option leaves it out.
"$MKVM" --small --format raw vm.raw
truncate -s -100M vm.raw
for option in -n --ignore-bad-partitions; do
	expect 4 "$HVGEN2" convert $option vm.raw
	grep -qF 'partition 2 (sectors 718848 to 4192255) is beyond the end of the disk' err.txt ||
		fail "not said that the disk is too short: $(cat err.txt)"
	grep -q 'no Windows is found beside it; .*from a backup' err.txt || fail "no way out: $(cat err.txt)"
	! grep -q -e --ignore err.txt || fail "an option that does not help: $(cat err.txt)"
done

# The boot manager alone: Windows stands on another disk.
"$MKVM" --small --format raw --defect no-windows vm.raw
expect 3 "$HVGEN2" convert vm.raw
grep -qF 'partition 1 holds the boot manager' err.txt || fail "not said where Windows may be: $(cat err.txt)"
