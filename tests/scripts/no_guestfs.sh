#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# libguestfs and what it brings are no part of the program: it is loaded when 'verify' asks for it, and where it is not to be
# had, that check is skipped with the reason, and the others judge.
. "$(dirname "$0")/lib.sh"
need mkntfs jq ldd

! ldd "$HVGEN2" >libraries.txt || ! grep -E 'libguestfs|libvirt' libraries.txt || fail "every start links with libguestfs"

"$MKVM" --small vm.vhdx
expect 0 "$HVGEN2" convert vm.vhdx
mkdir libraries
echo "no library" >libraries/libguestfs.so.0
LD_LIBRARY_PATH=$PWD/libraries expect 0 "$HVGEN2" verify --json vm-gen2.vhdx
jq -e '[.checks[] | select(.name | startswith("guestfs"))] | length == 1 and .[0].status == "skipped" and
	(.[0].detail | contains("libguestfs.so.0"))' out.txt >/dev/null || fail "$(grep guestfs out.txt)"
