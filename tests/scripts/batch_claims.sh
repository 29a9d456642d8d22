#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Several runs share a batch: nothing is done twice, one that is frozen for longer than its lease loses its claim and no result,
# one that lives keeps it, and an interrupt ends cleanly.
. "$(dirname "$0")/lib.sh"
need mkntfs jq pgrep

states() { "$HVGEN2" batch status state --json | jq -r '.vms[] | "\(.name) \(.state)"' | tr '\n' ';'; }
attempts() { jq -r .state state/attempt/* | sort | uniq -c | tr -s ' \n' ' '; }
# Its conversion stands still, while it lives itself: as a disk that does not answer.
hold() { # PID of a run
	local child process is_whole=
	while [ -z "$is_whole" ]; do
		until child=$(pgrep -P "$1") && pgrep -P "$(head -1 <<<"$child")" >/dev/null; do sleep 0.01; done
		held=$(for keeper in $child; do echo "$keeper"; pgrep -P "$keeper" || true; done)
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
again
start --jobs 1 --lease 2
hold $run
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
again
start --jobs 2 --lease 2
hold $run
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
again
start --jobs 1 --lease 1
hold $run
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
again
start --jobs 2
hold $run
kill -KILL $run
wait $run 2>/dev/null || true
SECONDS=0
expect 0 "$HVGEN2" batch run state --jobs 2
[ $SECONDS -lt 30 ] || fail "it waited for a dead one: $SECONDS s"
[ "$(states)" = "$all_done" ] || fail "$(states)"
all_equal

# One interrupt: what runs is finished.
again
start --jobs 1
hold $run
already=$(states | { grep -o done || true; } | wc -l)
kill -INT $run
sleep 0.5
kill -CONT $held
wait $run && fail "it has gone on" || [ $? -eq 1 ] || fail "exit status: $(cat run.out.txt run.err.txt)"
[ "$(states | grep -o done | wc -l)" -eq $((already + 1)) ] || fail "$(states)"
grep -q "interrupted: what runs is finished" run.err.txt || fail "$(cat run.err.txt)"
[ ! -e out/work ] || fail "the work is left"
# Two: it is ended, and nothing is left of it.
start --jobs 1
hold $run
before=$(states | sed s/running/planned/)
kill -INT $run
sleep 0.7
kill -INT $run
sleep 0.7
kill -CONT $held
wait $run && fail "it has gone on" || [ $? -eq 1 ] || fail "exit status: $(cat run.out.txt run.err.txt)"
[ "$(states | sed s/interrupted/planned/)" = "$before" ] || fail "$(states)"
grep -q interrupted <<<"$(states)" || fail "$(states)"
[ ! -e out/work ] || fail "the work is left: $(find out/work)"
[ -z "$(ls -A state/claim)" ] || fail "a claim is left"
expect 0 "$HVGEN2" batch run state
[ "$(states)" = "$all_done" ] || fail "$(states)"
all_equal

# A crash of one VM's process is a matter of this VM.
again
start --jobs 1
hold $run
kill -KILL $(tail -1 <<<"$held")
kill -CONT $(head -1 <<<"$held")
wait $run && fail "nothing failed" || [ $? -eq 1 ] || fail "exit status: $(cat run.out.txt run.err.txt)"
grep -q "^5 done, 1 failed$" run.out.txt || fail "$(cat run.out.txt)"
grep -q "failed: the process that reads it ended with signal 9" run.out.txt || fail "$(cat run.out.txt)"
expect 0 "$HVGEN2" batch run state
all_equal
exit 0
