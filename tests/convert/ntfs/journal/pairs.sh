#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A volume as it was at one shadow copy, with the journal of the next one, replays to what Windows had made of the same
# records. Replaying the result again changes nothing; neither does replaying what Windows closed. JUDGE shares no code
# with the replay. NAME.before is compared with NAME.after, or with AFTER.after.
# usage: pairs.sh NAME [AFTER]
. "$SOURCE_DIR/tests/scripts/lib.sh"

data=$SOURCE_DIR/../shared/data/ntfs-journal
before=$data/$1.before.qcow2 after=$data/${2:-$1}.after.qcow2
[ -e "$before" ] && [ -e "$after" ] || skip "no pair '$1' in $data"
need qemu-img

qemu-img convert -f qcow2 -O raw "$before" before.raw
qemu-img convert -f qcow2 -O raw "$after" after.raw
chmod a-w before.raw

# The pair is one: there is something to replay.
expect 1 "$JUDGE" after.raw before.raw
expect 0 "$REPLAY" before.raw replayed.raw
grep -q '^journal open' out.txt || fail "nothing was replayed: $(cat out.txt)"
expect 0 "$JUDGE" after.raw replayed.raw
expect 0 qemu-img compare -f raw -F qcow2 before.raw "$before"

# What is closed stays as it is: our result, and with it the tools that read it.
expect 0 "$REPLAY" replayed.raw again.raw
grep -q '^journal closed' out.txt || fail "the journal is not closed: $(cat out.txt)"
expect 0 qemu-img compare -f raw -F raw replayed.raw again.raw
expect 0 "$REPLAY" after.raw again.raw
expect 0 qemu-img compare -f raw -F raw after.raw again.raw

sound_ntfs replayed.raw
