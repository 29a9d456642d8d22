#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Memory does not grow with the disk: a disk of 2 TiB is converted within 128 MiB, and in not much more than a small one.
. "$(dirname "$0")/lib.sh"
need qemu-img mkntfs

"$MKVM" --small small.vhdx
expect 0 "$PEAK" small.txt "$HVGEN2" convert small.vhdx
"$MKVM" --small --size 2T big.vhdx
expect 0 "$PEAK" big.txt "$HVGEN2" convert big.vhdx
small=$(cat small.txt) big=$(cat big.txt)
echo "peak memory: 2 GiB disk $small KiB, 2 TiB disk $big KiB"
[ "$big" -lt 131072 ] || fail "$big KiB for a disk of 2 TiB"
[ "$big" -lt $((small + 65536)) ] || fail "memory grows with the disk"
