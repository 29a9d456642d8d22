#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Several runs share a batch: nothing is done twice, one that is frozen for longer than its lease loses its claim and no result,
# one that lives keeps it, and an interrupt ends cleanly.
. "$(dirname "$0")/lib.sh"
need mkntfs jq

states() { "$HVGEN2" batch status state --json | jq -r '.vms[] | "\(.name) \(.state)"' | tr '\n' ';'; }
attempts() { jq -r .state state/attempt/* | sort | uniq -c | tr -s ' \n' ' '; }
# The processes that one has started: sets REPLY. To ask without a process of our own is quick enough to meet them alive.
children() { # PID
	REPLY=
	read -r REPLY 2>/dev/null <"/proc/$1/task/$1/children" || true
}
is_at() { # PID VERB
	local verb=
	{ read -r -d '' _ && read -r -d '' verb; } 2>/dev/null <"/proc/$1/cmdline" || true
	[ "$verb" = "$2" ]
}
# Its conversion stands still, while it lives itself: as a disk that does not answer. Sets held: each keeper, and behind it
# what works for it: 'convert', or what looks at the source before. False when the run has ended before.
hold() { # PID-OF-A-RUN [VERB]
	local keeper keepers process state is_whole=
	while [ -z "$is_whole" ]; do
		read -r _ _ state _ <"/proc/$1/stat"
		[ "$state" != Z ] || return 1
		children "$1"
		keepers=$REPLY held=
		for keeper in $keepers; do
			children "$keeper"
			! is_at "${REPLY% }" "${2:-convert}" || held+="$keeper $REPLY "
		done
		[ -n "$held" ] || continue
		is_whole=y
		for process in $held; do kill -STOP "$process" 2>/dev/null || is_whole=; done
		[ -n "$is_whole" ] || kill -CONT $held 2>/dev/null || true # one of them had just ended
	done
}
start() { # ARGUMENT...
	# A shell makes its background deaf to interrupts.
	env --default-signal=INT "$HVGEN2" batch run state "$@" >run.out.txt 2>run.err.txt &
	run=$!
}

mkdir in
"$MKVM" --small in/a.vhdx
for name in b c d e f; do cp -p in/a.vhdx in/$name.vhdx; done
expect 0 "$HVGEN2" convert -q -o single.vhdx in/a.vhdx
# A batch from the start whose run stands still in the middle of a VM. Where all was done before that, once more.
start_held() { # ARGUMENT...
	local _
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		again
		start "$@"
		! hold $run || return 0
		wait $run
	done
	fail "ten runs have ended before they could be held"
}

all_done="a done;b done;c done;d done;e done;f done;"
all_equal() {
	local name
	for name in a b c d e f; do cmp single.vhdx out/$name-gen2.vhdx; done
	[ ! -e out/work ] || fail "the work is left: $(find out/work)"
	[ -z "$(ls -A state/claim)" ] || fail "claims are left: $(ls -A state/claim)"
}
again() {
	rm -rf state out
	expect 0 "$HVGEN2" batch plan state in --output-dir out
}

# Two at once.
again
start --jobs 1
expect 0 "$HVGEN2" batch run state --jobs 1
wait $run || fail "$(cat run.err.txt)"
[ "$(states)" = "$all_done" ] || fail "$(states)"
[ "$(attempts)" = " 6 done " ] || fail "six are done in $(attempts)"
all_equal

# What others have claimed is waited for, or not.
start_held --jobs 1 --lease 2
expect 75 "$HVGEN2" batch run state --jobs 1 --no-wait
grep -q "^5 done, 1 running$" out.txt || fail "$(cat out.txt)"
# It lives, whatever its clock says: the lease goes by five times.
clock=$(ls state/claim)
for _ in 1 2 3 4 5 6 7 8 9 10; do
	touch -d "@$(($(date +%s) + 7200))" state/claim/* && sleep 1 && [ "$(ls state/claim)" = "$clock" ]
done &
timeout 10 "$HVGEN2" batch run state --jobs 1 --lease 2 >out.txt 2>err.txt && fail "a live claim was taken"
grep -q "waiting for what others have claimed" err.txt || fail "$(cat err.txt)"
[ "$(ls state/attempt | wc -l)" -eq 6 ] || fail "a live claim was taken: $(attempts)"
kill -CONT $held
wait
[ "$(states)" = "$all_done" ] || fail "$(states)"
all_equal

# Frozen as a whole for longer than its lease, it wakes up after another has done its work.
start_held --jobs 2 --lease 2
kill -STOP $run
expect 0 "$HVGEN2" batch run state --jobs 2 --lease 2
[ "$(states)" = "$all_done" ] || fail "$(states)"
stat -c '%n %i %y' out/*.* >before
kill -CONT $run $held
wait $run || fail "exit status $? of the one that was frozen: $(cat run.err.txt)"
[ "$(states)" = "$all_done" ] || fail "after it woke up: $(states)"
stat -c '%n %i %y' out/*.* | cmp - before || fail "it has written"
all_equal
grep -q take-over state/events.jsonl || fail "nobody has taken over"

# The same while the other is at it.
start_held --jobs 1 --lease 1
kill -STOP $run
first=$run first_held=$held
start --jobs 1 --lease 1
until [ "$(ls state/attempt | cut -d. -f1 | sort | uniq -d | wc -l)" -gt 0 ]; do sleep 0.1; done
kill -CONT $first $first_held
wait $first || fail "exit status $?: $(cat run.err.txt)"
wait $run || fail "exit status $?: $(cat run.err.txt)"
[ "$(states)" = "$all_done" ] || fail "$(states)"
all_equal

# Killed on the same host, its claims are free at once.
start_held --jobs 2
kill -KILL $run
wait $run 2>/dev/null || true
SECONDS=0
expect 0 "$HVGEN2" batch run state --jobs 2
[ $SECONDS -lt 30 ] || fail "it waited for a dead one: $SECONDS s"
[ "$(states)" = "$all_done" ] || fail "$(states)"
all_equal

# One interrupt: what runs is finished.
start_held --jobs 1
already=$(states | { grep -o done || true; } | wc -l)
kill -INT $run
sleep 0.5
kill -CONT $held
wait $run && fail "it has gone on" || [ $? -eq 1 ] || fail "exit status: $(cat run.out.txt run.err.txt)"
[ "$(states | grep -o done | wc -l)" -eq $((already + 1)) ] || fail "$(states)"
grep -q "interrupted: what runs is finished" run.err.txt || fail "$(cat run.err.txt)"
[ ! -e out/work ] || fail "the work is left"
# Two: it is ended, and nothing is left of it.
for at in batch convert; do
	start --jobs 1
	hold $run $at || fail "it has ended"
	before=$(states | sed s/running/planned/)
	begun=$(jq -r 'select(.state == "running") | .state' state/attempt/*)
	kill -INT $run
	sleep 0.7
	kill -INT $run
	sleep 0.7
	kill -CONT $held
	wait $run && fail "it has gone on" || [ $? -eq 1 ] || fail "exit status: $(cat run.out.txt run.err.txt)"
	[ "$(states | sed s/interrupted/planned/)" = "$before" ] || fail "$(states)"
	# Of one that was claimed and looked at, and had not begun, nothing is told.
	[ $at$begun = batch ] || grep -q interrupted <<<"$(states)" || fail "$(states)"
	[ ! -e out/work ] || fail "the work is left: $(find out/work)"
	[ -z "$(ls -A state/claim)" ] || fail "a claim is left"
done
expect 0 "$HVGEN2" batch run state
[ "$(states)" = "$all_done" ] || fail "$(states)"
all_equal

# A crash of one VM's process is a matter of this VM.
start_held --jobs 1
read -r keeper process _ <<<"$held"
kill -KILL "$process"
kill -CONT "$keeper"
wait $run && fail "nothing failed" || [ $? -eq 1 ] || fail "exit status: $(cat run.out.txt run.err.txt)"
grep -q "^5 done, 1 failed$" run.out.txt || fail "$(cat run.out.txt)"
grep -q "failed: the process that reads it ended with signal 9" run.out.txt || fail "$(cat run.out.txt)"
expect 0 "$HVGEN2" batch run state
all_equal
exit 0
