#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Of a log of 64 MiB only what recovery needs is kept in memory: some hundred pages, and tables.
. "$SOURCE_DIR/tests/scripts/lib.sh"
need_built "$MKJOURNAL"
need_built "$JOURNAL_SAME"

for version in 1.1 2.0; do
	"$MKJOURNAL" --size 16384 --variant wrap-many --version $version crashed expected || fail mkjournal
	expect 0 "$PEAK" peak.txt "$REPLAY" crashed replayed
	grep -q '^journal open' out.txt || fail "nothing was replayed: $(cat out.txt)"
	grep -Eq '^told [0-9]{2,} times' out.txt || fail "how far it is: $(cat out.txt)"
	echo "log $version: peak memory $(cat peak.txt) KiB"
	[ "$(cat peak.txt)" -lt 32768 ] || fail "$(cat peak.txt) KiB"
	expect 0 "$JOURNAL_SAME" expected replayed
	rm -f crashed expected replayed
done
