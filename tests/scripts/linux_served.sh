#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# GRUB reads a guest on XFS for whoever serves its converted disk, too.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_lib.sh"
. "$(dirname "$0")/nbd_lib.sh"
need grub-fstest

make_linux xfs old.vhdx
expect 0 "$HVGEN2" convert -q -o ref.raw --nvram none old.vhdx
start_serving "$plugin" old.vhdx
qemu-img compare -q -f raw -F raw ref.raw "$uri" || fail "another disk is served"
stop_serving
! pgrep -f "[n]bdkit.*$work" >/dev/null || fail "left behind: $(pgrep -af "$work")"
