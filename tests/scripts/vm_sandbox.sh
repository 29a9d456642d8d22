#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A whole VM is read as one disk is: by a worker without a name of a file, while what names the outputs has none of the disks open,
# nor the configuration; what a configuration records is kept by the kernel as well within the folders that were named; and of a
# VM of which any disk changes nothing is made.
. "$(dirname "$0")/lib.sh"
need mkntfs jq strace qemu-img sfdisk

make_export x
expect 0 "$HVGEN2" convert -n --json x
[ "$(jq -r .sandbox out.txt)" = full ] || skip "this kernel or build has no sandbox"

# It stands still in the worker, at the first fsync.
hold_worker -o o.vhdx x
[ "$(awk '/^Seccomp:/ { print $2 }' "/proc/$worker/status")" = 2 ] || fail "the worker has no seccomp"
[ "$(find "/proc/$worker/fd" -type l -printf '%l\n' | grep -c '/x/Virtual Hard Disks/')" -eq 3 ] || fail "the worker has not all disks"
! find "/proc/$committer/fd" -type l -printf '%l\n' | grep '/x/' || fail "the committer has a part of the VM open"
wait $tracer || fail "$(cat err.txt)"
rm o.* o-*

# The first that is opened of the VM is opened behind Landlock.
awk -v main="$committer" '$1 != main { next } /landlock_restrict_self/ && / = 0/ { limited = 1 }
	/openat.*"x/ && !/O_PATH/ && !limited { print; bad = 1 } END { exit bad || !limited }' trace || fail "the VM is opened with all rights"

# A disk changes between its opening and the renames.
for disk in more.vhdx data.vhd; do
	strace -f -o /dev/null -e trace=umask -e inject=umask:delay_enter=3s:when=1 "$HVGEN2" convert -q -o o.vhdx x 2>err.txt &
	conversion=$!
	sleep 1.5
	touch "x/Virtual Hard Disks/$disk"
	status=0
	wait $conversion || status=$?
	[ $status -eq 1 ] || fail "exit status $status when '$disk' changes"
	grep -q "^hvgen2: 'x/Virtual Hard Disks/$disk' was changed while it was read" err.txt || fail "$(cat err.txt)"
	expect_only x x.0-1.raw x.1.raw trace
done
