#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Measures 'hvgen2 convert' against cp and qemu-img, in one interleaved run, and prints a table of medians.
#
#   tests/bench/bench_convert.sh [-c] [-b BUILD] [-w FOLDER] [-r RUNS] [-d "DATA_GIB ..."] [-s "SIZE_GIB ..."] [-f "FS ..."]
#
# -c      do not warm the memory first, see warm_memory()
# BUILD   a build folder with hvgen2, mkvm and bench_source (default build/release)
# FOLDER  where sources and outputs go; about 5 times the largest DATA must be free there (default /var/tmp)
# RUNS    of everything, of which the median counts (default 5)
# DATA    of the sources, GiB (default "1 4 16"); SIZE of their disks, GiB (default "40"; 64512 is 63 TiB)
# FS      plain (FOLDER itself); as root also xfs, btrfs: on loop devices; memory: ext4 on zram, with data that take no room
#         there, which is as fast as a good NVMe disk (default "plain")
#
# Every command is timed until its output is on the disk: hvgen2 syncs before it names its output, so the others are followed
# by 'sync OUTPUT'; what cp takes until it returns is shown as well. The source is in the page cache. Blocks are those that the
# file system lost. BUILD needs: cmake --build BUILD --target bench_source
set -euo pipefail
build=build/release work=/var/tmp runs=5 data_list="1 4 16" size_list=40 fs_list=plain
memory=/dev/shm/hvgen2-bench-$$
while getopts cb:w:r:d:s:f: option; do
	case $option in
	c) memory= ;;
	b) build=$OPTARG ;;
	w) work=$OPTARG ;;
	r) runs=$OPTARG ;;
	d) data_list=$OPTARG ;;
	s) size_list=$OPTARG ;;
	f) fs_list=$OPTARG ;;
	*) exit 2 ;;
	esac
done
build=$(realpath "$build")
work=$(mktemp -d "$work/hvgen2-bench-XXXXXX")
results=$work/results
mounted= device=

clean_up() {
	cd /
	[ -z "$mounted" ] || umount "$mounted"
	[ -z "$device" ] || zramctl --reset "$device"
	rm -rf "$work" "$memory"
}
trap clean_up EXIT

free_kib() {
	sync -f .
	stat -f -c '%f %S' . | awk '{ print int($1 * $2 / 1024) }'
}

# A virtual machine's memory that was free for long has to be provided by its host again, which takes several times as long as
# writing to it. Use it once, so that every command finds the same.
warm_memory() {
	local need free
	need=$(($(stat -c %s source.vhdx) / 1024 + 512 * 1024))
	free=$(awk '/^MemFree:/ { print int($2 * 0.9) }' /proc/meminfo)
	head -c "$((need < free ? need : free))K" /dev/zero >"$memory"
	rm -f "$memory"
}

# measure KEY OUTPUT COMMAND...: a line "KEY seconds-until-return seconds-until-synced peak-KiB new-KiB"
measure() {
	local key=$1 output=$2 before start middle end
	shift 2
	rm -f "$output" output.vmgs output.report.json
	[ -z "$memory" ] || warm_memory
	cat source.vhdx >/dev/null
	before=$(free_kib)
	start=$EPOCHREALTIME
	/usr/bin/time -o time.txt -f %M "$@" >/dev/null 2>log.txt || {
		cat log.txt >&2
		exit 1
	}
	middle=$EPOCHREALTIME
	sync "$output"
	end=$EPOCHREALTIME
	awk -v k="$key" -v s="$start" -v m="$middle" -v e="$end" -v p="$(cat time.txt)" -v b="$before" -v a="$(free_kib)" \
		'BEGIN { printf "%s %.3f %.3f %d %d\n", k, m - s, e - s, p, b - a }' >>"$results"
	rm -f "$output" output.vmgs output.report.json
}

run_all() {
	local prefix="$fs $data $size"
	measure "$prefix cp" output.vhdx cp --reflink=never source.vhdx output.vhdx
	measure "$prefix hvgen2" output.vhdx "$build/convert/hvgen2" convert -q -o output.vhdx source.vhdx
	measure "$prefix differencing" output.vhdx "$build/convert/hvgen2" convert -q --format differencing -o output.vhdx source.vhdx
	case $fs in
	xfs | btrfs) measure "$prefix cp--reflink" output.vhdx cp --reflink=always source.vhdx output.vhdx ;;
	esac
	# qemu-img reads every byte of the virtual disk, stored or not.
	[ "$size" -gt 1024 ] || measure "$prefix qemu-img" output.vhdx qemu-img convert -f vhdx -O vhdx source.vhdx output.vhdx
}

enter() {
	mounted= device= period=8
	case $1 in
	plain) mkdir -p "$work/plain" ;;
	memory)
		period=4096
		device=$(zramctl --find --size 100G)
		mkfs.ext4 -q "$device"
		mkdir -p "$work/memory"
		mount "$device" "$work/memory"
		mounted=$work/memory
		;;
	xfs | btrfs)
		rm -f "$work/fs.img"
		truncate -s 100G "$work/fs.img"
		"mkfs.$1" -q "$work/fs.img" >/dev/null
		mkdir -p "$work/$1"
		mount -o loop "$work/fs.img" "$work/$1"
		mounted=$work/$1
		;;
	esac
	cd "$work/$1"
}

leave() {
	cd "$work"
	[ -z "$mounted" ] || umount "$mounted"
	[ -z "$device" ] || zramctl --reset "$device"
	mounted= device=
	rm -rf "$work/plain" "$work/fs.img"
}

"$build/tests/fixtures/mkvm" --small --size 40G "$work/sample.vhdx"
for fs in $fs_list; do
	enter "$fs"
	for data in $data_list; do
		for size in $size_list; do
			"$build/tests/bench/bench_source" "$work/sample.vhdx" source.vhdx "$size" "$data" "$period"
			sync source.vhdx
			for run in $(seq "$runs"); do
				echo "$fs, $data GiB of $size: run $run of $runs" >&2
				run_all
			done
			rm -f source.vhdx
		done
	done
	leave
done

awk '
function median(list, n, values, i, j, t) {
	n = split(list, values, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && values[j - 1] + 0 > values[j] + 0; j--) {
			t = values[j]; values[j] = values[j - 1]; values[j - 1] = t
		}
	return values[int((n + 1) / 2)]
}
{
	key = $1 " " $2 " " $3 " " $4
	if (!(key in returned)) order[++count] = key
	returned[key] = returned[key] " " $5; synced[key] = synced[key] " " $6
	peak[key] = peak[key] " " $7; blocks[key] = blocks[key] " " $8
}
END {
	format = "%-6s %5s %7s  %-13s %9s %9s %7s %9s %10s\n"
	printf format, "fs", "data", "size", "command", "returns", "synced", "to cp", "peak MiB", "new MiB"
	for (i = 1; i <= count; i++) {
		split(order[i], part, " ")
		key = order[i]
		cp = part[1] " " part[2] " " part[3] " cp"
		printf format, part[1], part[2], part[3], part[4], sprintf("%.2f s", median(returned[key])), \
			sprintf("%.2f s", median(synced[key])), sprintf("%.2f", median(synced[key]) / median(synced[cp])), \
			sprintf("%.1f", median(peak[key]) / 1024), sprintf("%.1f", median(blocks[key]) / 1024)
	}
}' "$results"
