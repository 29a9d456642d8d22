#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Committer and worker: what reads the source is locked in and has no name of a file, what names the outputs has no source
# open; a worker that is killed leaves nothing; what the kernel lacks is said, or refused when it is required.
. "$(dirname "$0")/lib.sh"
need mkntfs jq strace

"$MKVM" --small vm.vhdx
expect 0 "$HVGEN2" inspect --json vm.vhdx
[ "$(jq -r .sandbox out.txt)" = full ] || {
	"$HVGEN2" inspect --sandbox require vm.vhdx >out.txt 2>err.txt || true
	grep -q AddressSanitizer err.txt && skip "built with AddressSanitizer"
	skip "this kernel has no sandbox: $(cat err.txt)"
}

hold() { hold_worker -o o.vhdx vm.vhdx; }

hold
[ "$(awk '/^Seccomp:/ { print $2 }' "/proc/$worker/status")" = 2 ] || fail "the worker has no seccomp"
[ "$(awk '/^NoNewPrivs:/ { print $2 }' "/proc/$worker/status")" = 1 ] || fail "the worker may get new rights"
[ "$(awk '/^Seccomp:/ { print $2 }' "/proc/$committer/status")" = 0 ] || fail "this is not the committer"
[[ $(find "/proc/$worker/fd" -type l -printf "%l ") == *"/vm.vhdx "* ]] || fail "the worker does not read the source"
find "/proc/$committer/fd" -type l -printf '%l\n' | grep -q '/vm.vhdx$' && fail "the committer has the source open"
grep -q 'Max processes *0 ' "/proc/$worker/limits" || fail "the worker may start processes"
kill -KILL "$worker"
status=0
wait "$tracer" || status=$?
[ "$status" -eq 1 ] || fail "exit status $status after the end of the worker"
grep -q 'ended by signal 9; no output was made' err.txt || fail "$(cat err.txt)"
expect_only vm.vhdx trace

# The committer ends by a signal, and the worker with it.
hold
kill -TERM "$committer"
status=0
wait "$tracer" || status=$?
[ "$status" -eq 1 ] || fail "exit status $status after SIGTERM"
[ ! -d "/proc/$worker" ] || [ "$(awk '/^State:/ { print $2 }' "/proc/$worker/status")" = Z ] || fail "the worker lives on"
expect_only vm.vhdx trace

# A signal that whoever started it wants ignored (nohup) is ignored.
trap '' HUP
hold
trap - HUP
kill -HUP "$committer" "$worker"
wait "$tracer" || fail "nohup: exit status $?, $(cat err.txt)"
[ -s o.vhdx ] || fail "nohup: no disk"
rm o.*

# What is lacking. REQUIRED NAMES PARTLY INJECTION
lacking() {
	expect 0 strace -f -o trace -e inject="$3" "$HVGEN2" convert -f -q --json -o o.vhdx vm.vhdx
	[ "$(jq -r .sandbox out.txt)" = "$2" ] || fail "the report says '$(jq -r .sandbox out.txt)', not $2"
	cmp <(jq 'del(.seconds, .space, .source.allocated)' out.txt) <(jq . o.report.json) || fail "the report differs from what is printed"
	rm o.*
	expect 1 strace -f -o trace -e inject="$3" "$HVGEN2" convert -q --sandbox require -o o.vhdx vm.vhdx
	grep -q "$1" err.txt || fail "$(cat err.txt)"
	expect_only vm.vhdx trace
	expect 1 strace -f -o trace -e inject="$3" "$HVGEN2" inspect --sandbox require vm.vhdx
	grep -q "$1" err.txt || fail "$(cat err.txt)"
}
lacking 'no Landlock$' partial landlock_create_ruleset:error=ENOSYS
lacking 'no Landlock and no seccomp$' none prctl:error=EINVAL

# The words of the option; the same disk with and without.
expect 2 "$HVGEN2" convert --sandbox on vm.vhdx
expect 2 "$HVGEN2" inspect --sandbox '' vm.vhdx
expect 0 "$HVGEN2" convert -q --sandbox off -o off.vhdx vm.vhdx
[ "$(jq -r .sandbox off.report.json)" = none ] || fail "off is not none"
expect 0 "$HVGEN2" convert -q --sandbox require -o on.vhdx vm.vhdx
[ "$(jq -r .sandbox on.report.json)" = full ] || fail "require is not full"
cmp off.vhdx on.vhdx
cmp off.vmgs on.vmgs
