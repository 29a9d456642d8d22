#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What cannot be printed is no success, be it shorter or longer than the buffer of standard output.
. "$(dirname "$0")/lib.sh"
need mkntfs

full() { # ARGS...
	local status=0
	"$HVGEN2" "$@" >/dev/full 2>err.txt || status=$?
	[ "$status" -eq 1 ] || fail "hvgen2 $* on a full device: exit status $status"
	grep -q '^hvgen2: .' err.txt || fail "hvgen2 $* on a full device says nothing"
}

"$MKVM" --small --block-size 1M vm.vhdx
expect 0 "$HVGEN2" convert --quiet vm.vhdx
full inspect vm.vhdx
full inspect --json vm.vhdx
full convert --dry-run --force vm.vhdx
full convert --dry-run --force --json vm.vhdx
full nvram list vm-gen2.vmgs
full nvram list --json vm-gen2.vmgs
full help
full --help
full --version
for verb in inspect convert batch verify nvram bcd; do
	full help $verb
	full $verb --help
done

# A reader that is gone before the report comes: the outputs are made, and that is said.
exec 3> >(true)
wait $!
status=0
"$HVGEN2" convert --json --force vm.vhdx >&3 2>err.txt || status=$?
[ "$status" -eq 1 ] || fail "exit status $status without a reader"
grep -q '^hvgen2: the outputs were made, but the report .*: Broken pipe$' err.txt || fail "$(cat err.txt)"
expect 0 "$HVGEN2" verify --no-guestfs vm-gen2.vhdx
