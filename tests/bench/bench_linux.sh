#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the conversion of a Linux guest to a differencing disk takes, for ext4 (read in process) and for what GRUB reads (XFS, Btrfs, XFS
# on a logical volume): medians and minima by the clock, medians of processor time with all children. At most 0.5 s are allowed.
#
#   bench_linux.sh [BUILD] [ROUNDS] [SHAPE...]      default: build/release 20 plain xfs btrfs lvm-xfs
#
# The kernel of the guests comes from './bootstrap linux'.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "${1:-build/release}") rounds=${2:-20}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- plain xfs btrfs lvm-xfs
export LINUX_FOLDER=${LINUX_FOLDER:-$here/../../build/linux} DM_LINEAR=${DM_LINEAR:-$build/tests/boot/dm_linear} MD_RUN=${MD_RUN:-$build/tests/boot/md_run}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

nth() { sort -n "$1" | awk -v part="$2" '{ v[NR] = $1 } END { print v[int((NR - 1) * part) + 1] }'; }

for shape; do
	TMPDIR=$folder "$here/../fixtures/linux/mklinux.sh" "$shape" disk.vhdx >make.txt 2>&1 || {
		cat make.txt >&2
		exit 1
	}
	rm -f clock processor
	for ((i = 0; i < rounds; i++)); do
		# perf counts what children of children take too; the clock is its own.
		perf stat -x ';' -e task-clock,duration_time -o stat.txt "$build/convert/hvgen2" convert -q -f --nvram none \
			--format differencing -o new.vhdx disk.vhdx
		awk -F ';' '$3 ~ /^task-clock/ { print $1 }' stat.txt >>processor
		awk -F ';' '$3 ~ /^duration_time/ { print $1 / 1e6 }' stat.txt >>clock
	done
	awk -v shape="$shape" -v least="$(nth clock 0)" -v clock="$(nth clock 0.5)" -v processor="$(nth processor 0.5)" \
		'BEGIN { printf "%-10s %6.0f ms (least %.0f ms), %6.0f ms of processor\n", shape, clock, least, processor }'
	rm -f new.*
done
