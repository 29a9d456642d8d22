#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Made journals, of which real ones at hand have no example: open transactions, compensation, pages stolen, freed blocks,
# wraps, other cluster and record sizes. Each replays to what its writer says; a second replay finds nothing to do; each
# spoiled one is refused, or, where another copy of the page still stands in the log, replayed all the same.
. "$SOURCE_DIR/tests/scripts/lib.sh"
need_built "$MKJOURNAL"
need_built "$JOURNAL_SAME"

list_all() {
	local variant
	for variant in $("$MKJOURNAL" --list | awk '$1 == "variant" { print $2 }'); do
		echo "--variant $variant --version 2.0 --client 1"
		echo "--variant $variant --version 1.1 --client 0"
	done
	for variant in create many open-some; do
		echo "--variant $variant --newest place"
		echo "--variant $variant --newest both --version 1.1"
		echo "--variant $variant --cluster 512"
		echo "--variant $variant --cluster 65536"
		echo "--variant $variant --record 4096"
	done
}

[ -n "$("$MKJOURNAL" --list | awk '$1 == "variant"')" ] || fail 'mkjournal lists no variants'
check_made() { # OPTIONS
	# shellcheck disable=SC2086 # several words
	"$MKJOURNAL" $1 crashed expected || fail "mkjournal $1"
	expect 0 "$REPLAY" crashed replayed
	expect 0 "$JOURNAL_SAME" expected replayed
	sound_ntfs replayed
	expect 0 "$REPLAY" replayed again
	expect 0 cmp replayed again
}

check_hostile() { # NAME
	local status=0
	[ -e expected ] || "$MKJOURNAL" --variant open-interleaved --newest place crashed expected
	"$MKJOURNAL" --hostile "$1" crashed none || fail "mkjournal --hostile $1"
	timeout 2 "$REPLAY" crashed replayed >out.txt 2>err.txt || status=$?
	case $status in
	0) expect 0 "$JOURNAL_SAME" expected replayed ;;
	3) grep -q '^journal_replay: refused: ' err.txt || fail "$1: $(cat err.txt)" ;;
	*) fail "$1: exit status $status: $(cat err.txt)" ;;
	esac
}

list_all | in_two check_made
"$MKJOURNAL" --list | awk '$1 == "hostile" { print $2 }' | in_two check_hostile
