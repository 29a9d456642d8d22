#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Measures 'hvgen2 batch' against the sum of single conversions and against cp of the same bytes, in one interleaved run, and
# prints medians; then planning and a differencing batch.
#
#   tests/bench/bench_batch.sh [-b BUILD] [-w FOLDER] [-n VMS] [-d DATA_GIB] [-r RUNS] [-p PLANNED] [-c CHILDREN]
#
# BUILD     a build folder with hvgen2, mkvm and bench_source (default build/release)
# FOLDER    where sources and outputs go (default /var/tmp)
# VMS       copied (default 100), DATA stored in each (default 1 GiB): their product must be free for the outputs; the sources
#           share the blocks of one, or are names of it where the file system cannot
# PLANNED   VMs of a plan (default 300), CHILDREN of a differencing batch (default 100): small ones
#
# All is timed until it is on the disk. The sources are in the page cache as far as they fit.
set -euo pipefail
build=build/release work=/var/tmp vms=100 data=1 runs=3 planned=300 children=100
while getopts b:w:n:d:r:p:c: option; do
	case $option in
	b) build=$OPTARG ;;
	w) work=$OPTARG ;;
	n) vms=$OPTARG ;;
	d) data=$OPTARG ;;
	r) runs=$OPTARG ;;
	p) planned=$OPTARG ;;
	c) children=$OPTARG ;;
	*) exit 2 ;;
	esac
done
build=$(realpath "$build")
hvgen2=$build/convert/hvgen2
work=$(mktemp -d "$work/hvgen2-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

# copies FROM FOLDER COUNT [ln]
copies() {
	local i copy
	mkdir "$2"
	for ((i = 0; i < $3; i++)); do
		copy=$2/vm$(printf %03d $i).vhdx
		cp --reflink=always "$1" "$copy" 2>/dev/null || { rm -f "$copy" && ${4:-cp --sparse=always} "$1" "$copy"; }
	done
	sync -f "$2"
}

# measure KEY COMMAND...: a line "KEY seconds peak-KiB"
measure() {
	local key=$1 start
	shift
	rm -rf out state
	mkdir out
	sync -f .
	start=$EPOCHREALTIME
	/usr/bin/time -o time.txt -f %M "$@" >log.txt 2>&1 || {
		tail -5 log.txt >&2
		exit 1
	}
	sync -f out
	awk -v k="$key" -v s="$start" -v e="$EPOCHREALTIME" -v p="$(tail -1 time.txt)" \
		'BEGIN { printf "%s %.2f %d\n", k, e - s, p }' >>results
}

copy_all() { for disk in in/*; do cp --reflink=never "$disk" out/; done; }
convert_all() { for disk in in/*; do "$hvgen2" convert -q --output-dir out "$disk"; done; }
export -f copy_all convert_all
export hvgen2

"$build/tests/fixtures/mkvm" --small --size 40G sample.vhdx
"$build/tests/bench/bench_source" sample.vhdx source.vhdx 40 "$data" 8
copies source.vhdx in "$vms" ln
# Names of one file are one disk, unless a list says otherwise.
(echo path,name && for disk in in/*; do echo "$disk,$(basename "$disk" .vhdx)"; done) >list.csv
for ((run = 1; run <= runs; run++)); do
	echo "run $run of $runs" >&2
	measure cp bash -c copy_all
	measure singles bash -c convert_all
	measure batch-1 "$hvgen2" batch run state --list list.csv --output-dir out --jobs 1
	measure batch-2 "$hvgen2" batch run state --list list.csv --output-dir out --jobs 2
done
rm -r in out source.vhdx
"$build/tests/fixtures/mkvm" --small small.vhdx
copies small.vhdx in "$planned"
for ((run = 1; run <= runs; run++)); do
	measure "plan-of-$planned" "$hvgen2" batch plan state in --output-dir out
done
rm -r in
copies small.vhdx in "$children"
(echo path,format && for disk in in/*; do echo "$disk,differencing"; done) >list.csv
for ((run = 1; run <= runs; run++)); do
	measure "differencing-of-$children" "$hvgen2" batch run state --list list.csv --output-dir out
done
sort -k1,1 -k2,2n results | awk -v vms="$vms" -v data="$data" '
{ if ($1 != key) { order[++count] = $1; key = $1; n[key] = 0 } seconds[key, ++n[key]] = $2; peak[key] = $3 > peak[key] ? $3 : peak[key] }
END {
	printf "%d VMs of %s GiB\n%-24s %10s %8s %10s\n", vms, data, "", "seconds", "to cp", "peak MiB"
	cp = seconds["cp", int((n["cp"] + 1) / 2)]
	for (i = 1; i <= count; i++) {
		key = order[i]
		median = seconds[key, int((n[key] + 1) / 2)]
		printf "%-24s %10.2f %8s %10.1f\n", key, median, key ~ /-of-/ ? "" : sprintf("%.2f", median / cp), peak[key] / 1024
	}
}'
