#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The writer of made journals: what it says must come out of a replay is sound in the eyes of ntfs-3g's tools, what it
# crashes is not yet that, and the same options make the same bytes. Whether a replay of the log leads there, ntfs3_judge.sh
# asks.
. "$SOURCE_DIR/tests/scripts/lib.sh"
need ntfsresize ntfsls
need_built "$MKJOURNAL"

make() { # OPTIONS
	# shellcheck disable=SC2086 # several words
	"$MKJOURNAL" $1 crashed expected || fail "mkjournal $1"
	expect_only crashed expected again.crashed honest lines.txt
}

check() { # OPTIONS
	make "$1"
	# It counts every cluster of every file, and compares with $Bitmap.
	expect 0 ntfsresize --info --force --no-progress-bar expected
	grep -q 'Cluster accounting failed\|inconsistent\|ERROR' out.txt err.txt && fail "ntfsresize: $1"
	expect 0 ntfsls --force --recursive --path / expected
	# Only in 'flushed' is all on the disk already.
	case $1 in
	*flushed) expect 0 "$JOURNAL_SAME" --lsn expected crashed ;;
	*) expect 1 "$JOURNAL_SAME" expected crashed ;;
	esac
}

list_all() {
	"$MKJOURNAL" --list | awk '$1 == "variant" { print "--variant " $2 }'
	printf -- '--variant many --%s\n' "cluster 512" "cluster 65536" "record 4096"
}

check_hostile() { # NAME
	if [ ! -e honest ]; then
		make "--variant open-interleaved --newest place"
		mv crashed honest
		rm expected
	fi
	make "--hostile $1"
	[ ! -e expected ] || fail "a hostile log has a volume that is expected"
	! cmp -s crashed honest || fail "nothing is wrong with the log '$1'"
}

list_all | in_two check
make "--variant open-interleaved --newest place"
mv crashed again.crashed
make "--variant open-interleaved --newest place"
cmp crashed again.crashed || fail "the same options made other bytes"
"$MKJOURNAL" --list | awk '$1 == "hostile" { print $2 }' | in_two check_hostile
