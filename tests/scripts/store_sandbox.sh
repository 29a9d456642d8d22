#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Stores that strangers wrote: 'bcd' and the reading actions of 'nvram' open nothing any more once they look into one, and
# the writing ones open and make files where the command line says alone.
. "$(dirname "$0")/lib.sh"
need mkntfs jq strace mtype

"$MKVM" --small vm.vhdx
expect 0 "$HVGEN2" convert --json -o o.vhdx vm.vhdx
[ "$(jq -r .sandbox out.txt)" = full ] || skip "there is no sandbox here"
to_raw o.vhdx o.raw
mtype -i o.raw@@1M ::/EFI/Microsoft/Boot/BCD >bcd.hive
rm o.raw

# The whole way into the sandbox, and no file opened after it.
locked() { # ARGUMENT...
	expect 0 strace -o trace -e trace=openat,prctl,landlock_restrict_self "$HVGEN2" "$@"
	awk '/PR_SET_SECCOMP/ { locked = 1 } /openat/ && locked && !/"\/proc\/self\/fd\/|EACCES/ { bad = 1 } END { exit bad || !locked }' trace ||
		fail "not locked in: $* $(cat trace)"
	grep -q landlock_restrict_self trace || fail "paths lead somewhere: $*"
}
locked bcd list bcd.hive
locked bcd list --json bcd.hive
locked bcd check bcd.hive
locked bcd diff bcd.hive bcd.hive
locked nvram list o.vmgs
locked nvram show --all o.vmgs
locked nvram export o.vmgs

# The store is opened after paths are limited; a link, other folders and a second store are where they were named.
limited() { # ARGUMENT...
	expect 0 strace -o trace -e trace=openat,landlock_restrict_self "$HVGEN2" "$@"
	awk '/landlock_restrict_self.* = 0/ { limited = 1 } /openat.*vmgs", O_RDONLY\|O_NONBLOCK/ && !limited { bad = 1 } END { exit bad || !limited }' trace ||
		fail "not limited: $* $(cat trace)"
}
mkdir sub out
cp o.vmgs sub/real.vmgs
ln -s sub/real.vmgs link.vmgs
limited nvram export -o out/export.json link.vmgs
limited nvram remove 0000 link.vmgs
[ -L link.vmgs ] || fail "the link was replaced"
limited nvram import out/export.json link.vmgs
limited nvram add-file --disk o.vhdx --replace link.vmgs
limited nvram list link.vmgs
expect 0 "$HVGEN2" nvram list sub/real.vmgs
grep -q 'Windows Boot Manager' out.txt || fail "$(cat out.txt)"
