#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# kills.sh ROUNDS [SEED]: 'convert' is killed at random times, and at every call of the commit, with and without an old
# set to replace. Each output is then old, whole or absent, nothing else has a name, and no mixture looks whole to 'verify'.
. "$(dirname "$0")/lib.sh"
need mkntfs jq strace
rounds=$1 seed=${2:-$RANDOM}
RANDOM=$seed
echo "seed $seed"

verify() { "$HVGEN2" verify --no-guestfs "$1" >verify.txt 2>&1; }

# Yesterday's set, and today's: of a child, which is small, and of a copy.
"$MKVM" --small vm.vhdx
mkdir old new
expect 0 "$HVGEN2" convert -q --format differencing -o y.vhdx vm.vhdx
mv y.* old
touch vm.vhdx
expect 0 "$HVGEN2" convert -q --format differencing -o y.vhdx vm.vhdx
mv y.* new
expect 0 "$HVGEN2" convert -q -o whole.vhdx vm.vhdx
mv whole.* new
cmp -s old/y.vhdx new/y.vhdx && fail "two days have one disk"

declare -A seen
count() { seen[$1]=$((${seen[$1]:-0} + 1)); }

state_of() { # NAME
	if [ ! -e "$1" ]; then
		echo absent
	elif [ -e "old/$1" ] && cmp -s "$1" "old/$1"; then
		echo old
	elif [ -e "new/$1" ] && cmp -s "$1" "new/$1"; then
		echo new
	else
		echo other
	fi
}

# The reports of two runs differ in nothing, so that "new" is new byte for byte.
judge() { # STEM HOW
	local disk report store left name
	disk=$(state_of "$1.vhdx") report=$(state_of "$1.report.json") store=$(state_of "$1.vmgs")
	[[ $disk$report$store != *other* ]] || fail "$2: disk $disk, report $report, store $store"
	count "disk $disk, report $report"
	left=$(find . -maxdepth 1 -name '.*hvgen2-*')
	if [ -n "$left" ]; then
		# While one file takes the place of another it has a name of its own; it is whole.
		[[ $2 == *force* ]] || fail "$2 leaves $left"
		count "a name besides"
		for file in $left; do
			name=${file#./.} name=${name%.hvgen2-*}
			cmp -s "$file" "old/$name" || cmp -s "$file" "new/$name" || fail "$2 leaves a part: $file"
		done
		rm -f $left
	fi
	if [ "$report" != absent ] && [ "$disk" != absent ] && [ "$disk" != "$report" ]; then
		count "a mixture, which 'verify' fails"
		verify "$1.vhdx" && fail "$2: a mixture looks whole: disk $disk, report $report, store $store"
		grep -q '^FAIL  report: ' verify.txt || fail "$2: $(cat verify.txt)"
	fi
	rm -f "$1".*
}

restore() { [ "$1" != force ] || cp -p old/y.* .; }

# At random times: after up to 1.2 times of what a run takes.
run() { # HOW
	case $1 in
	whole) exec "$HVGEN2" convert -q -o whole.vhdx vm.vhdx ;;
	force) exec "$HVGEN2" convert -q -f --format differencing -o y.vhdx vm.vhdx ;;
	*) exec "$HVGEN2" convert -q --format differencing -o y.vhdx vm.vhdx ;;
	esac
} >out.txt 2>err.txt
declare -A takes
for how in plain force whole; do
	restore $how
	start=$(date +%s%N)
	(run $how) || fail "$(cat err.txt)"
	takes[$how]=$((($(date +%s%N) - start) / 1000000))
	rm -f y.* whole.*
done
for ((i = 0; i < rounds; i++)); do
	how=plain stem=y
	[ $((i % 2)) -eq 0 ] || how=force
	[ $((i % 8)) -ne 0 ] || how=whole stem=whole
	restore $how
	run $how &
	sleep "$(awk -v ms=$(((RANDOM * 32768 + RANDOM) % (${takes[$how]} * 12 / 10 + 1))) 'BEGIN { print ms / 1000 }')"
	kill -KILL $! 2>/dev/null || count "too late"
	wait $! 2>/dev/null || true
	judge $stem "round $i, $how"
done

# At every call that the committer makes from the letter of the worker on.
for how in plain force; do
	force=
	[ $how = plain ] || force=-f
	restore $how
	expect 0 strace -o trace "$HVGEN2" convert -q $force --format differencing -o y.vhdx vm.vhdx
	rm -f y.*
	awk -F'(' '{ n[$1]++ } /^read\(.*"c", 1\)/ { committing = 1; next } committing && /^[a-z]/ { print $1, n[$1] }' trace >calls.txt
	[ "$(wc -l <calls.txt)" -gt 15 ] || fail "only $(wc -l <calls.txt) calls in a commit"
	while read -r call when; do
		[ "$call" != exit_group ] || continue
		restore $how
		strace -o /dev/null -e inject="$call:signal=KILL:when=$when" \
			"$HVGEN2" convert -q $force --format differencing -o y.vhdx vm.vhdx >out.txt 2>err.txt </dev/null &
		wait $! 2>/dev/null && count "not reached"
		count "at a call of the commit"
		judge y "$how, $call $when"
	done <calls.txt
done
for what in "${!seen[@]}"; do
	echo "${seen[$what]}: $what"
done | sort -rn
