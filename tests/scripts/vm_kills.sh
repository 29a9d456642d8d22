#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# vm_kills.sh ROUNDS [SEED]: the conversion of a whole VM is killed at random times, and at every call of the commit, with and
# without an old set to replace. Each of its files is then old, whole or absent, the boot disk is new only where all are, and
# no mixture of two days looks whole to 'verify'. And: a file system without room for all has none of it.
. "$(dirname "$0")/lib.sh"
need mkntfs jq strace qemu-img sfdisk
rounds=$1 seed=${2:-$RANDOM}
RANDOM=$seed
echo "seed $seed"

make_export x
files=(y.vmgs y.report.json y.ps1 y-ide0-1.vhdx y-scsi0-1.vhdx y.vhdx)
convert() { # PREFIX... : what it is run under
	"$@" "$HVGEN2" convert -q $force --format differencing --data-disks copy -o y.vhdx x
}

# Yesterday's set and today's, in which every file is another.
mkdir old new
force=
expect 0 convert
mv "${files[@]}" old
touch x/*/*.vhd*
expect 0 convert
mv "${files[@]}" new
for file in y-ide0-1.vhdx y-scsi0-1.vhdx y.vhdx; do
	! cmp -s old/$file new/$file || fail "two days have one $file"
done

declare -A seen
count() { seen[$1]=$((${seen[$1]:-0} + 1)); }

judge() { # HOW
	local file state states=() left name
	for file in "${files[@]}"; do
		if [ ! -e "$file" ]; then
			state=absent
		elif cmp -s "$file" "new/$file"; then
			state=new
		elif cmp -s "$file" "old/$file"; then
			state=old
		else
			fail "$1: $file is a part"
		fi
		states+=("$state")
	done
	# (The store says nothing of the day.)
	[ "${states[5]}" != new ] || [[ "${states[*]:1}" = "new new new new new" ]] || fail "$1: the boot disk alone is new: ${states[*]}"
	count "${states[*]}"
	left=$(find . -maxdepth 1 -name '.*hvgen2-*')
	if [ -n "$left" ]; then
		# While one file takes the place of another it has a name of its own; it is whole.
		[ -n "$force" ] || fail "$1 leaves $left"
		for file in $left; do
			name=${file#./.} name=${name%.hvgen2-*}
			cmp -s "$file" "old/$name" || cmp -s "$file" "new/$name" || fail "$1 leaves a part: $file"
		done
		rm -f $left
	fi
	if [ "${states[1]}" != absent ] && [ "${states[5]}" != absent ] && [ "${states[1]}" != "${states[5]}" ]; then
		! "$HVGEN2" verify --no-guestfs --parent-dir "x/Virtual Hard Disks" y.vhdx >verify.txt 2>&1 ||
			fail "$1: a mixture looks whole: ${states[*]}"
		grep -q '^FAIL  report: ' verify.txt || fail "$1: $(cat verify.txt)"
	fi
	rm -f "${files[@]}"
}
restore() { [ -z "$force" ] || cp -p old/y* .; }

# At random times: after up to 1.2 times of what a run takes.
start=$(date +%s%N)
expect 0 convert
takes=$((($(date +%s%N) - start) / 1000000))
rm "${files[@]}"
for ((i = 0; i < rounds; i++)); do
	force=
	[ $((i % 2)) -eq 0 ] || force=-f
	restore
	convert exec >out.txt 2>err.txt &
	sleep "$(awk -v ms=$(((RANDOM * 32768 + RANDOM) % (takes * 12 / 10 + 1))) 'BEGIN { print ms / 1000 }')"
	kill -KILL $! 2>/dev/null || count "too late"
	wait $! 2>/dev/null || true
	judge "round $i, force '$force'"
done

# At every call that the committer makes from the letter of the worker on. (What a sanitizer adds has no worker.)
for force in "" -f; do
	restore
	expect 0 convert strace -o trace
	rm -f "${files[@]}"
	awk -F'(' '{ n[$1]++ } /^read\(.*"c", 1\)/ { committing = 1; next } committing && /^[a-z]/ { print $1, n[$1] }' trace >calls.txt
	[ "$(wc -l <calls.txt)" -gt 0 ] || continue
	[ "$(wc -l <calls.txt)" -gt 25 ] || fail "only $(wc -l <calls.txt) calls in a commit"
	while read -r call when; do
		[ "$call" != exit_group ] || continue
		restore
		convert strace -o /dev/null -e "inject=$call:signal=KILL:when=$when" >out.txt 2>err.txt </dev/null &
		wait $! 2>/dev/null && count "not reached"
		count "at a call of the commit"
		judge "force '$force', $call $when"
	done <calls.txt
done

# One of the names cannot be given: what was there is there again.
force=-f
for when in 3 4 5 6 7; do
	restore
	convert strace -o /dev/null -e "inject=renameat2:error=EIO:when=$when+" >out.txt 2>err.txt && continue
	for file in "${files[@]}"; do cmp "$file" "old/$file" || fail "a failure at name $when leaves another $file"; done
	count "a failure is taken back"
	rm -f "${files[@]}"
done
rm -f "${files[@]}"

# A bad sector, or a file system without room, in a data disk: nothing of the set. The room is asked for before the first
# byte, of all together.
force=
kernel=(-e trace=pread64,copy_file_range -e inject=copy_file_range:error=EIO)
expect 0 convert strace -f -o trace "${kernel[@]}"
rm "${files[@]}"
reads=$(awk '/pread64/ { n[$1]++ } END { for (i in n) if (n[i] > most) most = n[i]; print most }' trace)
expect 1 convert strace -f -o /dev/null "${kernel[@]}" -e inject=pread64:error=EIO:when="$reads"
grep -q "^hvgen2: SCSI 0:1: '.*more.vhdx': .*Input/output error" err.txt || fail "$(cat err.txt)"
judge "a bad sector"
if mkdir small && mount -t tmpfs -o size=9m tmpfs small 2>/dev/null; then
	trap 'umount "$work/small" 2>/dev/null || true; rm -rf "$work"' EXIT
	expect 1 "$HVGEN2" convert -q --output-dir small x
	grep -q "^hvgen2: 'small/FILES-01-gen2.vhdx' and 2 other disks: up to .* are needed, but the file system has" err.txt ||
		fail "$(cat err.txt)"
	[ -z "$(ls -A small)" ] || fail "something is left: $(ls -A small)"
	umount small
	count "no room"
fi
for what in "${!seen[@]}"; do
	echo "${seen[$what]}: $what"
done | sort -rn
