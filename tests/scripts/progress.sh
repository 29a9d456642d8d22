#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# How far it is: counted in stored bytes, by phases that rise and end, on a descriptor that is closed, full or wrong. Judged by
# progress.py and, for their schema, by documents.sh.
. "$(dirname "$0")/lib.sh"
need python3 mkntfs
goes() { # FILE STATUS PHASE...
	python3 "$SOURCE_DIR/tests/scripts/progress.py" "$@" >steps.txt || fail "$1: $(tail -n 3 "$1")"
}
smooth() { # PHASE
	[ "$(awk -v phase="$1" '$1 == phase { print $2 }' steps.txt)" -le 50 ] || fail "$1: a step of more than 5 %: $(cat steps.txt lines)"
}

# 40 GiB, of which 460 MiB are stored, a fifth of them together and the rest in pieces that become rare.
"$MKVM" --small --size 40G --format raw big.raw
head -c 8M /dev/urandom >piece
for i in {0..47}; do
	dd if=piece of=big.raw bs=1M seek=$((i < 11 ? 3000 + 8 * i : 3000 + 16 * i * i)) conv=notrunc status=none
done
for output in o.vhdx o.raw o.qcow2; do
	expect 0 "$HVGEN2" convert -q -f --nvram none --progress-fd 3 -o $output big.raw 3>lines
	goes lines 0 survey space copy sync
	smooth copy
	stored=$(jq -s 'map(select(.phase == "copy"))[0].total' lines)
	[ "$stored" -gt $((300 << 20)) ] && [ "$stored" -lt $((600 << 20)) ] || fail "$output: $stored bytes are said to be stored"
	rm $output
done
rm big.raw

# Journals that are replayed are counted first, those of both volumes.
"$MKVM" --small --defect crashed crashed.vhdx
expect 0 "$HVGEN2" convert -n --progress-fd 3 crashed.vhdx 3>lines
goes lines 0 journal survey
[ "$(jq -s 'map(select(.phase == "journal"))[0].total' lines)" -gt $((2 << 20)) ] || fail "journals: $(grep journal lines)"
rm crashed.vhdx

# What is small is complete too. Of a child only what is its own is written.
"$MKVM" --small vm.vhdx
expect 0 "$HVGEN2" convert -q --format differencing --progress-fd 3 -o child.vhdx vm.vhdx 3>lines
goes lines 0 survey space copy sync
[ "$(jq -s 'map(select(.phase == "copy"))[0].total' lines)" -lt $((40 << 20)) ] || fail "a child: $(grep copy lines)"
expect 0 "$HVGEN2" convert -q -f -o o.vhdx vm.vhdx
expect 0 "$HVGEN2" verify --no-guestfs --progress-fd 3 o.vhdx 3>lines
goes lines 0 checks guestfs
[ "$(grep -c checks lines)" -gt 20 ] || fail "checks are told of $(grep -c checks lines) times"
expect 0 "$HVGEN2" convert -n --progress-fd 3 vm.vhdx 3>lines
goes lines 0 survey
"$HVGEN2" convert --progress-fd 3 -o - vm.vhdx 3>lines 2>err.txt | wc -c >size.txt
goes lines 0 survey space copy sync
[ "$(jq -s 'map(select(.phase == "copy"))[0].total' lines)" -eq "$(cat size.txt)" ] || fail "a pipe takes zeros as well"

# On standard error.
expect 0 "$HVGEN2" convert -q --progress json -o e.vhdx vm.vhdx
goes err.txt 0 survey space copy sync
expect 0 "$HVGEN2" convert --progress plain -f -o e.vhdx vm.vhdx
grep -E '^[0-9.]+ [MG]iB of [0-9.]+ [MG]iB \([0-9]+ %\), .*/s, [0-9]+ s left$' err.txt >/dev/null || fail "plain: $(cat err.txt)"
! grep $'[\r\033]' err.txt || fail "plain, and control characters"
for how in auto none; do
	expect 0 "$HVGEN2" convert --progress $how -f -o e.vhdx vm.vhdx
	[ ! -s err.txt ] || fail "--progress $how says: $(cat err.txt)"
done
if command -v script >/dev/null; then
	script -qec "'$HVGEN2' convert -f -o e.vhdx vm.vhdx" typed >/dev/null
	grep -a $'\r\033\\[K' typed >/dev/null || fail "no line on a terminal"
	script -qec "'$HVGEN2' convert --progress none -q -f -o e.vhdx vm.vhdx" typed >/dev/null
	! grep -a $'\033' typed || fail "--progress none, and a line on a terminal"
fi

