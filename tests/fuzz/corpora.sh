#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Each fuzz target has a corpus that is replayed with the tests, and each corpus a target.
set -euo pipefail
fuzz=$SOURCE_DIR/tests/fuzz
ctest --test-dir "$BUILD_DIR" --show-only=json-v1 | jq -r '.tests[] | select(.command) | "\(.name) \(.command[1:] | join(" "))"' \
	>"$BUILD_DIR/corpora-tests.txt"

wrong=0 targets=0
complain() {
	echo "$*" >&2
	wrong=$((wrong + 1))
}

for source in $(grep -l 'LLVMFuzzerTestOneInput(const' "$fuzz"/*.c); do
	name=$(basename "$source" .c)
	corpus=$fuzz/corpus/${name#fuzz_}
	targets=$((targets + 1))
	[ -n "$(ls "$corpus" 2>/dev/null)" ] || complain "$name: no input in $corpus"
	grep -qx "$name $corpus" "$BUILD_DIR/corpora-tests.txt" || complain "$name: no test replays $corpus"
done
for corpus in "$fuzz"/corpus/*; do
	[ -e "$fuzz/fuzz_$(basename "$corpus").c" ] || complain "$corpus: there is no such target"
done
[ "$targets" -gt 20 ] || complain "only $targets targets found"
echo "$targets targets, $wrong without"
[ "$wrong" -eq 0 ]
