#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# bench.sh [BUILD-FOLDER [RUNS]]: how long 'hvgen2 convert' takes, next to 'cp' of the same source in the same run, and
# how much memory. Both in turns, medians; the source is in the page cache. cp leaves its copy in the page cache; a
# conversion ends with the data on the disk (fsync), so 'cp' followed by 'sync' of the copy is measured as well.
#
# Default: build/release, 5 runs. Build with: ./bootstrap build
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(realpath "${1:-build/release}")
runs=${2:-5}
hvgen2=$build/convert/hvgen2 mkvm=$build/tests/fixtures/mkvm peak=$build/tests/scripts/peak
for program in "$hvgen2" "$mkvm" "$peak"; do
	[ -x "$program" ] || {
		echo "bench.sh: '$program' is not built" >&2
		exit 1
	}
done

mkdir -p "$build/bench"
work=$(mktemp -d "$build/bench/run.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

# Run a command with a clean slate; append its seconds to a file.
measure() { # FILE COMMAND...
	local file=$1 start
	shift
	rm -rf copy.vhdx sample-gen2.*
	sync -f .
	start=$EPOCHREALTIME
	"$@"
	awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.3f\n", b - a }' >>"$file"
}
copy_and_sync() {
	cp sample.vhdx copy.vhdx
	sync copy.vhdx
}
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# One source: times, their ratios, and memory.
bench() { # TITLE MKVM-OPTIONS...
	local title=$1 size blocks i
	shift
	rm -f ./*
	"$mkvm" "$@" sample.vhdx
	cat sample.vhdx >/dev/null
	read -r size blocks < <(stat -c '%s %b' sample.vhdx)
	printf '\n%s: %d MiB, of which %d MiB on the disk; load %s\n' "$title" \
		$((size / 1048576)) $((blocks / 2048)) "$(cut -d' ' -f1-3 /proc/loadavg)"
	for ((i = 0; i < runs; i++)); do
		measure cp.txt cp sample.vhdx copy.vhdx
		measure convert.txt "$hvgen2" convert -q sample.vhdx
		measure sync.txt copy_and_sync
	done
	rm -f copy.vhdx sample-gen2.*
	"$peak" memory.txt "$hvgen2" convert -q sample.vhdx
	printf '  %-26s %8s s     %s\n' \
		"cp" "$(median cp.txt)" "$(tr '\n' ' ' <cp.txt)" \
		"cp and sync" "$(median sync.txt)" "$(tr '\n' ' ' <sync.txt)" \
		"hvgen2 convert" "$(median convert.txt)" "$(tr '\n' ' ' <convert.txt)"
	awk -v a="$(median convert.txt)" -v b="$(median cp.txt)" -v c="$(median sync.txt)" \
		'BEGIN { printf "  %-26s %8.2f       of cp and sync: %.2f\n", "convert / cp", a / b, a / c }'
	printf '  %-26s %8d KiB\n' "peak memory" "$(cat memory.txt)"
}

bench 'the sample'
bench 'the sample with a page file of 2 GiB' --pagefile 2G
bench 'a disk of 2 TiB, nearly empty' --small --size 2T