# Who asks by SIGUSR1 gets a line, but none that stands between lines of JSON as something else.
mkfifo pipe
asked() { # OPTION...: while it waits for its reader
	local pid
	: >lines
	"$HVGEN2" convert -q "$@" -o - vm.vhdx >pipe 2>>lines 3>&2 &
	pid=$!
	exec 7<pipe
	read -r -N 1 <&7 # it copies
	kill -USR1 $pid
	cat <&7 >/dev/null
	exec 7<&-
	wait $pid || fail "asked, $*: status $?"
}
asked --progress json
jq -es 'length > 9' lines >/dev/null || fail "between JSON: $(grep -v '^{' lines)"
asked --progress-fd 3
jq -es 'length > 9' lines >/dev/null || fail "between JSON on a descriptor: $(grep -v '^{' lines)"
asked --progress none
grep -Ex '.* of .* \([0-9]+ %\), .*/s, [0-9]+ s left' lines >/dev/null || fail "no answer: $(cat lines)"

# Nobody reads, or nobody reads on: the conversion does not mind.
mkfifo closed full
exec 4<>closed 5>closed 4<&- 6<>full
timeout 60 "$HVGEN2" convert -q -f --progress-fd 5 -o e.vhdx vm.vhdx || fail "a closed pipe: status $?"
dd if=/dev/zero of=full bs=4k oflag=nonblock status=none 2>/dev/null || true
timeout 60 "$HVGEN2" convert -q -f --progress-fd 6 -o e.vhdx vm.vhdx || fail "a full pipe: status $?"
timeout 60 "$HVGEN2" verify --no-guestfs --progress-fd 5 e.vhdx >/dev/null || fail "verify, a closed pipe: status $?"
exec 5>&- 6>&-

# What it cannot be.
for n in 0 1 2 9 40000 x ''; do
	expect 2 "$HVGEN2" convert --progress-fd "$n" vm.vhdx
done
expect 2 "$HVGEN2" verify --progress-fd 7 vm.vhdx 7<vm.vhdx
expect 2 "$HVGEN2" convert --progress often vm.vhdx

# It fails, and says so in the end.
"$MKVM" --small --defect hibernated refused.vhdx
expect 3 "$HVGEN2" convert --progress-fd 3 refused.vhdx 3>lines
goes lines 3 survey
expect 1 "$HVGEN2" convert --progress-fd 3 none.vhdx 3>lines
goes lines 1

# A batch: of each, and of all together.
mkdir in out
mv vm.vhdx in/a.vhdx
"$MKVM" --small --seed 2 --format raw in/b.raw
expect 0 "$HVGEN2" batch run --progress-fd 3 --output-dir out state in 3>lines
jq -c 'select(.vm | not)' lines >sum
goes sum 0 plan batch
[ "$(jq -s 'map(select(.vm)) | group_by(.vm) | all(.[-1].done == .[-1].total) and length == 2' lines)" = true ] || fail "of each: $(cat lines)"
jq -s -e 'map(select(.vm)) | group_by(.vm) | all(map(.seconds) | . == sort)' lines >/dev/null || fail "the clock of a VM goes back: $(cat lines)"

jq -s -e 'map(select(.state)) | map(.vm + " " + .state + " " + (.done == .total | tostring)) | sort == ["a done true", "b done true"]' lines >/dev/null ||
	fail "what became of each: $(cat lines)"

# What fails is not told as done: one whose name is taken, and two that have no room.
rm -r state out
mkdir out
echo mine >out/a-gen2.vhdx
expect 1 "$HVGEN2" batch run --progress-fd 3 --output-dir out state in 3>lines
jq -r 'select(.state) | .vm + " " + .state' lines | sort | tr '\n' , >states.txt
[ "$(cat states.txt)" = "a failed,b done," ] || fail "a name is taken: $(cat lines)"
jq -s -e 'map(select(.vm == "a")) | length > 0 and all(.done < .total)' lines >/dev/null || fail "a is told as done: $(cat lines)"
jq -s -e 'map(select(.phase == "batch" and (.vm | not))) | all(.done < .total)' lines >/dev/null || fail "all is told as done: $(cat lines)"
rm -r state out
(ulimit -f 8192 && expect 1 "$HVGEN2" batch run --progress-fd 3 --output-dir out state in 3>lines) || exit 1
"$HVGEN2" batch status --json state | jq -r '.vms[] | .name + " " + .state' >states.txt
jq -r 'select(.state) | .vm + " " + .state' lines | sort -u | cmp - states.txt || fail "lines and status: $(cat lines states.txt)"
jq -s -e 'map(select(.vm == "b" and .state)) | length == 1 and all(.done < .total)' lines >/dev/null || fail "b is told as done: $(cat lines)"
