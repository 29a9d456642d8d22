#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# 'verify' in two processes: the one that reads the disk is locked in and starts nothing, the one that starts other
# people's programs has the disk not open; what the kernel lacks is said, or refused when it is required.
. "$(dirname "$0")/lib.sh"
need mkntfs jq strace qemu-img fsck.fat mtype

"$MKVM" --small vm.vhdx
expect 0 "$HVGEN2" convert -q -o o.vhdx vm.vhdx
verify() { "$HVGEN2" verify --no-guestfs "$@"; }
expect 0 verify --json o.vhdx
[ "$(jq -r .sandbox out.txt)" = full ] || {
	verify --sandbox require o.vhdx >out.txt 2>err.txt || true
	grep -q AddressSanitizer err.txt && skip "built with AddressSanitizer"
	skip "this kernel has no sandbox: $(cat err.txt)"
}

# Both processes while the reader stands still: it makes the copy of the ESP.
strace -f -o trace -e trace=ftruncate,landlock_restrict_self,execve -e inject=ftruncate:delay_enter=3s:when=1 \
	"$HVGEN2" verify --no-guestfs o.vhdx >out.txt 2>err.txt &
tracer=$!
for _ in $(seq 300); do
	reader=$(awk '/ftruncate/ { print $1; exit }' trace 2>/dev/null || true)
	[ -z "$reader" ] || break
	sleep 0.1
done
[ -n "$reader" ] || fail "no reader"
other=$(awk '/^PPid:/ { print $2 }' "/proc/$reader/status")
[ "$(awk '/^Seccomp:/ { print $2 }' "/proc/$reader/status")" = 2 ] || fail "the reader has no seccomp"
[ "$(awk '/^NoNewPrivs:/ { print $2 }' "/proc/$reader/status")" = 1 ] || fail "the reader may get new rights"
grep -q 'Max processes *0 ' "/proc/$reader/limits" || fail "the reader may start processes"
[ "$(grep -c "^$reader *landlock_restrict_self" trace)" -eq 2 ] || fail "not locked in before the disk is opened and after"
[[ $(find "/proc/$reader/fd" -type l -printf "%l ") == *"/o.vhdx "* ]] || fail "the reader does not read the disk"
find "/proc/$other/fd" -type l -printf '%l\n' | grep -q '/o.vhdx$' && fail "who starts programs has the disk open"
grep "^$reader *execve" trace && fail "the reader has started a program"
kill -KILL "$reader"
status=0
wait "$tracer" || status=$?
[ "$status" -eq 1 ] || fail "exit status $status after the end of the reader"
grep -q 'ended by signal 9' err.txt || fail "$(cat err.txt)"
expect_only vm.vhdx trace o.vhdx o.vmgs o.report.json

# What is lacking. REQUIRED NAMES PARTLY INJECTION
lacking() {
	expect 0 strace -f -o trace -e inject="$3" "$HVGEN2" verify --no-guestfs --json o.vhdx
	[ "$(jq -r .sandbox out.txt)" = "$2" ] || fail "'$(jq -r .sandbox out.txt)', not $2"
	expect 1 strace -f -o trace -e inject="$3" "$HVGEN2" verify --no-guestfs --sandbox require o.vhdx
	grep -q "$1" err.txt || fail "$(cat err.txt)"
	[ ! -s out.txt ] || fail "checks without a sandbox: $(cat out.txt)"
}
lacking 'no Landlock$' partial landlock_create_ruleset:error=ENOSYS

# The words of the option; the same lines with and without.
expect 2 verify --sandbox on o.vhdx
expect 0 verify --sandbox off --json o.vhdx
[ "$(jq -r .sandbox out.txt)" = none ] || fail "off is not none"
sed 's/([0-9.]* s)//' <(verify --sandbox off o.vhdx) >off.txt
sed 's/([0-9.]* s)//' <(verify --sandbox require o.vhdx) >on.txt
cmp off.txt on.txt || fail "the sandbox changes what is seen"

# A chain: the parent in another folder, and one whose name differs in case.
mkdir parents
mv vm.vhdx parents
expect 0 "$HVGEN2" convert -q --format differencing -o c.vhdx parents/vm.vhdx
expect 0 verify --sandbox require --parent-dir parents c.vhdx
expect 0 verify --sandbox require --parent parents/vm.vhdx c.vhdx
mv parents/vm.vhdx VM.vhdx
expect 0 verify --sandbox require c.vhdx
ln -s c.vhdx link.vhdx
(cd / && expect 0 verify --sandbox require --report "$work/c.report.json" --nvram "$work/c.vmgs" "$work/link.vhdx") \
	|| fail "not by a link"

# What is opened in the place of a closed standard stream is not taken for it.
"$HVGEN2" verify --no-guestfs o.vhdx <&- >out.txt || fail "without a standard input: $(cat out.txt)"
mv VM.vhdx vm.vhdx
rm o.*
expect 0 "$HVGEN2" convert -q -o on.vhdx vm.vhdx
status=0
"$HVGEN2" convert -o o.vhdx vm.vhdx >&- 2>err.txt || status=$?
[ "$status" -eq 1 ] || fail "exit status $status without a standard output"
cmp o.vhdx on.vhdx || fail "the page is in the disk"

# Whoever ignores the ends of children hands that down; a program's verdict is seen all the same.
env --ignore-signal=CHLD true 2>/dev/null || skip "env cannot ignore signals"
expect 0 env --ignore-signal=CHLD "$HVGEN2" verify --no-guestfs on.vhdx
expect 3 env --ignore-signal=CHLD "$HVGEN2" convert on.vhdx
