#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What the sandbox costs: bench_sandbox.sh HVGEN2 DISK [ROUNDS]. Medians of as many runs of the verbs with it and without
# it, in turn. At most 3 ms are allowed.
set -euo pipefail
hvgen2=$1 disk=$2 rounds=${3:-30}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }

"$hvgen2" convert -q -o result.vhdx "$disk"
for verb in "inspect" "convert -n" "convert -q -f --format differencing -o out.vhdx" "verify --no-guestfs"; do
	[ "$verb" != "verify --no-guestfs" ] || disk=result.vhdx
	for ((i = 0; i < rounds; i++)); do
		((i % 2)) && order="off require" || order="require off" # whoever comes second in a pair is slower
		for wish in $order; do
			start=$(date +%s%N)
			# shellcheck disable=SC2086 # words
			"$hvgen2" $verb --sandbox $wish "$disk" >/dev/null
			echo $((($(date +%s%N) - start) / 1000)) >>"$wish"
		done
	done
	awk -v verb="${verb%% -[qf]*}" -v off="$(median off)" -v on="$(median require)" \
		'BEGIN { printf "%-10s %8.2f ms without, %8.2f ms with: %+.2f ms\n", verb, off / 1000, on / 1000, (on - off) / 1000 }'
	rm off require
done
