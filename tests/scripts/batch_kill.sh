#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# batch_kill.sh VMS KILLS [SEED]: the batch, or a process of it, is killed at random times and run again. In the end each
# result is what a single conversion makes, no name was given twice, and nothing is left behind.
. "$(dirname "$0")/lib.sh"
need mkntfs jq pgrep
vms=$1 kills=$2 seed=${3:-$RANDOM}
RANDOM=$seed
echo "seed $seed"

# Copies of a few, which have the same times and so the same results; an eighth is refused, a twentieth damaged.
mkdir base in single
"$MKVM" --small base/plain.vhdx
"$MKVM" --small --format vhd --windows 10 base/old.vhd
"$MKVM" --small --winre own --data 1 base/more.vhdx
"$MKVM" --small --defect hibernated base/asleep.vhdx
cp base/plain.vhdx base/torn.vhdx
truncate -s 3M base/torn.vhdx
refused=$((vms / 8)) damaged=$((vms / 20 > 0 ? vms / 20 : 1))
good=$((vms - refused - damaged))
bases=(plain.vhdx old.vhd more.vhdx)
declare -A from
for ((i = 0; i < vms; i++)); do
	if [ "$i" -lt "$good" ]; then
		base=${bases[$((i % 3))]}
	elif [ "$i" -lt $((good + refused)) ]; then
		base=asleep.vhdx
	else
		base=torn.vhdx
	fi
	name=$(printf 'vm%02d' "$i")
	cp -p --sparse=always "base/$base" "in/$name.${base##*.}"
	from[$name]=${base%.*}
done
start=$(date +%s%N)
for base in "${bases[@]}"; do
	expect 0 "$HVGEN2" convert -q --output-dir single "base/$base"
done
# As many milliseconds that each kill comes, on an average, after its share of the work of two jobs.
span=$((($(date +%s%N) - start) / 1000000 / 3 * good / kills + 50))

# Once it has its name, a disk is never made again.
declare -A inodes
watch_names() {
	local file inode
	for file in out/*; do
		[ -f "$file" ] || continue
		inode=$(stat -c %i "$file")
		[ "${inodes[$file]:-$inode}" = "$inode" ] || fail "$file was made twice"
		inodes[$file]=$inode
	done
}

# All that a process has started.
below() { # PID
	local child
	for child in $(pgrep -P "$1" || true); do
		echo "$child"
		below "$child"
	done
}

# Two kills are for the plan; the others come when it is made, and so after what a run takes to look at it.
least=0
for ((i = 0; i < kills; i++)); do
	if [ "$i" -eq 2 ]; then
		"$HVGEN2" batch plan state in --output-dir out >out.txt 2>err.txt || [ $? -eq 3 ] || fail "$(cat err.txt)"
		start=$(date +%s%N)
		"$HVGEN2" batch plan state >out.txt 2>err.txt || [ $? -eq 3 ] || fail "$(cat err.txt)"
		least=$((($(date +%s%N) - start) / 1000000))
	fi
	"$HVGEN2" batch run state in --output-dir out --jobs 2 >out.txt 2>err.txt &
	batch=$!
	sleep "$(awk -v ms=$((least + RANDOM % span)) 'BEGIN { print ms / 1000 }')"
	mapfile -t children < <(below $batch)
	if [ $((i % 3)) -ne 0 ] && [ ${#children[@]} -gt 0 ]; then
		kill -KILL "${children[$((RANDOM % ${#children[@]}))]}" 2>/dev/null || true
		sleep 0.2
	fi
	kill -KILL $batch 2>/dev/null || true
	wait $batch 2>/dev/null || true
	# They end with it; what they did until then counts.
	for child in "${children[@]}"; do
		while kill -0 "$child" 2>/dev/null && [ "$(ps -o stat= -p "$child")" != Z ]; do sleep 0.02; done
	done
	watch_names
done
expect 1 "$HVGEN2" batch run state in --output-dir out --jobs 2
grep -q "^$good done, $refused refused, $damaged failed$" out.txt || fail "$(head -1 out.txt)"
watch_names
for name in "${!from[@]}"; do
	base=${from[$name]}
	[ -e "single/$base-gen2.vhdx" ] || { [ ! -e "out/$name-gen2.vhdx" ] && continue || fail "$name was made"; }
	cmp "single/$base-gen2.vhdx" "out/$name-gen2.vhdx"
	cmp "single/$base-gen2.vmgs" "out/$name-gen2.vmgs"
	jq 'del(.source.path, .source.files, .outputs)' "single/$base-gen2.report.json" >single.json
	jq 'del(.source.path, .source.files, .outputs)' "out/$name-gen2.report.json" | cmp - single.json
done
[ "$(ls -A out | wc -l)" -eq $((3 * good)) ] || fail "made: $(ls -A out)"
[ -z "$(ls -A state/claim)" ] || fail "claims are left: $(ls -A state/claim)"
[ -z "$(find state -name '.*')" ] || fail "something is left: $(find state -name '.*')"
[ "$(jq -r .state state/attempt/* | grep -vc done)" -gt 0 ] || fail "no kill came while something was made"
jq -r .state state/attempt/* | sort | uniq -c
