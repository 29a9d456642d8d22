#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Measures what 'nbdkit hvgen2' serves against nbdkit's own file plugin with the same bytes, which 'hvgen2 convert' wrote.
#
#   tests/bench/bench_nbd.sh [-b BUILD] [-w FOLDER] [-r RUNS] [-d DATA_GIB]
#
# BUILD is a build folder with hvgen2, mkvm and the plugin (default build/release), FOLDER where disks go (default /var/tmp; three
# times DATA), RUNS of each of which the median counts, interleaved (default 7), DATA what the guest has stored (default 4).
# The clients are nbdcopy into null: with the holes asked for, and one connection that reads all; everything is in the page cache.
set -euo pipefail
build=build/release work=/var/tmp runs=7 data=4
while getopts b:w:r:d: option; do
	case $option in
	b) build=$OPTARG ;;
	w) work=$OPTARG ;;
	r) runs=$OPTARG ;;
	d) data=$OPTARG ;;
	*) exit 2 ;;
	esac
done
build=$(realpath "$build")
plugin=$build/convert/nbd/nbdkit-hvgen2-plugin.so
work=$(mktemp -d "$work/hvgen2-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

"$build"/tests/fixtures/mkvm --small --size $((data + 2))G --pagefile "${data}G" vm.vhdx
"$build"/convert/hvgen2 convert -q -o new.raw --nvram none vm.vhdx

seconds() { # COMMAND, the server's arguments before it
	local start
	start=$EPOCHREALTIME
	nbdkit -U - "${@:2}" --run "$1" >/dev/null
	awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }'
}
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# shellcheck disable=SC2016
{
	copy='nbdcopy $uri null:'
	single='nbdcopy --connections=1 --requests=1 --no-extents $uri null:'
}
echo "client          file plugin   hvgen2        ratio of throughput   ready after"
for client in copy single; do
	for _ in $(seq "$runs"); do
		seconds "${!client}" file new.raw >>"$client.file"
		seconds "${!client}" "$plugin" vm.vhdx >>"$client.hvgen2"
		seconds true "$plugin" vm.vhdx >>"$client.ready"
		seconds true file new.raw >>"$client.start"
	done
	awk -v client="$client" -v file="$(median "$client.file")" -v ours="$(median "$client.hvgen2")" \
		-v ready="$(median "$client.ready")" -v start="$(median "$client.start")" 'BEGIN {
		printf "%-15s %-13s %-13s %-21.2f %.2f s\n", client, file " s", ours " s", (file - start) / (ours - ready), ready }'
done
