#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# reuse.sh: the old system partition becomes the ESP only when every file in it is Windows' own, and then each of them is
# listed. A file of a user, wherever it stands and however it is called, keeps the partition.
. "$(dirname "$0")/lib.sh"
need jq qemu-img mkntfs sgdisk sfdisk fsck.fat mcopy ntfsfix
need_built "$TREE_HASH"

# The files of the old system partition, as foreign eyes see them.
system_files() { # IMAGE
	"$TREE_HASH" "$1" 1048576 | awk -F'\t' '$1 == "file" { print $6 }' | tr / '\\' | sort
}

# Refused by name, and not chosen by itself.
expect_spared() { # NAME MKVM-OPTION...
	local name=$1
	shift
	"$MKVM" --small --block-size 1M "$@" vm.vhdx
	expect 3 "$HVGEN2" convert --layout reuse vm.vhdx
	grep -q '^hvgen2: refused \[layout-impossible\]: .*; use --layout front or end$' err.txt || fail "no refusal with a way out"
	grep -qF "$name" err.txt || fail "$name is not named: $(cat err.txt)"
	expect_only vm.vhdx
	expect 0 "$HVGEN2" convert --format differencing vm.vhdx
	jq -e '.after.layout == "end"' vm-gen2.report.json >/dev/null || fail "$name: layout reuse by itself"
	jq -e '[.dropped[] | select(contains("becomes the ESP"))] == []' vm-gen2.report.json >/dev/null ||
		fail "$name: something was dropped"
	rm vm-gen2.* vm.vhdx
}

expect_spared '\$Save\a.txt' --system-file '/$Save/a.txt'
expect_spared '\$Save' --system-file '/$Save'
expect_spared '\$Extend\my documents\secret.txt' --system-file '/$Extend/my documents/secret.txt'
expect_spared '\$Extend\$Mine' --system-file '/$Extend/$Mine'
expect_spared '\Boot\en-US\mine\b.txt' --system-file /Boot/en-US/mine/b.txt
expect_spared '\Boot\Fonts\letter.doc' --system-file /Boot/Fonts/letter.doc
expect_spared '\bootmgr (with a named stream' --system-file /bootmgr:secret
expect_spared '\$RECYCLE.BIN\S-1-5-21-1-2-3-500\$RABCDEF.doc' \
	--system-file '/$RECYCLE.BIN/S-1-5-21-1-2-3-500/$RABCDEF.doc'
expect_spared 'the recovery environment' --winre system

# What Windows puts there goes, all of it listed.
"$MKVM" --small --system-file '/$WINRE_BACKUP_PARTITION.MARKER' --system-file /BOOTSECT.BAK \
	--system-file '/System Volume Information/tracking.log' --system-file /Boot/BOOTSTAT.DAT \
	--system-file '/$RECYCLE.BIN/S-1-5-21-1-2-3-500/desktop.ini' vm.vhdx
expect 0 "$HVGEN2" convert --layout reuse vm.vhdx
check_result vm-gen2.vhdx
system_files vm.vhdx >there.txt
[ "$(wc -l <there.txt)" -ge 11 ] || fail "too few files: $(cat there.txt)"
jq -r '.dropped[] | select(startswith("partition 1: ")) | sub("partition 1: "; "")' vm-gen2.report.json | sort >listed.txt
diff there.txt listed.txt || fail "what goes (<) is not what is listed (>)"
grep -F 'partition 1: \System Volume Information\tracking.log' out.txt || fail "the page does not list what goes"
expect 0 "$HVGEN2" verify --no-guestfs vm-gen2.vhdx
tail -1 out.txt
