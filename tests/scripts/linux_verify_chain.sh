#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Of a good result of a Linux guest 'verify' says no more of what stands beside Linux than that nothing is edited there.
. "$(dirname "$0")/lib.sh"
. "$SOURCE_DIR/tests/scripts/linux_verify_lib.sh"
need mkntfs

convert plain

# --- nothing beside Linux is edited ---

truncate -s +20M old.raw
printf 'start=%s,size=32768,type=7\n' 655360 | sfdisk -q --append old.raw
truncate -s 16M ntfs
mkntfs -q -F -H 255 -S 63 -p 655360 ntfs >mkntfs.txt 2>&1
dd if=ntfs of=old.raw bs=1M seek=320 conv=notrunc,sparse status=none
expect 0 "$HVGEN2" convert -q -f -o good.raw --nvram none old.raw
verified 0
says "ok    ntfs-3: mounts, label ''; 655360 hidden sectors, not [0-9]*, as nothing beside Linux is edited"
echo "NTFS beside Linux"
